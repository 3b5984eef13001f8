"""What solvers minimise: the mean loss of linear scores plus penalties, in a design's unknowns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lossary.fit.problem.certificate import GRADIENT, Certificate
from lossary.fit.problem.design import Design
from lossary.fit.problem.row_scored import RowScored
from lossary.fit.problem.scored import Scored

SMALL_PULL = 1e-6
"""A gradient by the scores this small beside the one at zero is measured against that: it may be rounding."""


@dataclass(frozen=True)
class Point:
    """Unknowns with everything known of them. ``slope`` is the gradient of the smooth part: all but the lasso."""

    unknowns: np.ndarray
    scores: np.ndarray
    cost: float
    objective: float
    pull: np.ndarray
    slope: np.ndarray
    bend: np.ndarray | None = None


@dataclass(frozen=True)
class Problem:
    """``cost(design @ unknowns) + sum(ridge * unknowns**2) / 2 + sum(lasso * |unknowns|)``."""

    scored: Scored | RowScored
    design: Design
    ridge: np.ndarray
    lasso: np.ndarray

    @property
    def pointwise(self) -> Scored:
        """The loss on its targets, for what only a loss of one prediction has."""
        assert isinstance(self.scored, Scored)
        return self.scored

    @property
    def has_lasso(self) -> bool:
        return bool(self.lasso.any())

    def taking(self, rows: np.ndarray) -> Problem:
        """The problem on some of the rows only, with the same penalties."""
        return replace(self, scored=self.scored.taking(rows), design=self.design.taking(rows))

    def penalty(self, unknowns: np.ndarray) -> float:
        """What the penalties add."""
        squares = 0.5 * np.sum(_over(self.ridge, unknowns) * unknowns * unknowns)
        return float(squares + np.sum(_over(self.lasso, unknowns) * np.abs(unknowns)))

    def at(self, unknowns: np.ndarray, curvature: str | None = None, scores: np.ndarray | None = None) -> Point:
        """Cost and gradient, and curvatures if asked for; ``scores`` if they are known."""
        scores = self.design.dot(unknowns) if scores is None else scores
        bend = None
        if curvature is None:
            cost, pull = self.scored.cost_and_gradient(scores)
        else:
            cost, pull, bend = self.pointwise.derivatives(scores, curvature)
        if not np.isfinite(cost):
            # Nobody goes there, and its infinities are not to be multiplied.
            return Point(unknowns, scores, cost, np.inf, pull, np.full_like(unknowns, np.nan), bend)
        slope = self.design.pull(pull) + _over(self.ridge, unknowns) * unknowns
        return Point(unknowns, scores, cost, cost + self.penalty(unknowns), pull, slope, bend)

    def hessian(self, point: Point) -> np.ndarray:
        """The second derivatives of the smooth part by the unknowns."""
        assert point.bend is not None
        found = self.design.gram(point.bend)
        found[np.diag_indices_from(found)] += self.ridge
        return found

    def stationarity(self, point: Point) -> np.ndarray:
        """The subgradient of least norm: zero at an optimum of a convex problem."""
        if not self.has_lasso:
            return point.slope
        lasso = _over(self.lasso, point.slope) + np.zeros_like(point.slope)
        at_zero = np.sign(point.slope) * np.maximum(np.abs(point.slope) - lasso, 0.0)
        away = point.slope + lasso * np.sign(point.unknowns)
        return np.where(point.unknowns == 0.0, at_zero, away)

    @cached_property
    def _typical_pull(self) -> float:
        nothing = np.zeros(
            self.design.width if self.scored.classes is None else (self.design.width, self.scored.classes)
        )
        _, pull = self.scored.cost_and_gradient(self.design.dot(nothing))
        size = float(np.linalg.norm(pull))
        return size if np.isfinite(size) else 0.0

    def certificate(self, point: Point, tolerance: float) -> Certificate:
        """The gradient's size without units; infinite where the cost is not finite."""
        left = self.stationarity(point)
        scale = max(float(np.linalg.norm(point.pull)), SMALL_PULL * self._typical_pull) * np.sqrt(self.design.rows)
        largest = float(np.abs(left).max(initial=0.0))
        value = 0.0 if largest == 0.0 else largest / scale if scale > 0.0 else np.inf
        if not np.isfinite(point.objective):
            value = np.inf
        return Certificate(GRADIENT, value, tolerance, self._steepest(left))

    def _steepest(self, left: np.ndarray) -> float:
        """The largest derivative by a coefficient of the data's own units."""
        design = self.design
        full = left if design.basis is None else design.basis @ left
        by_slope = (full[1:] if design.intercept else full).T * design.spread
        if not design.intercept:
            return float(np.abs(by_slope).max(initial=0.0))
        by_slope = by_slope + np.multiply.outer(full[0], design.centre)
        return float(max(np.abs(by_slope).max(initial=0.0), np.abs(full[0]).max()))


def _over(weights: np.ndarray, unknowns: np.ndarray) -> np.ndarray:
    """Weights of the rows of unknowns, shaped to multiply them."""
    return weights if unknowns.ndim == 1 else weights[:, np.newaxis]
