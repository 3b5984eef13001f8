"""One cell of the benchmark: a problem, everyone who took part, and what is recorded of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.racing import harness
from bench.racing.harness import Ratio, Times
from bench.racing.providers import OURS, Failure

DIGITS = 4
"""Of every recorded number: more than any time is known to."""

Figure = float | str | None
"""A recorded number; "inf" where it is infinite, None where there is none."""


def figure(x: float) -> Figure:
    """A number as it is recorded."""
    if math.isfinite(x):
        return float(f"{x:.{DIGITS}g}")
    return None if math.isnan(x) else "inf"


@dataclass(frozen=True)
class Raced:
    """What came of a race of any kind. ``times`` holds the floors too, and is empty where ours could not take part.

    A kind of race says in which ``table`` its cells stand, with which ``label``; ``facts`` to find them by; and
    ``measures`` of each contestant besides its time, by what they are (errors, memory, held-out costs).
    """

    times: Mapping[str, Times]
    failures: tuple[Failure, ...]

    @property
    def table(self) -> str:
        raise NotImplementedError

    @property
    def label(self) -> str:
        raise NotImplementedError

    def facts(self) -> dict[str, object]:
        return {}

    def measures(self) -> dict[str, dict[str, float]]:
        return {}

    @property
    def rounds(self) -> int:
        return next(iter(self.times.values())).samples.size if self.times else 0

    def ratio(self, name: str, base: str = OURS) -> Ratio:
        """How many times longer ``name`` takes than ``base``."""
        return harness.ratio(self.times[name], self.times[base])

    def failed(self) -> dict[str, str]:
        return {failure.name: failure.reason for failure in self.failures}

    def record(self) -> dict[str, object]:
        """The cell for JSON: seconds are medians and quartiles, ratios have their 95% interval."""
        seconds, over_ours = {}, {}
        for name, times in self.times.items():
            low, high = times.quartiles
            seconds[name] = {"median": figure(times.median), "quartiles": [figure(low), figure(high)]}
            if name != OURS:
                over = self.ratio(name)
                over_ours[name] = [figure(x) for x in (over.value, over.low, over.high)]
        measures = {what: {name: figure(x) for name, x in of.items()} for what, of in self.measures().items()}
        return {
            "table": self.table,
            "label": self.label,
            **self.facts(),
            "rounds": self.rounds,
            "seconds": seconds,
            "over_ours": over_ours,
            "measures": measures,
            "failures": self.failed(),
        }
