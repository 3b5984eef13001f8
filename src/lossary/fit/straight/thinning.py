"""Fewer rows for the interior points: those that surely stay on one straight piece are taken for the line they are on.

A fit to a random part of the rows says where the optimum is about. Rows far from a kink there enter with their slope
alone, the near ones in full. If at the optimum of that smaller problem no row left out has crossed a kink, it is the
optimum of all rows, and its dual numbers, with the bounds for the rows left out, prove it. Otherwise more rows are
kept. Portnoy and Koenker (1997), doi:10.1214/ss/1030037960.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lossary.fit.problem.problem import Problem
from lossary.fit.problem.solver import Rules
from lossary.fit.straight.barrier import Iterate, starting_iterate, take_steps, typical
from lossary.fit.straight.polish import polished
from lossary.fit.straight.programme import GapTolerance, PrimalDual, Programme

MANY = 10_000
"""Rows from which leaving some out is worth the trouble."""

BAND = 1.5
"""Rows to keep near a kink, over those of the random part."""

GROWTH, ROUNDS = 1.25, 3
"""By how much to keep more after a failure, and how many choices are tried."""

LEAST_SAVED = 0.6
"""The share of the rows that may be kept; beyond it all are."""

FAR_OFF = 0.2
"""Rows that crossed a kink, over those kept, from which the random part is known to have misled."""

PATIENCE = 40
"""Steps that one of the smaller problems may take."""

ROUGH = 1e-3
"""The gap, beside what is typical, at which the fit to a random part has served."""


def thinned(problem: Problem, programme: Programme, tolerance: GapTolerance, rules: Rules) -> PrimalDual | None:
    """The answer for all rows; None if nearly all of them turn out to be needed."""
    rows = problem.design.rows
    x, steps = _roughly(programme)
    rules.watch(x, problem.at(x).objective)
    count = min(int(BAND * _sample_size(programme)), rows - 1)
    for _ in range(ROUNDS):
        if count > LEAST_SAVED * rows:
            break
        choice = _Choice(programme, x, count)
        typical_objective = programme.scale * typical(programme, programme.excess(x))
        iterate = starting_iterate(choice.kept_programme, x)
        enough = _within(tolerance.gap(problem.at(x).objective, typical_objective) / programme.scale)
        steps += take_steps(choice.kept_programme, iterate, enough, PATIENCE)
        if not enough(iterate):
            # Without the rows left out the problem may have no lowest point.
            return None
        x, dual = polished(problem, choice.kept_programme, iterate)
        rules.watch(x, problem.at(x).objective)
        crossed = choice.crossed(x)
        if crossed == 0:
            return PrimalDual(x, choice.dual_of_all(dual), steps)
        if crossed > FAR_OFF * count:
            return None
        # The next choice of rows is by a better fit, so it need not be much larger.
        count = int(GROWTH * count) + crossed
    return None


class _Choice:
    """The rows nearest to a kink at some unknowns, which are kept, and the line that each other row is on."""

    def __init__(self, programme: Programme, x: np.ndarray, count: int) -> None:
        self._programme = programme
        over = self._over(x)
        self._kept = np.argpartition(np.abs(over).min(axis=0), count)[:count]
        self._is_left_out = np.ones(programme.design.rows, dtype=bool)
        self._is_left_out[self._kept] = False
        self._is_past = over > 0.0
        jumps = programme.jumps[: programme.row_kinks].reshape(over.shape)
        self._dual_on_line = np.where(self._is_past, jumps, 0.0)
        slope = np.where(self._is_left_out, programme.first + self._dual_on_line.sum(axis=0), 0.0)
        self.kept_programme = programme.taking(self._kept, programme.design.transposed_dot(slope))

    def _over(self, x: np.ndarray) -> np.ndarray:
        """How far past each kink each row is."""
        programme = self._programme
        return programme.excess(x)[: programme.row_kinks].reshape(programme.kinks_a_row, programme.design.rows)

    def crossed(self, x: np.ndarray) -> int:
        """How many of the rows left out have left their line at other unknowns."""
        over = self._over(x)
        has_crossed = ((over > 0.0) & ~self._is_past | (over < 0.0) & self._is_past).any(axis=0)
        return int((self._is_left_out & has_crossed).sum())

    def dual_of_all(self, dual: np.ndarray) -> np.ndarray:
        """The dual numbers of all kinks, from those of the rows that were kept."""
        of_rows = self.kept_programme.row_kinks
        of_all = self._dual_on_line
        of_all[:, self._kept] = dual[:of_rows].reshape(self._programme.kinks_a_row, -1)
        return np.concatenate([of_all.ravel(), dual[of_rows:]])


def _sample_size(programme: Programme) -> int:
    """How many rows to take: as many as make the two fits about equally long."""
    rows, width = programme.design.rows, programme.design.width
    return int(min(rows, 2.0 * (width * rows**2) ** (1.0 / 3.0) + 500))


def _roughly(programme: Programme) -> tuple[np.ndarray, int]:
    """The optimum of a random part of the rows, or near it."""
    rows, count = programme.design.rows, _sample_size(programme)
    sampled = np.sort(np.random.default_rng(0).choice(rows, count, replace=False))
    sample = programme.taking(sampled, share=count / rows)
    iterate = starting_iterate(sample)
    steps = take_steps(sample, iterate, _within(ROUGH * typical(sample, sample.excess(iterate.x))), PATIENCE)
    return iterate.x, steps


def _within(gap: float) -> Callable[[Iterate], bool]:
    return lambda iterate: iterate.gap <= gap
