"""Standard errors of fits without a penalty, whose loss is smooth.

    huber      of an M-estimator of location under independent errors of one kind: with psi the loss's gradient,
               ``kappa**2 * sum(psi**2) / (n - p) / mean(psi')**2 * inv(X'X)`` and Huber's correction
               ``kappa = 1 + p / n * var(psi') / mean(psi')**2`` (Huber 1981, Robust Statistics, 7.6; R's rlm). For the
               squared error that is the textbook's.
    fisher     the inverse of the information of the loss's own distribution, times its dispersion: one for labels and
               counts, else ``sum(g**2 / information) / (n - p)``, which for the gamma, inverse Gaussian and Tweedie
               losses is Pearson's (McCullagh and Nelder 1989, Generalized Linear Models, 8.3)
    sandwich   ``inv(H) sum(g g') inv(H) * n / (n - p)``: under any distribution of independent rows (White 1980,
               doi:10.2307/1912934); statsmodels' HC1
    HC3        the same with each row's g over one minus its leverage, and without n / (n - p): for few rows (MacKinnon
               and White 1985, doi:10.1016/0304-4076(85)90158-7)

"auto" is fisher where the loss has an information and no scale of residuals is at stake, huber for other losses of
residuals, else sandwich.

All but fisher divide by the loss's mean curvature. Where few residuals lie within a loss's bend that cannot be
estimated (the fit itself pulls as many into it as it has unknowns), and an error says so.

Of huber and fisher a row of weight two counts as two rows. Of sandwich and HC3 weights say how much a row counts, not
how often it was seen: their size cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import linalg

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss
from lossary.fit.nonconvex.starts import in_units_of_target
from lossary.fit.problem.problem import Point, Problem
from lossary.fit.problem.scored import claimed
from lossary.fit.problem.tails import gradient_at

KINDS = ("auto", "huber", "fisher", "sandwich", "HC3")

BENT_FOR_EACH = 10.0
"""Rows within the bend for each unknown from which the mean curvature can be trusted ..."""

BENT_SHARE = 0.5
"""... and the share of all rows from which it can, however few they are."""

CLOSE = 1e-9
"""Of the largest target: so far to either side of a kink slopes are compared."""

JUMP = 0.5
"""A slope that changes there by more than this share of the steepest one jumps."""

LOOKED_AT = 1000
"""Rows whose kinks are looked at."""


class Fit(Protocol):
    """What standard errors need to know of a linear fit."""

    @property
    def loss(self) -> AnyLoss: ...
    @property
    def coef(self) -> np.ndarray: ...
    @property
    def intercept(self) -> Any: ...
    @property
    def alpha(self) -> float: ...
    @property
    def penalty(self) -> str | None: ...
    @property
    def solver(self) -> str: ...
    @property
    def converged(self) -> bool: ...
    @property
    def _problem(self) -> Problem | None: ...


@dataclass(frozen=True)
class StandardErrors:
    """Standard errors beside a fit's ``intercept`` and ``coef``, and the ``kind`` of their formula.

    ``covariance`` is of the intercept (if there is one) and the coefficients together.
    """

    intercept: float
    coef: np.ndarray
    kind: str
    covariance: np.ndarray


def standard_errors(fit: Fit, kind: str = "auto") -> StandardErrors:
    """Standard errors, or a ValueError that says why there are none."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {kind!r}")
    problem = fit._problem
    refuse_undefined(fit, problem)
    assert problem is not None
    _refuse_jumps(problem)
    kind = _usual(problem) if kind == "auto" else kind
    unknowns = problem.design.from_units_of_data(fit.intercept, fit.coef)
    in_design = {"huber": _huber, "fisher": _fisher, "sandwich": _sandwich, "HC3": _hc3}[kind](problem, unknowns)
    to_units_of_data = _to_units_of_data(problem)
    covariance = to_units_of_data @ in_design @ to_units_of_data.T
    errors = np.sqrt(np.diag(covariance))
    if problem.design.intercept:
        return StandardErrors(float(errors[0]), errors[1:], kind, covariance)
    return StandardErrors(0.0, errors, kind, covariance)


