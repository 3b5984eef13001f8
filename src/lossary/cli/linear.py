"""Linear models under any loss: the coefficients of least cost, by the solver that the loss's claims call for.

A convex loss made of straight pieces goes to linear programming and ends at an exact optimum; every other one to a
quasi-Newton descent, finished by a trust-region Newton method. A loss that is not convex is tried from several starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import optimize

from lossary.cli.console import UserError, explained
from lossary.evaluate.interface import LossFunction
from lossary.evaluate.links import INVERSES
from lossary.evaluate.registry import pointwise
from lossary.formula import REALS, Domain, Interval

TOLERANCE = 1e-6
"""A fit has converged when its gradient is this small beside the gradient where it started."""


@dataclass(frozen=True)
class Output:
    """How a linear score becomes the prediction a loss takes, where that must stay in its domain."""

    name: str
    apply: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    score: Callable[[float], float]


def output_for(domain: Domain, name: str) -> Output:
    """The score itself for a loss that takes any number; else the link that keeps to the domain."""
    if domain == REALS:
        return Output("", lambda s: s, np.ones_like, float)
    if isinstance(domain, Interval) and np.isfinite(domain.low) and domain.high == np.inf:
        exp, low = INVERSES["log"], domain.low
        label = "exp" if low == 0.0 else f"exp {'-' if low < 0 else '+'} {abs(low):g}"
        return Output(label, lambda s: exp(s) + low, exp, lambda f: float(np.log(f - low)))
    if isinstance(domain, Interval) and (domain.low, domain.high) == (0.0, 1.0):
        sigmoid = INVERSES["logit"]
        return Output("sigmoid", sigmoid, lambda s: sigmoid(s) * sigmoid(-s), lambda f: float(np.log(f / (1.0 - f))))
    raise UserError(f"{name} takes predictions in {domain}, which no linear model here can keep to")


@dataclass(frozen=True)
class Fit:
    """A fitted linear model in the units of the data."""

    loss: LossFunction
    output: Output
    intercept: float
    coefficients: np.ndarray
    cost: float
    converged: bool

    def predict(self, features: np.ndarray) -> np.ndarray:
        """What the loss takes: a logit, a logarithm of the mean, or the value itself."""
        return self.output.apply(self.intercept + features @ self.coefficients)

    def mean(self, features: np.ndarray) -> np.ndarray:
        """The prediction in the target's units."""
        return self.loss.mean(self.predict(features))


class Problem:
    """One loss, one set of examples; the unknowns are scaled so that solvers see numbers near one."""

    def __init__(self, loss: LossFunction, features: np.ndarray, y: np.ndarray) -> None:
        self.loss, self.features, self.y = loss, features, y
        self.output = output_for(loss.prediction, loss.name)
        self.centre = features.mean(axis=0)
        spread = features.std(axis=0)
        self.spread = np.where(spread > 0.0, spread, 1.0)
        self.design = np.column_stack([np.ones(len(y)), (features - self.centre) / self.spread])
        in_units_of_y = loss.link == "identity" and not self.output.name
        self.unit = float(y.std()) or 1.0 if in_units_of_y else 1.0
        self.offset = self._constant_score()

    def _constant_score(self) -> float:
        with explained(f"{self.loss}: "):
            constant = self.loss.optimal_constant(self.y)
        domain = self.loss.prediction
        if isinstance(domain, Interval) and (domain.low, domain.high) == (0.0, 1.0):
            constant = min(max(constant, 1e-6), 1.0 - 1e-6)
        with np.errstate(divide="ignore"):
            score = self.output.score(constant)
        return score if np.isfinite(score) else 0.0

    @cached_property
    def measure(self) -> float:
        """What a step of one unit costs at the start, about: it makes tolerances relative."""
        score = np.full(len(self.y), self.offset)
        pull = np.abs(self.loss.gradient(self.y, self.output.apply(score)) * self.output.slope(score))
        size = float(pull.mean()) * self.unit
        return size if 0.0 < size < np.inf else 1.0

    def scores(self, unknowns: np.ndarray) -> np.ndarray:
        """The linear part of every prediction."""
        moved: np.ndarray = self.design @ unknowns
        return self.offset + self.unit * moved

    def descent(self, unknowns: np.ndarray) -> tuple[float, np.ndarray]:
        """The cost and its gradient by the unknowns."""
        scores = self.scores(unknowns)
        cost, pull = self.loss.cost_and_gradient(self.y, self.output.apply(scores), check=False)
        gradient = self.design.T @ (pull * self.output.slope(scores)) * (self.unit / self.measure)
        return cost / self.measure, gradient

    def curvature(self, unknowns: np.ndarray) -> np.ndarray:
        """The cost's second derivatives by the unknowns, for predictions that are the scores themselves."""
        bend = self.loss.hessian(self.y, self.scores(unknowns), check=False)
        bend = np.where(np.isfinite(bend), bend, 0.0) * (self.unit**2 / self.measure / len(self.y))
        return self.design.T @ (bend[:, None] * self.design)

    def unknowns(self, intercept: float, coefficients: np.ndarray) -> np.ndarray:
        """The solver's numbers for a model in the units of the data."""
        slopes = coefficients * self.spread
        return np.concatenate([[intercept + self.centre @ coefficients - self.offset], slopes]) / self.unit

    def fit(self, unknowns: np.ndarray, converged: bool) -> Fit:
        """The model in the units of the data."""
        coefficients = self.unit * unknowns[1:] / self.spread
        intercept = self.offset + self.unit * unknowns[0] - float(self.centre @ coefficients)
        prediction = self.output.apply(self.scores(unknowns))
        cost = self.loss.cost(self.y, prediction)
        return Fit(self.loss, self.output, float(intercept), coefficients, cost, converged and bool(np.isfinite(cost)))


