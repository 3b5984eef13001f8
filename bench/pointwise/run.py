"""The pointwise part of the benchmark: one number a target, one a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.pointwise.cases import CASES, Case, Store
from bench.pointwise.cells import Cell, measured
from bench.pointwise.providers import providers
from bench.pointwise.verdicts import lost
from bench.racing.harness import Rules
from bench.racing.part import Part, progress
from bench.racing.providers import COST, NEWTON, Provider, present

SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)
BUDGET = {10**3: 0.3, 10**4: 0.3, 10**5: 0.4, 10**6: 0.8}
LARGEST = {"float32": Rules(5.0), "float64": Rules(4.0, 7)}
"""At 1e7, where a round of all peers takes up to a second in float64; everywhere else at least 15 rounds."""

QUICK_LOSSES = ("squared_error", "huber", "logistic", "poisson")
QUICK_SIZES = (10**3, 10**7)


def _rules(size: int, dtype: str, discipline: str, quick: bool) -> Rules:
    rules = LARGEST[dtype] if size >= 10**7 else Rules(BUDGET.get(size, 1.0))
    share = (0.5 if quick else 1.0) * (0.5 if discipline == NEWTON else 1.0)
    return Rules(rules.budget * share, min(rules.least, 9) if quick and size >= 10**7 else rules.least, rules.most)


def _cells(
    cases: Sequence[Case],
    sizes: Sequence[int],
    dtypes: Sequence[str],
    quick: bool,
    entrants: Sequence[Provider],
    data: Store,
    rng: np.random.Generator,
) -> Iterable[Cell]:
    for size in sizes:
        for dtype in dtypes:
            for discipline in (COST, NEWTON):
                for case in cases:
                    progress(f"{discipline}: {case.name}, {size:,} {dtype}")
                    rules = _rules(size, dtype, discipline, quick)
                    cell = measured(case, data.get(case, size, dtype), discipline, entrants, rules, rng)
                    if cell is not None:
                        yield cell
    progress("")


LEGEND = (
    "One number a target, one a prediction: the mean cost and its gradient in one call, or gradient and Hessian of "
    "every example. The floors move the same bytes: add reads two arrays and writes one, over two threads from 131,072 "
    "elements up; ours can come out below it where it writes past the caches. Poisson's and Tweedie's gradients cancel "
    "near their zeros, so that every float32 answer is many last digits off there."
)


def pointwise(
    quick: bool,
    losses: Sequence[str],
    sizes: Sequence[int],
    dtypes: Sequence[str],
    without: Sequence[str],
    seed: int,
    rng: np.random.Generator,
) -> Part:
    """Measure all pointwise races."""
    everyone, entrants = present(providers(), without)
    chosen = losses or (QUICK_LOSSES if quick else [case.name for case in CASES])
    cases = [case for case in CASES if case.name in chosen]
    raced = _cells(cases, sizes or (QUICK_SIZES if quick else SIZES), dtypes, quick, entrants, Store(seed), rng)
    cells = sorted(raced, key=lambda cell: cell.discipline)
    return Part(LEGEND, [cell.record() for cell in cells], lost(cells), everyone)
