"""The rowwise part of the benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.racing.harness import Rules
from bench.racing.part import Part, progress
from bench.racing.providers import present
from bench.rowwise.cases import (
    EXTRA,
    HALF_IGNORED,
    IGNORING,
    NARROW,
    OTHERS,
    PLAIN,
    QUICK,
    WIDE,
    RowCase,
    RowStore,
    Shape,
)
from bench.rowwise.cells import RowCell, halved, measured, shaped
from bench.rowwise.providers import providers
from bench.rowwise.verdicts import lost

FULL, QUICK_RULES = Rules(4.0, 15), Rules(1.5, 7)

LEGEND = (
    "Rows of scores and their targets; the mean cost and its gradient by every score. The floor copies the scores to "
    "another array over two threads: it reads and writes what the loss must. Half ignored: a random half of the rows "
    "has the class index that does not count, raced beside the same scores with all rows counted. torch weighs the "
    "classes within label smoothing too, which is another loss than ours, so both options are raced one by one."
)

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
    everyone, entrants = present(providers(), without)
    store, rules = RowStore(seed), QUICK_RULES if quick else FULL
    cells: list[RowCell] = []
    for case, shape, dtype in _races(quick, dtypes, shapes):
        progress(f"{case.label}, {shaped(shape)} {dtype}")
        cells.append(measured(case, shape, dtype, store, entrants, rules, rng))
    progress("")
    shown = [halved(cell) if cell.loss == HALF_IGNORED else cell for cell in cells]
    return Part(LEGEND, [cell.record() for cell in shown], lost(cells), everyone)
