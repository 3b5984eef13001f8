"""One cell of the benchmark: a loss, a size, a dtype, a discipline, and everyone who took part, timed and judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench import floors, harness
from bench.cases import Case, Data
from bench.harness import Contestant, Ratio, Rules, Times
from bench.providers import COST, OURS, Failure, Provider, gathered
from bench.referee import Errors, Referee


@dataclass(frozen=True)
class Raced:
    """What came of a race of any kind. ``times`` holds the floors too, and is empty where ours could not take part."""

    times: Mapping[str, Times]
    failures: tuple[Failure, ...]

    @property
    def rounds(self) -> int:
        return self.times[OURS].samples.size if self.times else 0

    def ratio(self, name: str, base: str = OURS) -> Ratio:
        """How many times longer ``name`` takes than ``base``."""
        return harness.ratio(self.times[name], self.times[base])

    def timed(self, name: str) -> dict[str, object]:
        """One contestant's times, for JSON."""
        low, high = self.times[name].quartiles
        against = self.ratio(name)
        return {
            "median": self.times[name].median,
            "quartiles": [low, high],
            "times_ours": {"value": against.value, "interval": [against.low, against.high]},
        }

    def failed(self) -> dict[str, str]:
        return {failure.name: failure.reason for failure in self.failures}


@dataclass(frozen=True)
class Cell(Raced):
    """A race of a pointwise loss; ``errors`` are of everyone but the floors."""

    case: Case
    discipline: str
    size: int
    dtype: str
    errors: Mapping[str, Errors]

    @property
    def race(self) -> str:
        size = f"{self.size:.0e}".replace("e+0", "e")
        return f"{self.discipline}, {size} {self.dtype}"

    def as_dict(self) -> dict[str, object]:
        rows: dict[str, object] = {}
        for name in self.times:
            row = self.timed(name)
            if name in self.errors:
                judged = self.errors[name]
                row["error"] = {
                    "cost_or_hessian": None if math.isnan(judged.cost) else judged.cost,
                    "gradient_ulps": judged.ulps,
                    "gradient_in_units_of_the_promise": judged.unitwise,
                }
            rows[name] = row
        return {
            "loss": self.case.name,
            "kind": self.case.kind,
            "parameters": list(self.case.given),
            "discipline": self.discipline,
            "size": self.size,
            "dtype": self.dtype,
            "rounds": self.rounds,
            "seconds": rows,
            "failures": self.failed(),
        }


def measured(
    case: Case,
    data: Data,
    discipline: str,
    entrants: Sequence[Provider],
    rules: Rules,
    rng: np.random.Generator,
) -> Cell | None:
    """Race everyone who has this loss; None if nobody else does. Results are judged as soon as the clock stops."""
    entries, failures = gathered((one for one in entrants if one.discipline == discipline), case, data)
    if all(e.contestant.name.startswith(OURS) for e in entries) and not failures:
        return None
    runners: list[Contestant] = [*(e.contestant for e in entries), *floors.contestants(data)]
    times = harness.race(runners, rules, rng)
    referee = Referee(case, data, mean=discipline == COST)
    errors = {e.contestant.name: referee.judge(e.read(e.contestant.call())) for e in entries}
    return Cell(times, tuple(failures), case, discipline, data.size, data.dtype, errors)
