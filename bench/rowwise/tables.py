"""The rowwise races as grids of text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bench import floors
from bench.providers import OURS
from bench.rowwise.cases import HALF_IGNORED, SOFTMAX
from bench.rowwise.cells import IGNORED_SUFFIX, RowCell, shaped
from bench.rowwise.providers import OWN_NAMES
from bench.tables import Grid, duration, field
from bench.verdicts import span

LEGEND = (
    "Rows of scores and their targets; the mean cost and its gradient by every score. Each field: time over "
    "ours with out= reused (95% interval of the ratio of medians); median \u00b1 interquartile range; relative error "
    "of the cost, worst error of the gradient relative to the largest derivative in its row. '-': that library has no "
    "such loss. The floor copies the scores to another array over two threads: it reads and writes what the loss must. "
    "Half ignored: a random half of the rows has the class index that does not count, raced beside the same scores "
    "with all rows counted. torch weighs the classes within label smoothing too, which is another loss than ours, so "
    "smoothing and class weights are raced one by one."
)


def _title(cell: RowCell) -> str:
    if cell.label in (SOFTMAX, HALF_IGNORED):
        return f"{cell.label}, {cell.dtype}"
    return f"other rowwise losses and options, {shaped(cell.shape)} {cell.dtype}"


def _present(cells: Sequence[RowCell]) -> list[str]:
    """Everyone but the floors, ours first, in order of appearance."""
    known = [name for cell in cells for name in (*cell.errors, *cell.failed())]
    return sorted(dict.fromkeys(known), key=lambda name: name not in OWN_NAMES)


def _floored(cell: RowCell) -> tuple[str, str]:
    if not cell.times:
        return "-", "-"
    over = cell.ratio(OURS, floors.COPY)
    return duration(cell.times[floors.COPY].median), f"{over.value:.2f}x the copy\n{1 / over.value:.0%} efficient"


def _grid(title: str, cells: Sequence[RowCell]) -> Grid:
    names = _present(cells)
    rows = []
    for cell in cells:
        label = shaped(cell.shape) if cell.label == SOFTMAX else cell.label
        fields = (field(cell, name, str(cell.errors.get(name, ""))) for name in names)
        rows.append((f"{label}\n{cell.rounds} rounds", *_floored(cell), *fields))
    return Grid(title, ("loss", "floor: copy", "ours against the floor", *names), tuple(rows))


def _halves(title: str, cells: Sequence[RowCell]) -> Grid:
    """How much of the time is left when half of the rows do not count."""
    names = [name for name in _present(cells) if not name.endswith(IGNORED_SUFFIX)]
    rows = []
    for cell in cells:
        fields = []
        for name in names:
            half = name + IGNORED_SUFFIX
            if half in cell.times and name in cell.times:
                rest = field(cell, half, str(cell.errors[half]), OURS + IGNORED_SUFFIX)
                fields.append(f"{span(cell.ratio(half, name))}\n{rest}")
            else:
                fields.append(cell.failed().get(half, "-"))
        rows.append((f"{shaped(cell.shape)}\n{cell.rounds} rounds", *fields))
    notes = (
        "First line: time with half of the rows ignored over time with all of them. Then as elsewhere, half ignored."
    )
    return Grid(title, ("shape", *names), tuple(rows), notes)


def grids(cells: Sequence[RowCell]) -> list[Grid]:
    """Softmax cross-entropy by dtype, half ignored, then the other losses by shape."""
    made = []
    for title, group in groupby(cells, _title):
        found = list(group)
        made.append((_halves if found[0].label == HALF_IGNORED else _grid)(title, found))
    return made