def fit_linear(loss: LossFunction, features: np.ndarray, y: np.ndarray) -> Fit:
    """The linear model of least cost."""
    problem = Problem(loss, features, y)
    if is_piecewise_linear(loss):
        return _by_linear_programming(problem)
    fits = [_by_descent(problem, start) for start in _starts(problem)]
    return min(fits, key=lambda fit: fit.cost)


def is_piecewise_linear(loss: LossFunction) -> bool:
    """Convex and without curvature between its kinks."""
    claims = loss.claims
    return claims.get("convex") is True and claims.get("smooth") == 0.0 and loss.record.kinks is not None


def is_local(loss: LossFunction) -> bool:
    """Whether a fit under this loss may be one optimum of several."""
    return loss.claims.get("convex") is not True or loss.prediction != REALS


def _starts(problem: Problem) -> list[np.ndarray]:
    """The best constant; for losses with several optima in units of y, also a robust fit and least squares."""
    starts = [np.zeros(problem.design.shape[1])]
    loss = problem.loss
    if is_local(loss) and loss.link == "identity" and loss.target == loss.prediction == REALS:
        for name in ("absolute_error", "squared_error"):
            other = fit_linear(pointwise(name), problem.features, problem.y)
            starts.append(problem.unknowns(other.intercept, other.coefficients))
    return starts


def _by_descent(problem: Problem, start: np.ndarray) -> Fit:
    options = {"maxiter": 5000, "maxfun": 20000, "ftol": 0.0, "gtol": 1e-12, "maxcor": 30}
    best = optimize.minimize(problem.descent, start, jac=True, method="L-BFGS-B", options=options)
    if not problem.output.name:
        options = {"gtol": 1e-13, "maxiter": 100}
        newton = optimize.minimize(
            problem.descent, best.x, jac=True, hess=problem.curvature, method="trust-exact", options=options
        )
        if newton.fun <= best.fun:
            best = newton
    steepness = np.abs(problem.descent(best.x)[1]).max()
    return problem.fit(best.x, bool(steepness <= TOLERANCE))


def _by_linear_programming(problem: Problem) -> Fit:
    """The exact optimum of a cost made of straight pieces.

    Such a loss is a line plus, at each kink k, a jump of slope: the sum of jump * max(0, f - k). The dual of the cost's
    linear programme has one bounded variable a kink and one equation an unknown, so its bases are tiny; the multipliers
    of the equations are the unknowns.
    """
    kinks, first, jumps = _pieces(problem.loss, problem.y)
    size = jumps.max() or 1.0
    design = np.tile(problem.design, (len(kinks), 1))
    answer = optimize.linprog(
        ((kinks - problem.offset) / problem.unit).ravel(),
        A_eq=design.T,
        b_eq=-(problem.design.T @ first) / size,
        bounds=np.column_stack([np.zeros(jumps.size), jumps.ravel() / size]),
        method="highs",
    )
    if answer.status != 0:
        raise UserError(f"{problem.loss}: the linear programme of the fit was not solved ({answer.message})")
    return problem.fit(answer.eqlin.marginals, True)


def _pieces(loss: LossFunction, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every example's kinks, its slope below the first one, and how much each kink adds to the slope."""
    assert loss.record.kinks is not None
    kinks = np.sort(np.array([np.broadcast_to(k, y.shape) for k in loss.record.kinks(y, *loss.given.values())]), axis=0)
    reach = 1.0 + np.abs(kinks).max(axis=0)
    between = 0.5 * (kinks[1:] + kinks[:-1])
    places = [kinks[0] - reach, *between, kinks[-1] + reach]
    slopes = np.array([loss.gradient(y, place, check=False) for place in places])
    return kinks, slopes[0], np.diff(slopes, axis=0)