def refuse_undefined(fit: Fit, problem: Problem | None) -> None:
    """Raise where the theory does not hold."""
    name = fit.loss.name
    if not isinstance(fit.loss, LossFunction):
        if fit.loss.record.prediction == "increasing":
            raise ValueError(f"{name}: standard errors of ordered classes are not computed here; use the bootstrap")
        raise ValueError(f"{name}: standard errors of class scores are not defined without a class of reference")
    if fit.alpha and fit.penalty is not None:
        raise ValueError(
            "a penalty biases coefficients, and their standard errors would not cover that: use the bootstrap"
        )
    if fit.solver == "interior_point":
        raise ValueError(f"{name} is not smooth: standard errors need the density of the errors; use the bootstrap")
    if not fit.converged:
        raise ValueError("the fit has not converged")
    if problem is None:
        raise ValueError("the fit was loaded from a file, without its data; fit again")
    if problem.design.basis is not None:
        raise ValueError("features depend on each other, so their coefficients are not determined")
    if problem.design.rows <= problem.design.width:
        raise ValueError(
            f"{problem.design.rows} rows leave nothing to estimate the spread of {problem.design.width} unknowns"
        )


def _usual(problem: Problem) -> str:
    loss = problem.pointwise.loss
    residual = claimed(loss, "even") is True and loss.link == "identity"
    if residual and not loss.cost_root:
        return "huber"
    return "fisher" if loss.record.fisher is not None and _is_likelihood(loss) else "sandwich"


def _is_likelihood(loss: LossFunction) -> bool:
    """Whether the loss, at these parameters, is after a mean under its own distribution, up to a dispersion."""
    return not callable(loss.record.likelihood) or _known_factor(loss) is not None


def _known_factor(loss: LossFunction) -> float | None:
    """How many times a negative log-likelihood without a dispersion the loss is; None if it has a dispersion."""
    factor = loss.record.likelihood
    if not callable(factor):
        return factor
    per_example = any(isinstance(value, np.ndarray) for value in loss.given.values())
    return None if per_example else factor(*loss.given.values())


def _refuse_jumps(problem: Problem) -> None:
    """Raise for a loss that is not smooth: sandwiches divide by a curvature that it does not have."""
    scored = problem.pointwise
    kinks = scored.loss.record.kinks
    if kinks is None or not scored.output.is_identity:
        return
    some = scored.taking(np.arange(min(LOOKED_AT, len(scored.y))))
    loss, y = some.loss, some.y
    reach = float(np.abs(y).max(initial=0.0)) or 1.0
    steepest = max(np.abs(gradient_at(loss, y, y + side * reach)).max() for side in (-1.0, -0.1, 0.1, 1.0))
    for kink in kinks(y, *loss.given.values()):
        at = np.broadcast_to(np.asarray(kink, dtype=np.float64), y.shape)
        left, right = (gradient_at(loss, y, at + side * reach) for side in (-CLOSE, CLOSE))
        if np.any(np.abs(right - left) > JUMP * steepest):
            raise ValueError(
                f"{loss.name} is not smooth: standard errors need the density of the errors; use the bootstrap"
            )


def _inverse(matrix: np.ndarray) -> np.ndarray:
    return np.asarray(linalg.cho_solve(linalg.cho_factor(matrix), np.eye(len(matrix))))


def _huber(problem: Problem, unknowns: np.ndarray) -> np.ndarray:
    point = problem.at(unknowns, "exact")
    _refuse_few_bent(problem, point)
    design = problem.design
    weight = np.ones(design.rows) if problem.scored.weight is None else problem.scored.weight
    total = problem.scored.total_weight
    assert point.score_curvature is not None
    psi, psi_slope = total * point.score_gradient / weight, total * point.score_curvature / weight
    mean = float(weight @ psi_slope) / total
    if not mean > 0.0:
        raise ValueError("the loss has no curvature on average at these residuals; use the bootstrap")
    spread = float(weight @ (psi_slope - mean) ** 2) / max(total - 1.0, 1.0)
    kappa = 1.0 + design.width / total * spread / mean**2
    square = float(weight @ (psi * psi)) / _freedom(problem)
    return kappa**2 * square / mean**2 * _inverse(design.gram(weight))


