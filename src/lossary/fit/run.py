"""A fit from start to end: data, design, problem, solver, result, and what its user must be told."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.pointwise.tuning import Tuned, tuned
from lossary.fit.blas import one_thread_of_blas
from lossary.fit.nonconvex.remoteness import remark_on_scale
from lossary.fit.nonconvex.scale import ScaleRule, fitted_with_scale
from lossary.fit.nonconvex.starts import robust_start
from lossary.fit.problem import data as prepare
from lossary.fit.problem import design as designs
from lossary.fit.problem.certificate import Certificate, ConvergenceWarning, RankWarning, ScaleWarning
from lossary.fit.problem.data import Data
from lossary.fit.problem.design import Design
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.scored import Scored
from lossary.fit.problem.solver import Solved
from lossary.fit.request import Request
from lossary.fit.results.linear_fit import LinearFit, Path
from lossary.fit.solvers import minimised, solver_for

WIDEST_CHECKED = 1500
"""Features up to which their dependence is looked for."""


@dataclass(frozen=True)
class Answer:
    """What the solver found, its path if a trace was asked for, and the residuals' scale if it was estimated."""

    solved: Solved
    path: Path | None
    scale: float | None = None


def fitted(request: Request, X: Any, y: Any, sample_weight: Any, offset: Any) -> LinearFit:
    """The fit of a loss of one prediction."""
    assert isinstance(request.loss, LossFunction)
    data = prepare.prepared(X, y, sample_weight, offset)
    loss = _of_rows_that_count(request.loss, data)
    with one_thread_of_blas():
        design = independent(designs.design_of(data.features, request.fit_intercept, data.weight), request, data)
        scored = Scored(loss, data.y.astype(np.float64, copy=False), data.weight, data.offset)
        ridge, lasso = request.penalty.on(design)
        problem = Problem(scored, design, ridge, lasso)
        _refuse_infinite(scored, design)
        if request.scale is None:
            answer = solved_by(request, problem, start_of(request, design))
            _warn_of_scale(problem, answer.solved)
            return finished(request, problem, data, answer)
        return _with_scale(request, problem, tuned(loss, set(request.named)), data)


def solved_by(request: Request, problem: Problem, start: np.ndarray | None) -> Answer:
    """The solver's answer."""
    solver = solver_for(problem) if request.solver == "auto" else request.solver
    rules = request.rules(solver)
    steps: list[tuple[np.ndarray, float]] = []
    if request.trace:
        rules = replace(rules, watch=lambda unknowns, objective: steps.append((unknowns.copy(), objective)))
    solved = minimised(problem, solver, rules, start, request)
    return Answer(solved, path_of(problem.design, steps) if request.trace else None)


def _with_scale(request: Request, problem: Problem, tuned_loss: Tuned, data: Data) -> LinearFit:
    """Fit and scale in turn."""
    steps: list[tuple[np.ndarray, float]] = []
    target = data.y if data.offset is None else data.y - data.offset

    def solve(loss: LossFunction, start: np.ndarray | None) -> Solved:
        nonlocal problem
        problem = replace(problem, scored=replace(problem.pointwise, loss=loss))
        solved = solved_by(replace(request, trace=False), problem, start).solved
        steps.append((solved.unknowns, solved.objective))
        return solved

    design = problem.design
    start = start_of(request, design)
    start = robust_start(problem) if start is None else start
    rule = ScaleRule(tuned_loss, str(request.scale), data.weight)
    solved, scale, has_settled = fitted_with_scale(rule, solve, lambda unknowns: target - design.dot(unknowns), start)
    if not has_settled:
        advice = f"try another scale=, or give {tuned_loss.name}"
        warnings.warn(ConvergenceWarning(f"the scale had not settled, at {scale:g}; {advice}"), stacklevel=4)
        solved = replace(solved, certificate=replace(solved.certificate, value=np.inf))
    path = path_of(design, steps) if request.trace else None
    return finished(request, problem, data, Answer(solved, path, scale))


def finished(request: Request, problem: Problem, data: Data, answer: Answer) -> LinearFit:
    """The result in the units of the data, and a warning if it is not what was asked for."""
    solved = answer.solved
    intercept, coef = problem.design.in_units_of_data(solved.unknowns)
    if not solved.certificate.reached:
        warn_unfinished(request, problem.scored.loss, solved)
    return LinearFit(
        loss=problem.scored.loss,
        coef=coef,
        intercept=intercept,
        objective=solved.objective,
        cost=solved.cost,
        scale=answer.scale,
        certificate=solved.certificate,
        iterations=solved.iterations,
        converged=solved.certificate.reached,
        solver=solved.solver,
        is_global=problem.scored.is_convex,
        penalty=request.penalty_kind,
        alpha=request.alpha,
        l1_ratio=request.l1_ratio,
        feature_names=data.names,
        path=answer.path,
        _output=getattr(problem.scored, "output", None),
        _problem=problem,
    )


