"""The pointwise part of the benchmark: one number a target, one a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench import tables
from bench.cases import CASES, Case, Store
from bench.cells import Cell, measured
from bench.harness import Rules
from bench.part import Part, progress
from bench.providers import COST, NEWTON, Provider, providers
from bench.startup import SmallCall, Startup, small_call, startup
from bench.verdicts import lost

SIZES = (10**3, 10**5, 10**6, 10**7)
BUDGET = {10**3: 0.3, 10**5: 0.4, 10**6: 0.8}
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


def pointwise(
    quick: bool,
    losses: Sequence[str],
    sizes: Sequence[int],
    dtypes: Sequence[str],
    without: Sequence[str],
    starting: bool,
    seed: int,
    rng: np.random.Generator,
) -> Part:
    """Measure all pointwise races and, if ``starting``, small calls, import and first call."""
    everyone = [one for one in providers() if one.name not in without]
    entrants = [one for one in everyone if isinstance(one, Provider)]
    data = Store(seed)
    opened: Startup | None = None
    small: list[SmallCall] = []
    if starting:
        progress("import and first call")
        opened = startup(3 if quick else 7)
        small = [small_call(case, data, rng) for case in CASES]
    chosen = losses or (QUICK_LOSSES if quick else [case.name for case in CASES])
    cases = [case for case in CASES if case.name in chosen]
    raced = _cells(cases, sizes or (QUICK_SIZES if quick else SIZES), dtypes, quick, entrants, data, rng)
    cells = sorted(raced, key=lambda cell: cell.discipline)

    grids = tables.races(cells)
    if opened is not None:
        grids += [tables.small_calls(small), tables.startups(opened)]
    numbers = {
        "cells": [cell.as_dict() for cell in cells],
        "small_calls": [{"loss": c.loss, "call": c.call, "kernel": c.kernel} for c in small],
        "startup": opened.as_dict() if opened else None,
    }
    return Part(tables.LEGEND, grids, lost(cells, small, opened), everyone, numbers)
