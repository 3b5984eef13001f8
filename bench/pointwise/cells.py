"""One cell of the pointwise races: a loss, a size, a dtype, a discipline, and everyone who took part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.pointwise.cases import Case, Data
from bench.pointwise.referee import Errors, Referee
from bench.racing import floors, harness
from bench.racing.cells import Raced
from bench.racing.harness import Contestant, Rules
from bench.racing.providers import COST, OURS, Provider, gathered


@dataclass(frozen=True)
class Cell(Raced):
    """A race of a pointwise loss; ``errors`` are of everyone but the floors."""

    case: Case
    discipline: str
    size: int
    dtype: str
    errors: Mapping[str, Errors]

    @property
    def table(self) -> str:
        size = f"{self.size:.0e}".replace("e+0", "e")
        return f"{self.discipline}, {size} {self.dtype}"

    @property
    def label(self) -> str:
        return self.case.name

    def facts(self) -> dict[str, object]:
        return {
            "discipline": self.discipline,
            "size": self.size,
            "dtype": self.dtype,
            "kind": self.case.kind,
            "parameters": list(self.case.given),
        }

    def measures(self) -> dict[str, dict[str, float]]:
        first = "error of the cost, relative" if self.discipline == COST else "error of the Hessian, relative"
        return {
            first: {name: each.cost for name, each in self.errors.items()},
            "worst error of the gradient, ulp": {name: each.ulps for name, each in self.errors.items()},
            "worst error of the gradient, units of the promise": {
                name: each.unitwise for name, each in self.errors.items()
            },
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
    runners: list[Contestant] = [*(e.contestant for e in entries), *floors.contestants(data.y, data.f)]
    times = harness.race(runners, rules, rng)
    referee = Referee(case, data, mean=discipline == COST)
    errors = {e.contestant.name: referee.judge(e.read(e.contestant.call())) for e in entries}
    return Cell(times, tuple(failures), case, discipline, data.size, data.dtype, errors)
