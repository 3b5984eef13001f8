"""What was promised of pointwise losses, and where it was not kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.pointwise.cases import POLYNOMIAL, TRANSCENDENTAL
from bench.pointwise.cells import Cell
from bench.racing import floors
from bench.racing.lost import Lost, beaten, missed
from bench.racing.providers import COST, OURS, OURS_FRESH, is_peer

LARGE = 10**7
OVER_THE_ADD = {POLYNOMIAL: 1.3, TRANSCENDENTAL: 2.0}
SLOWER_PEERS = {"torch eager": 5.0, "jax.jit": 5.0}
ULPS = 4.0


def _beaten(cell: Cell) -> Iterable[Lost]:
    return beaten(cell, cell.table, cell.label, filter(is_peer, cell.times), (OURS, OURS_FRESH))


def _missed(cell: Cell) -> Iterable[Lost]:
    if cell.discipline != COST or cell.size != LARGE or cell.dtype != "float32":
        return
    limit = OVER_THE_ADD[cell.case.kind]
    over = cell.ratio(OURS, floors.ADD)
    if over.value > limit:
        yield missed(cell.table, f"at most {limit}x the add ({cell.case.kind})", cell.label, over)
    for name, least in SLOWER_PEERS.items():
        if name in cell.times and cell.ratio(name).value < least:
            yield missed(cell.table, f"{name} at least {least:g}x slower", cell.label, cell.ratio(name))


def _wrong(cell: Cell) -> Iterable[Lost]:
    for own in (OURS, OURS_FRESH):
        errors = cell.errors.get(own)
        if errors is not None and not errors.unitwise <= ULPS:
            wanted = f"{own}: gradient within {ULPS:g} units of the promise"
            yield Lost(cell.table, wanted, cell.label, f"{errors.unitwise:.3g} units")


def lost(cells: Sequence[Cell]) -> list[Lost]:
    """Every lost cell, in the order of the tables."""
    return [each for cell in cells for judge in (_beaten, _missed, _wrong) for each in judge(cell)]