def _warn_of_scale(problem: Problem, solved: Solved) -> None:
    """Say that a parameter in the units of y is far from the residuals."""
    remark = remark_on_scale(problem, solved.unknowns)
    if remark is not None:
        warnings.warn(ScaleWarning(remark), stacklevel=4)


def warn_unfinished(request: Request, loss: Any, solved: Solved) -> None:
    """Say that a certificate missed its tolerance, and what may help."""
    limit = request.rules(solved.solver).max_iter
    if solved.solver in ("gradient_descent", "sgd"):
        advice = "that is in the nature of a teaching solver; take solver='auto' for a fit to use"
    elif solved.iterations >= limit:
        advice = f"raise max_iter (now {limit})"
    else:
        advice = "no step lowers the objective any more: rounding, a kink the loss does not tell of, or features of "
        advice += "wildly different sizes; rescale the data, or raise tol"
    reached = _shown(solved.certificate)
    warnings.warn(
        ConvergenceWarning(
            f"{loss}: {solved.solver} stopped after {solved.iterations} iterations with {reached}; {advice}"
        ),
        stacklevel=5,
    )


def _shown(certificate: Certificate) -> str:
    return f"a {certificate.kind} of {certificate.value:.2g}, and {certificate.tolerance:.2g} was asked for"


def independent(design: Design, request: Request, data: Data) -> Design:
    """The design, without directions that its columns leave undetermined if no penalty determines them."""
    penalty = request.penalty
    if not penalty.is_none or not 0 < design.width <= WIDEST_CHECKED:
        return design
    reduced, dependent = design.reduced()
    if reduced is design:
        return design
    first = int(design.intercept)
    names = data.names or tuple(f"X[:, {j}]" for j in range(design.width - first))
    which = [names[j - first] if j >= first else "the intercept" for j in dependent]
    shown = ", ".join(which[:6]) + (f" and {len(which) - 6} more" if len(which) > 6 else "")
    short = f" ({data.rows} rows cannot determine {design.width} unknowns)" if data.rows < design.width else ""
    warnings.warn(
        RankWarning(
            f"some features depend on the others{short}, so their coefficients are not determined: {shown}. Those of "
            "least norm are returned; drop features, or add a penalty (penalty='l2', alpha=1e-4)"
        ),
        stacklevel=4,
    )
    return reduced


def start_of(request: Request, design: Design) -> np.ndarray | None:
    """The user's start in the design's unknowns."""
    if request.start is None:
        return None
    start = request.start
    intercept, coef = (start.intercept, start.coef) if isinstance(start, LinearFit) else start
    coef = np.asarray(coef, dtype=np.float64)
    if coef.shape[-1:] != design.spread.shape:
        raise ValueError(f"start has coefficients of shape {coef.shape}, but X has {len(design.spread)} features")
    return design.from_units_of_data(np.asarray(intercept, dtype=np.float64), coef)


def path_of(design: Design, steps: list[tuple[np.ndarray, float]]) -> Path:
    """The steps in the units of the data."""
    models = [design.in_units_of_data(unknowns) for unknowns, _ in steps]
    return Path(
        np.array([objective for _, objective in steps]),
        np.array([coef for _, coef in models]),
        np.array([intercept for intercept, _ in models]),
    )


def _refuse_infinite(scored: Scored, design: Design) -> None:
    """Compare targets with their domain, and raise if the cost of a score of zero is not finite."""
    cost = scored.checked_cost(np.zeros(design.rows))
    if np.isfinite(cost):
        return
    scores = np.zeros(design.rows)
    losses = scored.loss(scored.y, scored.prediction(scores), check=False)
    first = int(np.argmax(~np.isfinite(losses)))
    raise ValueError(
        f"{scored.loss}: the cost at the start is {cost:g}. The first row to blame (of those that count) is {first}: "
        f"target {scored.y[first]:g}, prediction {scored.prediction(scores)[first]:g}; rescale y, or drop the row"
    )


def _of_rows_that_count(loss: LossFunction, data: Data) -> LossFunction:
    """The loss with its parameters, where they are one value an example, of the rows that count."""
    arrays = {k: v for k, v in loss.given.items() if isinstance(v, np.ndarray)}
    for name, value in arrays.items():
        if value.shape != (data.all_rows,):
            raise ValueError(f"{loss.name}: {name} has shape {value.shape}, but X has {data.all_rows} rows")
    if arrays and data.kept is not None:
        loss = loss.using(**{name: value[data.kept] for name, value in arrays.items()})
    return loss
