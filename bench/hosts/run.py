"""The torch part of the benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from bench import cells, tables
from bench.cases import CASES, Store
from bench.cells import Cell, Raced
from bench.harness import Rules
from bench.part import Part, progress
from bench.providers import COST, OURS, Failure, Provider, with_peers
from bench.rowwise import cells as row_cells
from bench.rowwise import tables as row_tables
from bench.rowwise.cases import PLAIN, RowStore, Shape
from bench.rowwise.cells import RowCell, shaped
from bench.verdicts import Lost, beaten, span

SIZES = (10**3, 10**6, 10**7)
SHAPES: tuple[Shape, ...] = ((100, 10), (4_096, 1_000), (512, 32_000))
EAGER = "torch eager"
POINTWISE_GOAL, ROWWISE_GOAL = 3.0, 4.0
"""How many times longer torch eager is to take, at a million numbers and more."""

LEGEND = (
    "lossary.torch against torch's own losses, each as a training loop runs it: forward, backward, .grad dropped. "
    "torch.compile is inductor's graph of value and gradient. Fields as elsewhere."
)


def _together(pointwise: str, rowwise: str) -> list[Provider | Failure]:
    """Everyone in the races of either kind, ours first."""
    own: list[Provider] = []
    try:
        from bench.hosts import torch_entries  # noqa: PLC0415  torch may be missing: that is a row, not an error

        own = [torch_entries.POINTWISE if pointwise else torch_entries.ROWWISE]
    except ImportError as missing:
        return [Failure(OURS, f"not installed: {missing}")]
    return with_peers(own, [pointwise or rowwise])


def _missed(cell: Raced, race: str, loss: str, size: int, goal: float) -> Iterable[Lost]:
    least = goal if size >= 10**6 else 1.0
    if EAGER in cell.times and cell.ratio(EAGER).value < least:
        yield Lost(race, f"{EAGER} at least {least:g}x slower", loss, span(cell.ratio(EAGER)))


def torch_host(quick: bool, sizes: Sequence[int], shapes: Sequence[Shape], seed: int, rng: np.random.Generator) -> Part:
    """Race ten pointwise losses and softmax cross-entropy in float32."""
    entrants = _together("bench.peers.torch_formulas", "")
    row_entrants = _together("", "bench.rowwise.peers.torch_rows")
    rules = Rules(0.5 if quick else 1.5, 9 if quick else 15)
    found: list[Cell] = []
    store = Store(seed)
    racing = [one for one in entrants if isinstance(one, Provider)]
    for size in sizes or SIZES:
        for case in CASES[:3] if quick else CASES:
            progress(f"torch: {case.name}, {size:,}")
            cell = cells.measured(case, store.get(case, size, "float32"), COST, racing, rules, rng)
            found += [] if cell is None else [cell]
    rows: list[RowCell] = []
    row_store = RowStore(seed)
    racing = [one for one in row_entrants if isinstance(one, Provider)]
    for shape in shapes or SHAPES:
        progress(f"torch: cross-entropy, {shaped(shape)}")
        rows.append(row_cells.measured(PLAIN, shape, "float32", row_store, racing, rules, rng))
    progress("")
    losing = [
        each
        for cell in found
        for each in (
            *beaten(cell, cell.race, cell.case.name, [n for n in cell.errors if n != OURS], (OURS,)),
            *_missed(cell, cell.race, cell.case.name, cell.size, POINTWISE_GOAL),
        )
    ] + [
        each
        for cell in rows
        for each in (
            *beaten(cell, cell.race, "", [n for n in cell.errors if n != OURS], (OURS,)),
            *_missed(cell, cell.race, "", cell.shape[0] * cell.shape[1], ROWWISE_GOAL),
        )
    ]
    grids = [replace(grid, title=f"in torch: {grid.title}") for grid in (*tables.races(found), *row_tables.grids(rows))]
    numbers = {"torch": [cell.as_dict() for cell in (*found, *rows)]}
    return Part(LEGEND, grids, losing, [*entrants, *row_entrants[1:]], numbers)
