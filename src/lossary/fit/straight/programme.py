"""A problem whose loss is made of straight pieces, in the flat arrays of a linear or quadratic programme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lossary.fit.problem.design import Design
from lossary.fit.problem.problem import Problem
from lossary.fit.straight.pieces import Pieces, pieces_of


@dataclass(frozen=True)
class Programme:
    """The programme in flat arrays: kinks of rows first, row by row within a kink, then those of the lasso at zero.

    Kinks are less the offset. The numbers are scaled to a largest jump of one; ``scale`` turns them into the objective.
    ``fixed`` is the gradient of rows that are left out because they stay on one straight piece.
    """

    design: Design
    first: np.ndarray
    kinks: np.ndarray
    jumps: np.ndarray
    ridge: np.ndarray
    penalised: np.ndarray
    scale: float
    fixed: np.ndarray | None = None

    @cached_property
    def kinks_a_row(self) -> int:
        return (len(self.kinks) - len(self.penalised)) // self.design.rows

    @cached_property
    def row_kinks(self) -> int:
        """How many kinks are of rows, and not of the lasso."""
        return self.kinks_a_row * self.design.rows

    def spread(self, scores: np.ndarray, unknowns: np.ndarray) -> np.ndarray:
        """Scores and unknowns laid beside the kinks they belong to."""
        return np.concatenate([*([scores] * self.kinks_a_row), unknowns[self.penalised]])

    def excess(self, unknowns: np.ndarray) -> np.ndarray:
        """How far past each kink the scores are."""
        return self.spread(self.design.dot(unknowns), unknowns) - self.kinks

    def by_row(self, numbers: np.ndarray) -> np.ndarray:
        """The sums over each row's kinks."""
        rows, layers = self.design.rows, self.kinks_a_row
        return numbers[:rows] if layers == 1 else numbers[: self.row_kinks].reshape(layers, rows).sum(axis=0)

    def transposed_dot(self, numbers: np.ndarray) -> np.ndarray:
        """The transposed product: from numbers for kinks to numbers for unknowns."""
        product = self.design.transposed_dot(self.by_row(numbers))
        product[self.penalised] += numbers[self.row_kinks :]
        return product

    def matrix(self, weight: np.ndarray) -> np.ndarray:
        """The normal equations' matrix for weights of the kinks."""
        matrix = self.design.gram(self.by_row(weight))
        diagonal = self.ridge.copy()
        diagonal[self.penalised] += weight[self.row_kinks :]
        matrix[np.diag_indices_from(matrix)] += diagonal
        return matrix

    def rows(self, entries: np.ndarray) -> np.ndarray:
        """The rows of the design, or of the identity, that some kinks belong to."""
        rows = np.zeros((len(entries), self.design.width))
        of_rows = entries < self.row_kinks
        rows[of_rows] = self.design.some(entries[of_rows] % self.design.rows)
        rows[~of_rows, self.penalised[entries[~of_rows] - self.row_kinks]] = 1.0
        return rows

    @cached_property
    def lines(self) -> np.ndarray:
        """The gradient of the straight part by the unknowns."""
        gradient = self.design.transposed_dot(self.first)
        size = self.jumps[self.row_kinks :]
        gradient[self.penalised] -= 0.5 * size
        return gradient if self.fixed is None else gradient + self.fixed

    def taking(self, rows: np.ndarray, fixed: np.ndarray | None = None, share: float = 1.0) -> Programme:
        """The programme of some rows, with the gradient of the others or with a ``share`` of the penalties."""
        by_layer = self.kinks[: self.row_kinks].reshape(self.kinks_a_row, -1)[:, rows]
        jumps = self.jumps[: self.row_kinks].reshape(self.kinks_a_row, -1)[:, rows]
        return Programme(
            self.design.taking(rows),
            self.first[rows],
            np.concatenate([by_layer.ravel(), self.kinks[self.row_kinks :]]),
            np.concatenate([jumps.ravel(), share * self.jumps[self.row_kinks :]]),
            share * self.ridge,
            self.penalised,
            self.scale,
            fixed,
        )


class PrimalDual(NamedTuple):
    """Unknowns, dual numbers of all kinks that prove how good they are, and the steps that it took."""

    x: np.ndarray
    dual: np.ndarray
    steps: int


class GapTolerance(NamedTuple):
    """The gap to reach, relative to the objective; a ``smallest_objective`` stands for any that is smaller."""

    relative: float
    smallest_objective: float

    def gap(self, objective: float, typical_objective: float) -> float:
        """The gap itself. One wild target may be nearly all of the objective, so what is typical counts if smaller."""
        return self.relative * max(min(objective, typical_objective), self.smallest_objective)


def programme_of(problem: Problem) -> Programme:
    """The programme of a problem whose loss is made of straight pieces."""
    scored, design = problem.pointwise, problem.design
    weighted = _weighted(pieces_of(scored.loss, scored.y), scored.weight)
    unit = float(weighted.jumps.max())
    penalised = np.flatnonzero(problem.lasso)
    kinks = weighted.kinks if scored.offset is None else weighted.kinks - scored.offset
    lasso = 2.0 * problem.lasso[penalised] * scored.total_weight / unit
    return Programme(
        design,
        weighted.first / unit,
        np.concatenate([kinks.ravel(), np.zeros(len(penalised))]),
        np.concatenate([np.maximum(weighted.jumps.ravel() / unit, 1e-14), lasso]),
        problem.ridge * scored.total_weight / unit,
        penalised,
        unit / scored.total_weight,
    )


def _weighted(pieces: Pieces, weight: np.ndarray | None) -> Pieces:
    return pieces if weight is None else Pieces(pieces.first * weight, pieces.kinks, pieces.jumps * weight)
