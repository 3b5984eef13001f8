"""The torch part of the benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from bench.pointwise import cells
from bench.pointwise.cases import CASES, Store
from bench.pointwise.cells import Cell
from bench.racing.cells import Raced
from bench.racing.harness import Rules
from bench.racing.lost import Lost, beaten, missed
from bench.racing.part import Part, progress
from bench.racing.providers import COST, OURS, Failure, Provider, is_peer, present, with_peers
from bench.rowwise import cells as row_cells
from bench.rowwise.cases import PLAIN, RowStore, Shape
from bench.rowwise.cells import RowCell, shaped

SIZES = (10**3, 10**4, 10**5, 10**6, 10**7)
SHAPES: tuple[Shape, ...] = ((100, 10), (1_000, 3), (10_000, 100), (4_096, 1_000), (512, 32_000))
EAGER = "torch eager"
POINTWISE_GOAL, ROWWISE_GOAL = 3.0, 4.0
"""How many times longer torch eager is to take, at a million numbers and more."""

LEGEND = (
    "lossary.torch against torch's own losses, each as a training loop runs it: forward, backward, .grad dropped. "
    "torch.compile is inductor's graph of value and gradient."
)


def _everyone() -> tuple[list[Provider | Failure], list[Provider | Failure]]:
    """Everyone in the pointwise races, and everyone in those of rows, ours first."""
    try:
        from bench.torch_host import torch_entries  # noqa: PLC0415  torch may be missing: that is a row, not an error
    except ImportError as missing:
        return [Failure(OURS, f"not installed: {missing}")], []
    pointwise = with_peers([torch_entries.POINTWISE], ["bench.pointwise.peers.torch_formulas"])
    return pointwise, with_peers([torch_entries.ROWWISE], ["bench.rowwise.peers.torch_rows"])


def _lost(cell: Raced, race: str, loss: str, size: int, goal: float) -> Iterable[Lost]:
    yield from beaten(cell, race, loss, filter(is_peer, cell.times), (OURS,))
    least = goal if size >= 10**6 else 1.0
    if EAGER in cell.times and cell.ratio(EAGER).value < least:
        yield missed(race, f"{EAGER} at least {least:g}x slower", loss, cell.ratio(EAGER))


def torch_host(quick: bool, sizes: Sequence[int], shapes: Sequence[Shape], seed: int, rng: np.random.Generator) -> Part:
    """Race ten pointwise losses and softmax cross-entropy in float32."""
    (everyone, entrants), (row_everyone, row_entrants) = map(present, _everyone())
    rules = Rules(0.5 if quick else 1.5, 9 if quick else 15)
    found: list[Cell] = []
    store = Store(seed)
    for size in sizes or SIZES:
        for case in CASES[:3] if quick else CASES:
            progress(f"torch: {case.name}, {size:,}")
            cell = cells.measured(case, store.get(case, size, "float32"), COST, entrants, rules, rng)
            found += [] if cell is None else [cell]
    rows: list[RowCell] = []
    row_store = RowStore(seed)
    for shape in shapes or SHAPES:
        progress(f"torch: cross-entropy, {shaped(shape)}")
        rows.append(row_cells.measured(PLAIN, shape, "float32", row_store, row_entrants, rules, rng))
    progress("")
    losing = [
        *(each for cell in found for each in _lost(cell, cell.table, cell.label, cell.size, POINTWISE_GOAL)),
        *(each for cell in rows for each in _lost(cell, cell.race, "", math.prod(cell.shape), ROWWISE_GOAL)),
    ]
    recorded = [cell.record() for cell in (*found, *rows)]
    return Part(LEGEND, recorded, losing, [*everyone, *row_everyone[1:]])
