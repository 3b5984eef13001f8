"""A problem whose loss is made of straight pieces, in the flat arrays of a linear or quadratic programme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lossary.fit.problem.design import Design
from lossary.fit.problem.problem import Problem
from lossary.fit.straight.pieces import Pieces, pieces


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
    bent: np.ndarray
    scale: float
    fixed: np.ndarray | None = None

    @cached_property
    def layers(self) -> int:
        return (len(self.kinks) - len(self.bent)) // self.design.rows

    @cached_property
    def of_rows(self) -> int:
        """How many kinks are of rows, and not of the lasso."""
        return self.layers * self.design.rows

    def spread(self, scores: np.ndarray, unknowns: np.ndarray) -> np.ndarray:
        """Scores and unknowns laid beside the kinks they belong to."""
        return np.concatenate([*([scores] * self.layers), unknowns[self.bent]])

    def over(self, unknowns: np.ndarray) -> np.ndarray:
        """How far past each kink the scores are."""
        return self.spread(self.design.dot(unknowns), unknowns) - self.kinks

    def by_row(self, numbers: np.ndarray) -> np.ndarray:
        """The sums over each row's kinks."""
        rows, layers = self.design.rows, self.layers
        return numbers[:rows] if layers == 1 else numbers[: self.of_rows].reshape(layers, rows).sum(axis=0)

    def pull(self, numbers: np.ndarray) -> np.ndarray:
        """The transposed product: from numbers for kinks to numbers for unknowns."""
        found = self.design.pull(self.by_row(numbers))
        found[self.bent] += numbers[self.of_rows :]
        return found

    def matrix(self, weight: np.ndarray) -> np.ndarray:
        """The normal equations' matrix for weights of the kinks."""
        found = self.design.gram(self.by_row(weight))
        diagonal = self.ridge.copy()
        diagonal[self.bent] += weight[self.of_rows :]
        found[np.diag_indices_from(found)] += diagonal
        return found

    def rows(self, entries: np.ndarray) -> np.ndarray:
        """The rows of the design, or of the identity, that some kinks belong to."""
        found = np.zeros((len(entries), self.design.width))
        own = entries < self.of_rows
        found[own] = self.design.some(entries[own] % self.design.rows)
        found[~own, self.bent[entries[~own] - self.of_rows]] = 1.0
        return found

    @cached_property
    def lines(self) -> np.ndarray:
        """The gradient of the straight part by the unknowns."""
        found = self.design.pull(self.first)
        size = self.jumps[self.of_rows :]
        found[self.bent] -= 0.5 * size
        return found if self.fixed is None else found + self.fixed

    def taking(self, rows: np.ndarray, fixed: np.ndarray | None = None, share: float = 1.0) -> Programme:
        """The programme of some rows, with the gradient of the others or with a ``share`` of the penalties."""
        by_layer = self.kinks[: self.of_rows].reshape(self.layers, -1)[:, rows]
        jumps = self.jumps[: self.of_rows].reshape(self.layers, -1)[:, rows]
        return Programme(
            self.design.taking(rows),
            self.first[rows],
            np.concatenate([by_layer.ravel(), self.kinks[self.of_rows :]]),
            np.concatenate([jumps.ravel(), share * self.jumps[self.of_rows :]]),
            share * self.ridge,
            self.bent,
            self.scale,
            fixed,
        )


def programme(problem: Problem) -> Programme:
    """The programme of a problem whose loss is made of straight pieces."""
    scored, design = problem.pointwise, problem.design
    found = _weighted(pieces(scored.loss, scored.y), scored.weight)
    unit = float(found.jumps.max())
    bent = np.flatnonzero(problem.lasso)
    kinks = found.kinks if scored.offset is None else found.kinks - scored.offset
    lasso = 2.0 * problem.lasso[bent] * scored.total_weight / unit
    return Programme(
        design,
        found.first / unit,
        np.concatenate([kinks.ravel(), np.zeros(len(bent))]),
        np.concatenate([np.maximum(found.jumps.ravel() / unit, 1e-14), lasso]),
        problem.ridge * scored.total_weight / unit,
        bent,
        unit / scored.total_weight,
    )


def _weighted(found: Pieces, weight: np.ndarray | None) -> Pieces:
    return found if weight is None else Pieces(found.first * weight, found.kinks, found.jumps * weight)
