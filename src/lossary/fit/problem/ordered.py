"""Ordered classes: thresholds less one linear score, instead of a row of coefficients for each class.

Score j of a row is ``threshold[j] - x @ slopes`` (proportional odds: McCullagh 1980). Thresholds come first among the
unknowns. Out of order they have no finite cost, so no step goes there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.problem.design import Design
from lossary.fit.problem.problem import Point, Problem
from lossary.fit.problem.row_scored import RowScored

CHUNK = 1 << 20
"""Second derivatives of rows by their scores that are held at a time."""


@dataclass(frozen=True)
class OrderedDesign(Design):
    """Unknowns ``(thresholds + p,)`` to scores ``(n, thresholds)``; ``columns`` are centred, and have no intercept."""

    thresholds: int = 1

    @property
    def features(self) -> Design:
        """The columns alone."""
        return Design(self.columns, False, self.centre, self.spread, self.basis)

    @property
    def width(self) -> int:
        return self.thresholds + self.features.width

    @property
    def free(self) -> int:
        return self.thresholds

    def dot(self, unknowns: np.ndarray) -> np.ndarray:
        thresholds, slopes = np.split(unknowns, [self.thresholds])
        return np.ascontiguousarray(thresholds - self.features.dot(slopes)[:, np.newaxis])

    def transposed_dot(self, gradient: np.ndarray) -> np.ndarray:
        return np.concatenate([gradient.sum(axis=0), -self.features.transposed_dot(gradient.sum(axis=1))])

    def in_units_of_data(self, unknowns: np.ndarray) -> tuple[Any, np.ndarray]:
        thresholds, slopes = np.split(unknowns, [self.thresholds])
        _, coef = self.features.in_units_of_data(slopes)
        return thresholds + coef @ self.centre, coef

    def from_units_of_data(self, intercept: Any, coef: np.ndarray) -> np.ndarray:
        thresholds = np.asarray(intercept, dtype=np.float64)
        if thresholds.shape != (self.thresholds,):
            raise ValueError(f"start has {thresholds.size} thresholds, but the classes have {self.thresholds}")
        slopes = self.features.from_units_of_data(0.0, coef)
        return np.concatenate([thresholds - np.asarray(coef) @ self.centre, slopes])

    def taking(self, rows: np.ndarray) -> Design:
        return ordered(self.features.taking(rows), self.thresholds)


def without_intercept(design: Design) -> Design:
    """The design without its column of ones; the features stay centred."""
    return replace(design, columns=design.columns[int(design.intercept) :], intercept=False)


def ordered(features: Design, thresholds: int) -> OrderedDesign:
    """The design of ordered classes over some features."""
    return OrderedDesign(features.columns, False, features.centre, features.spread, features.basis, thresholds)


@dataclass(frozen=True)
class OrderedProblem(Problem):
    """``constant`` are the thresholds that are best without features."""

    constant: np.ndarray = field(default_factory=lambda: np.zeros(1))

    def at(self, unknowns: np.ndarray, curvature: str | None = None, scores: np.ndarray | None = None) -> Point:
        """Cost and gradient; second derivatives are made where they are asked for."""
        return super().at(unknowns, None, scores)

    @cached_property
    def _typical_score_gradient(self) -> float:
        scores = np.broadcast_to(self.constant, (self.design.rows, self.constant.size)).copy()
        return float(np.linalg.norm(self.scored.cost_and_gradient(scores)[1]))

    def hessian(self, point: Point) -> np.ndarray:
        """The second derivatives by thresholds and slopes."""
        design = self.design
        assert isinstance(design, OrderedDesign)
        between_thresholds, by_row = self._by_scores(point.scores)
        features, first = design.features, design.thresholds
        hessian = np.empty((design.width, design.width))
        hessian[:first, :first] = between_thresholds
        hessian[first:, :first] = -features.transposed_dot(by_row)
        hessian[:first, first:] = hessian[first:, :first].T
        hessian[first:, first:] = features.gram(by_row.sum(axis=1))
        hessian[np.diag_indices_from(hessian)] += self.ridge
        return hessian

    def _by_scores(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Second derivatives of the cost by each two scores, summed over rows; and of each row summed over one."""
        scored = self.scored
        assert isinstance(scored, RowScored)
        f = scored.prediction(scores)
        share = scored.shares
        count = f.shape[1]
        total, by_row = np.zeros((count, count)), np.empty_like(f)
        step = max(1, CHUNK // count**2)
        for start in range(0, len(f), step):
            rows = slice(start, start + step)
            entries = scored.loss.full_hessian(scored.y[rows], f[rows], check=False, **scored.options)
            entries *= share[rows, np.newaxis, np.newaxis]
            total += entries.sum(axis=0)
            by_row[rows] = entries.sum(axis=2)
        return total, by_row

    def _steepest(self, subgradient: np.ndarray) -> float:
        design = self.design
        assert isinstance(design, OrderedDesign)
        thresholds, slopes = np.split(subgradient, [design.thresholds])
        in_columns = slopes if design.basis is None else design.basis @ slopes
        by_coefficient = in_columns * design.spread - thresholds.sum() * design.centre
        return float(max(np.abs(by_coefficient).max(initial=0.0), np.abs(thresholds).max()))


def is_ordered(loss: object) -> bool:
    """Whether a loss takes increasing scores, one fewer than there are classes."""
    return isinstance(loss, RowLossFunction) and loss.record.prediction == "increasing"
