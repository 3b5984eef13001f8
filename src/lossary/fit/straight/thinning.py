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
from lossary.fit.straight.barrier import Iterate, started, typical, walked
from lossary.fit.straight.polish import polished
from lossary.fit.straight.programme import Programme

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


def thinned(
    problem: Problem, given: Programme, close: float, least: float, rules: Rules
) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Unknowns, dual numbers of all rows, and steps; None if nearly all rows turn out to be needed."""
    rows = problem.design.rows
    x, steps = _roughly(given)
    rules.watch(x, problem.at(x).objective)
    kept_count = min(int(BAND * _sampled(given)), rows - 1)
    for _ in range(ROUNDS):
        if kept_count > LEAST_SAVED * rows:
            break
        over = given.over(x)[: given.of_rows].reshape(given.layers, rows)
        kept = np.argpartition(np.abs(over).min(axis=0), kept_count)[:kept_count]
        left = np.ones(rows, dtype=bool)
        left[kept] = False
        past = over > 0.0
        jumps = given.jumps[: given.of_rows].reshape(given.layers, rows)
        slope = np.where(left, given.first + np.where(past, jumps, 0.0).sum(axis=0), 0.0)
        part = given.taking(kept, given.design.pull(slope))
        worth = max(min(problem.at(x).objective, given.scale * typical(given, given.over(x))), least)
        now = started(part, x)
        enough = _within(close * worth / given.scale)
        steps += walked(part, now, enough, PATIENCE)
        if not enough(now):
            # Without the rows left out the problem may have no lowest point.
            return None
        x, near = polished(problem, part, now)
        rules.watch(x, problem.at(x).objective)
        over = given.over(x)[: given.of_rows].reshape(given.layers, rows)
        crossed = left & ((over > 0.0) & ~past | (over < 0.0) & past).any(axis=0)
        if not crossed.any():
            proof = np.where(past, jumps, 0.0)
            proof[:, kept] = near[: part.of_rows].reshape(given.layers, -1)
            return x, np.concatenate([proof.ravel(), near[part.of_rows :]]), steps
        if crossed.sum() > FAR_OFF * kept_count:
            return None
        # The next choice of rows is by a better fit, so it need not be much larger.
        kept_count = int(GROWTH * kept_count) + int(crossed.sum())
    return None


def _sampled(given: Programme) -> int:
    """How many rows to take: as many as make the two fits about equally long."""
    return int(min(given.design.rows, 2.0 * (given.design.width * given.design.rows**2) ** (1.0 / 3.0) + 500))


def _roughly(given: Programme) -> tuple[np.ndarray, int]:
    """The optimum of a random part of the rows, or near it."""
    rows, count = given.design.rows, _sampled(given)
    draw = np.sort(np.random.default_rng(0).choice(rows, count, replace=False))
    part = given.taking(draw, share=count / rows)
    now = started(part)
    steps = walked(part, now, _within(ROUGH * typical(part, part.over(now.x))), PATIENCE)
    return now.x, steps


def _within(gap: float) -> Callable[[Iterate], bool]:
    return lambda now: now.gap <= gap
