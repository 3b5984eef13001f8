"""Which cells are lost: a peer was faster, a target was missed, an answer was wrong. They are printed, always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench import floors
from bench.cases import POLYNOMIAL, TRANSCENDENTAL
from bench.cells import Cell, Raced
from bench.harness import Ratio
from bench.providers import COST, OURS, OURS_FRESH
from bench.startup import SmallCall, Startup

LARGE = 10**7
OVER_THE_ADD = {POLYNOMIAL: 1.3, TRANSCENDENTAL: 2.0}
SLOWER_PEERS = {"torch eager": 5.0, "jax.jit": 5.0}
SMALL_OVERHEAD = 10e-6
FIRST_CALL_MS = 150.0
IMPORT_MS = 150.0
ULPS = 4.0


@dataclass(frozen=True)
class Lost:
    """A cell that is lost: in which race, what was promised, by which loss it was not kept, and what came."""

    race: str
    wanted: str
    loss: str
    got: str


def span(r: Ratio) -> str:
    """A ratio and its interval."""
    return f"{r.value:.2f}x ({r.low:.2f}-{r.high:.2f})"


def beaten(cell: Raced, race: str, loss: str, peers: Iterable[str], mine: Sequence[str]) -> Iterable[Lost]:
    """The peers that were faster than one of ``mine``. What the first of these lost, so did the others: said once."""
    for name in peers:
        for own in mine:
            against = cell.ratio(name, own)
            if against.value < 1.0:
                sure = "" if against.high < 1.0 else " perhaps"
                yield Lost(race, f"{name} slower than {own}", loss, span(against) + sure)
                break


def _beaten(cell: Cell) -> Iterable[Lost]:
    peers = [name for name in cell.errors if name not in (OURS, OURS_FRESH)]
    return beaten(cell, cell.race, cell.case.name, peers, (OURS, OURS_FRESH))


def _missed(cell: Cell) -> Iterable[Lost]:
    if cell.discipline != COST or cell.size != LARGE or cell.dtype != "float32":
        return
    limit = OVER_THE_ADD[cell.case.kind]
    over = cell.ratio(OURS, floors.ADD)
    if over.value > limit:
        yield Lost(cell.race, f"at most {limit}x the add ({cell.case.kind})", cell.case.name, span(over))
    for name, least in SLOWER_PEERS.items():
        if name in cell.times and cell.ratio(name).value < least:
            yield Lost(cell.race, f"{name} at least {least:g}x slower", cell.case.name, span(cell.ratio(name)))


def _wrong(cell: Cell) -> Iterable[Lost]:
    for own in (OURS, OURS_FRESH):
        errors = cell.errors.get(own)
        if errors is not None and not errors.unitwise <= ULPS:
            got = f"{errors.unitwise:.3g} units, {errors.ulps:.3g} ulp"
            yield Lost(cell.race, f"{own}: gradient within {ULPS:g} units of the promise", cell.case.name, got)


def lost(cells: Sequence[Cell], small: Sequence[SmallCall], startup: Startup | None) -> list[Lost]:
    """Every lost cell, in the order of the tables."""
    found = [each for cell in cells for judge in (_beaten, _missed, _wrong) for each in judge(cell)]
    for call in small:
        if call.kernel is not None and call.overhead > SMALL_OVERHEAD:
            got = f"{1e6 * call.overhead:.1f} us ({1e6 * call.call:.1f} whole, {1e6 * call.kernel:.1f} kernel)"
            found.append(Lost("small call", "under 10 us over the kernel", call.loss, got))
    if startup is not None:
        if startup.first > FIRST_CALL_MS:
            found.append(
                Lost("starting up", "first call of a second process under 150 ms", "", f"{startup.first:.0f} ms")
            )
        if startup.imported > IMPORT_MS:
            found.append(Lost("starting up", "import lossary under 150 ms", "", f"{startup.imported:.0f} ms"))
        if startup.heavy:
            found.append(Lost("starting up", "import lossary imports no framework", "", ", ".join(startup.heavy)))
    return found