def _fisher(problem: Problem, unknowns: np.ndarray) -> np.ndarray:
    loss = problem.pointwise.loss
    if loss.record.fisher is None:
        raise ValueError(f"{loss.name} has no Fisher information; use kind='sandwich'")
    if loss.functional not in ("mean", "probability"):
        raise ValueError(f"{loss.name} does not estimate the spread of its errors; use kind='huber' or 'sandwich'")
    if not _is_likelihood(loss):
        raise ValueError(f"{loss} is not the likelihood of its labels; use kind='sandwich'")
    point = problem.at(unknowns, "fisher")
    total = problem.scored.total_weight
    factor = _known_factor(loss)
    dispersion = _dispersion(problem, point) if factor is None else factor
    return dispersion * _inverse(problem.hessian(point) * total)


def _dispersion(problem: Problem, point: Point) -> float:
    """The mean square of the gradients over their information: Pearson's statistic over its degrees of freedom."""
    assert point.score_curvature is not None
    squares = point.score_gradient**2 / point.score_curvature
    return problem.scored.total_weight * float(squares.sum()) / _freedom(problem)


def _freedom(problem: Problem) -> float:
    """The rows less the unknowns, where a row counts as often as its weight says."""
    freedom = problem.scored.total_weight - problem.design.width
    if not freedom > 0.0:
        raise ValueError(
            f"the weights, which count rows, sum to {problem.scored.total_weight:g}, which leaves nothing to estimate "
            f"the spread of {problem.design.width} unknowns; use kind='sandwich', of which their size cancels"
        )
    return freedom


def _sandwich(problem: Problem, unknowns: np.ndarray) -> np.ndarray:
    point = problem.at(unknowns, "exact")
    bread = _bread(problem, point)
    rows, width = problem.design.rows, problem.design.width
    return bread @ problem.design.gram(point.score_gradient**2) @ bread * (rows / (rows - width))


def _hc3(problem: Problem, unknowns: np.ndarray) -> np.ndarray:
    point = problem.at(unknowns, "exact")
    bread = _bread(problem, point)
    assert point.score_curvature is not None
    rest = 1.0 - point.score_curvature * problem.design.squared_lengths(bread)
    alone = np.flatnonzero(rest <= 1e-10)
    if alone.size:
        raise ValueError(
            f"row {alone[0]} of those that count (and {alone.size - 1} more) determines a coefficient alone: its "
            "leverage is one, which HC3 cannot do with; use kind='sandwich', or drop the feature"
        )
    return bread @ problem.design.gram((point.score_gradient / rest) ** 2) @ bread


def _bread(problem: Problem, point: Point) -> np.ndarray:
    _refuse_few_bent(problem, point)
    return _inverse(problem.hessian(point))


def _refuse_few_bent(problem: Problem, point: Point) -> None:
    """Raise where the curvature of a loss of residuals rests on a few rows."""
    loss = problem.pointwise.loss
    assert point.score_curvature is not None
    size = np.abs(point.score_curvature)
    largest = float(size.max(initial=0.0))
    if not in_units_of_target(problem.pointwise) or largest == 0.0:
        return
    share = size / largest
    bent = float(share.sum()) ** 2 / float(share @ share)
    rows, width = problem.design.rows, problem.design.width
    if bent < BENT_FOR_EACH * width and bent < BENT_SHARE * rows:
        raise ValueError(
            f"{loss}: its curvature lies with about {bent:.0f} of {rows} rows, those within its bend, too few for "
            f"standard errors of {width} unknowns; choose a parameter nearer the residuals' scale (scale='mad'), "
            "or use the bootstrap"
        )


def _to_units_of_data(problem: Problem) -> np.ndarray:
    """The matrix from a design's unknowns to intercept and coefficients."""
    design = problem.design
    first = int(design.intercept)
    matrix = np.diag(np.concatenate([np.ones(first), 1.0 / design.spread]))
    if first:
        matrix[0, 1:] = -design.centre / design.spread
    return matrix
