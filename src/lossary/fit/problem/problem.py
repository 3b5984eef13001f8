"""What solvers minimise: the mean loss of linear scores plus penalties, in a design's unknowns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lossary.fit.problem.certificate import GRADIENT, Certificate
from lossary.fit.problem.design import Design
from lossary.fit.problem.row_scored import RowScored
from lossary.fit.problem.scored import Scored

SMALL_GRADIENT = 1e-6
"""A gradient by the scores this small beside that of a poor model is measured against that: it may be rounding."""


@dataclass(frozen=True)
class Point:
    """Unknowns with everything known of them. ``gradient`` is the gradient of the smooth part: all but the lasso."""

    unknowns: np.ndarray
    scores: np.ndarray
    cost: float
    objective: float
    score_gradient: np.ndarray
    gradient: np.ndarray
    score_curvature: np.ndarray | None = None


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
        score_curvature = None
        if curvature is None:
            cost, score_gradient = self.scored.cost_and_gradient(scores)
        else:
            cost, score_gradient, score_curvature = self.pointwise.derivatives(scores, curvature)
        if not np.isfinite(cost):
            # Nobody goes there, and its infinities are not to be multiplied.
            return Point(
                unknowns, scores, cost, np.inf, score_gradient, np.full_like(unknowns, np.nan), score_curvature
            )
        gradient = self.design.transposed_dot(score_gradient) + _over(self.ridge, unknowns) * unknowns
        return Point(unknowns, scores, cost, cost + self.penalty(unknowns), score_gradient, gradient, score_curvature)

    def hessian(self, point: Point) -> np.ndarray:
        """The second derivatives of the smooth part by the unknowns."""
        assert point.score_curvature is not None
        hessian = self.design.gram(point.score_curvature)
        hessian[np.diag_indices_from(hessian)] += self.ridge
        return hessian

    def stationarity(self, point: Point) -> np.ndarray:
        """The subgradient of least norm: zero at an optimum of a convex problem."""
        if not self.has_lasso:
            return point.gradient
        lasso = _over(self.lasso, point.gradient) + np.zeros_like(point.gradient)
        at_zero = np.sign(point.gradient) * np.maximum(np.abs(point.gradient) - lasso, 0.0)
        away = point.gradient + lasso * np.sign(point.unknowns)
        return np.where(point.unknowns == 0.0, at_zero, away)

    @cached_property
    def _typical_score_gradient(self) -> float:
        rows, classes = self.design.rows, self.scored.classes
        scores = np.full(rows if classes is None else (rows, classes), self.scored.poor_score)
        _, score_gradient = self.scored.cost_and_gradient(scores)
        size = float(np.linalg.norm(score_gradient))
        return size if np.isfinite(size) else 0.0

    def certificate(self, point: Point, tolerance: float) -> Certificate:
        """The gradient's size without units; infinite where the cost is not finite."""
        subgradient = self.stationarity(point)
        scale = max(
            float(np.linalg.norm(point.score_gradient)), SMALL_GRADIENT * self._typical_score_gradient
        ) * np.sqrt(self.design.rows)
        largest = float(np.abs(subgradient).max(initial=0.0))
        value = 0.0 if largest == 0.0 else largest / scale if scale > 0.0 else np.inf
        if not np.isfinite(point.objective):
            value = np.inf
        return Certificate(GRADIENT, value, tolerance, self._steepest(subgradient))

    def _steepest(self, subgradient: np.ndarray) -> float:
        """The largest derivative by a coefficient of the data's own units."""
        design = self.design
        in_columns = subgradient if design.basis is None else design.basis @ subgradient
        by_coefficient = (in_columns[1:] if design.intercept else in_columns).T * design.spread
        if not design.intercept:
            return float(np.abs(by_coefficient).max(initial=0.0))
        by_coefficient = by_coefficient + np.multiply.outer(in_columns[0], design.centre)
        return float(max(np.abs(by_coefficient).max(initial=0.0), np.abs(in_columns[0]).max()))


def _over(weights: np.ndarray, unknowns: np.ndarray) -> np.ndarray:
    """Weights of the rows of unknowns, shaped to multiply them."""
    return weights if unknowns.ndim == 1 else weights[:, np.newaxis]
