"""Which cells are lost: a peer was faster, a goal was missed, an answer was wrong. They are published, always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.racing.cells import Raced, figure
from bench.racing.harness import Ratio
from bench.racing.providers import OURS


@dataclass(frozen=True)
class Lost:
    """A cell that is lost: in which race, what was wanted, by which loss it was not kept, and what came.

    ``low`` and ``high`` are the 95% interval where what came is a ratio of times.
    """

    race: str
    wanted: str
    loss: str
    got: str
    low: float | None = None
    high: float | None = None

    def record(self) -> dict[str, object]:
        interval = [None if x is None else figure(x) for x in (self.low, self.high)]
        return {"race": self.race, "loss": self.loss, "wanted": self.wanted, "got": self.got, "interval": interval}


def missed(race: str, wanted: str, loss: str, got: Ratio) -> Lost:
    """A ratio of times that is not what was wanted."""
    return Lost(race, wanted, loss, f"{got.value:.2f}x", got.low, got.high)


def beaten(cell: Raced, race: str, loss: str, peers: Iterable[str], mine: Sequence[str]) -> Iterable[Lost]:
    """The peers that were faster than one of ``mine``. What the first of these lost, so did the others: said once."""
    for name in peers:
        for own in mine:
            against = cell.ratio(name, own)
            if against.value < 1.0:
                yield missed(race, f"{name} slower than {own}", loss, against)
                break


def absent(cell: Raced, race: str) -> Iterable[Lost]:
    """Ours that could not take part."""
    for failure in cell.failures:
        if failure.name.startswith(OURS):
            yield Lost(race, f"{failure.name} takes part", "", failure.reason)
