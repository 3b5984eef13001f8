"""The rowwise part of the benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.harness import Rules
from bench.part import Part, progress
from bench.providers import Provider
from bench.rowwise import tables
from bench.rowwise.cases import EXTRA, IGNORING, NARROW, OTHERS, PLAIN, QUICK, WIDE, RowCase, RowStore, Shape
from bench.rowwise.cells import RowCell, measured, shaped
from bench.rowwise.providers import providers
from bench.rowwise.verdicts import lost

FULL, QUICK_RULES = Rules(4.0, 15), Rules(1.5, 7)

Race = tuple[RowCase, Shape, str]


def _races(quick: bool, dtypes: Sequence[str], shapes: Sequence[Shape]) -> Iterable[Race]:
    """Which cells, in the order of the tables. ``shapes`` replaces those of every race."""
    for dtype in dtypes:
        for shape in shapes or (QUICK if quick else (*WIDE, *NARROW)):
            yield PLAIN, shape, dtype
    for shape in shapes or (QUICK if quick else (*WIDE, (100_000, 10))):
        yield IGNORING, shape, dtypes[0]
    for shape in shapes or (OTHERS[:1] if quick else OTHERS):
        for case in EXTRA:
            yield case, shape, dtypes[0]


def rowwise(
    quick: bool,
    dtypes: Sequence[str],
    shapes: Sequence[Shape],
    without: Sequence[str],
    seed: int,
    rng: np.random.Generator,
) -> Part:
    """Measure all rowwise races."""
    everyone = [one for one in providers() if one.name not in without]
    entrants = [one for one in everyone if isinstance(one, Provider)]
    store, rules = RowStore(seed), QUICK_RULES if quick else FULL
    cells: list[RowCell] = []
    for case, shape, dtype in _races(quick, dtypes, shapes):
        progress(f"{case.label}, {shaped(shape)} {dtype}")
        cells.append(measured(case, shape, dtype, store, entrants, rules, rng))
    progress("")
    numbers = {"rowwise": [cell.as_dict() for cell in cells]}
    return Part(tables.LEGEND, tables.grids(cells), lost(cells), everyone, numbers)
