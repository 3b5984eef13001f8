"""One cell of the benchmark: a loss, a size, a dtype, a discipline, and everyone who took part, timed and judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench import floors, harness
from bench.cases import Case, Data
from bench.harness import Contestant, Ratio, Rules, Times
from bench.providers import COST, OURS, Entry, Failure, Provider, entered
from bench.referee import Errors, Referee


@dataclass(frozen=True)
class Cell:
    """What came of a race. ``times`` holds the floors too; ``errors`` everyone but the floors."""

    case: Case
    discipline: str
    size: int
    dtype: str
    times: Mapping[str, Times]
    errors: Mapping[str, Errors]
    failures: tuple[Failure, ...]

    @property
    def race(self) -> str:
        size = f"{self.size:.0e}".replace("e+0", "e")
        return f"{self.discipline}, {size} {self.dtype}"

    @property
    def rounds(self) -> int:
        return self.times[OURS].samples.size

    def ratio(self, name: str, base: str = OURS) -> Ratio:
        """How many times longer ``name`` takes than ``base``."""
        return harness.ratio(self.times[name], self.times[base])

    def as_dict(self) -> dict[str, object]:
        rows: dict[str, object] = {}
        for name, times in self.times.items():
            low, high = times.quartiles
            against = self.ratio(name)
            row: dict[str, object] = {"median": times.median, "quartiles": [low, high]}
            row["times_ours"] = {"value": against.value, "interval": [against.low, against.high]}
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
            "failures": {failure.name: failure.reason for failure in self.failures},
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
    entries: list[Entry] = []
    failures: list[Failure] = []
    for provider in entrants:
        if provider.discipline != discipline:
            continue
        entry = entered(provider, case, data)
        if isinstance(entry, Failure):
            failures.append(entry)
        elif entry is not None:
            entries.append(entry)
    if all(e.contestant.name.startswith(OURS) for e in entries) and not failures:
        return None
    runners: list[Contestant] = [*(e.contestant for e in entries), *floors.contestants(data)]
    times = harness.race(runners, rules, rng)
    referee = Referee(case, data, mean=discipline == COST)
    errors = {e.contestant.name: referee.judge(e.read(e.contestant.call())) for e in entries}
    return Cell(case, discipline, data.size, data.dtype, times, errors, tuple(failures))
