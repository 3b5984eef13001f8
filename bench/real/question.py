"""One real data set as a question: what is predicted from what, and how its held-out rows are drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Half = Literal["tuned", "reported"]


@dataclass(frozen=True)
class RealSet:
    """A table of a package, its target, and what is asked of it.

    ``kind`` says in a word what the target is (a price, a count ...). ``drop`` names columns that are no features:
    names of rows, transformations and parts of the target, and what is only known after it. ``group`` names the column
    whose values must not be split, ``time`` the one that orders the rows; ``dates`` are columns of text that are dates.
    Costs, where given, are those of a missed second class and of a false alarm.
    """

    package: str
    item: str
    target: str
    want: str
    kind: str
    drop: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    dates: tuple[str, ...] = ()
    costs: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        return f"{self.item} {self.target}"

    @property
    def functional(self) -> str:
        return self.want.partition(":")[0]

    @property
    def level(self) -> float:
        """Of a quantile or an interval."""
        return float(self.want.partition(":")[2])

    @property
    def split(self) -> str:
        return "time" if self.time else "groups" if self.group else "rows"


def halves(sets: Sequence[RealSet]) -> dict[str, Half]:
    """Which half each set belongs to: the rules are tuned on the one, and the other is reported.

    Questions of a kind, with splits of a kind, are put in the order of a digest of their names, and dealt out in turn;
    so halves are alike in what is asked, nobody chose, and no result had a say.
    """
    order = sorted(sets, key=lambda s: (s.functional, s.split, hashlib.sha256(s.name.encode()).hexdigest()))
    return {each.name: "tuned" if place % 2 == 0 else "reported" for place, each in enumerate(order)}
