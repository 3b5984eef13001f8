"""Standard errors of fits without a penalty, whose loss is smooth.

    huber      of an M-estimator of location under independent errors of one kind: with psi the loss's gradient,
               ``kappa**2 * sum(psi**2) / (n - p) / mean(psi')**2 * inv(X'X)`` and Huber's correction
               ``kappa = 1 + p / n * var(psi') / mean(psi')**2`` (Huber 1981, Robust Statistics, 7.6; R's rlm). For the
               squared error that is the textbook's.
    fisher     the inverse of the information of the loss's own distribution (logistic, Poisson ...)
    sandwich   ``inv(H) sum(g g') inv(H) * n / (n - p)``: under any distribution of independent rows (White 1980,
               doi:10.2307/1912934)

"auto" is fisher where the loss has an information and no scale of residuals is at stake, huber for other losses of
residuals, else sandwich.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy import linalg

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.scored import claimed

KINDS = ("auto", "huber", "fisher", "sandwich")


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
    kind = _usual(problem) if kind == "auto" else kind
    unknowns = problem.design.from_units_of_data(fit.intercept, fit.coef)
    in_design = {"huber": _huber, "fisher": _fisher, "sandwich": _sandwich}[kind](problem, unknowns)
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
    return "fisher" if loss.record.fisher is not None else "sandwich"


def _inverse(matrix: np.ndarray) -> np.ndarray:
    return np.asarray(linalg.cho_solve(linalg.cho_factor(matrix), np.eye(len(matrix))))


def _huber(problem: Problem, unknowns: np.ndarray) -> np.ndarray:
    point = problem.at(unknowns, "exact")
    design = problem.design
    weight = np.ones(design.rows) if problem.scored.weight is None else problem.scored.weight
    total = problem.scored.total_weight
    assert point.score_curvature is not None
    psi, psi_slope = total * point.score_gradient / weight, total * point.score_curvature / weight
    mean = float(weight @ psi_slope) / total
    if not mean > 0.0:
        raise ValueError("the loss has no curvature on average at these residuals; use kind='sandwich'")
    spread = float(weight @ (psi_slope - mean) ** 2) / max(total - 1.0, 1.0)
    kappa = 1.0 + design.width / total * spread / mean**2
    square = float(weight @ (psi * psi)) / (total - design.width)
    return kappa**2 * square / mean**2 * _inverse(design.gram(weight))


def _fisher(problem: Problem, unknowns: np.ndarray) -> np.ndarray:
    if problem.pointwise.loss.record.fisher is None:
        raise ValueError(f"{problem.scored.loss.name} has no Fisher information; use kind='sandwich'")
    point = problem.at(unknowns, "fisher")
    return _inverse(problem.hessian(point) * problem.scored.total_weight)


def _sandwich(problem: Problem, unknowns: np.ndarray) -> np.ndarray:
    point = problem.at(unknowns, "exact")
    bread = _inverse(problem.hessian(point))
    rows, width = problem.design.rows, problem.design.width
    return bread @ problem.design.gram(point.score_gradient**2) @ bread * (rows / (rows - width))


def _to_units_of_data(problem: Problem) -> np.ndarray:
    """The matrix from a design's unknowns to intercept and coefficients."""
    design = problem.design
    first = int(design.intercept)
    matrix = np.diag(np.concatenate([np.ones(first), 1.0 / design.spread]))
    if first:
        matrix[0, 1:] = -design.centre / design.spread
    return matrix
