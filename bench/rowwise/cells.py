"""One cell of the rowwise benchmark: a loss, a shape, a dtype, and everyone who took part, timed and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench import floors, harness
from bench.cells import Raced
from bench.harness import Contestant, Rules
from bench.providers import OURS, Failure, Provider, gathered
from bench.rowwise.cases import IGNORING, PLAIN, RowCase, RowStore, Shape
from bench.rowwise.referee import RowErrors, RowReferee

IGNORED_SUFFIX = ", half ignored"


def shaped(shape: Sequence[int]) -> str:
    return " x ".join(f"{size:,}" for size in shape)


@dataclass(frozen=True)
class RowCell(Raced):
    """A race of a rowwise loss; ``largest`` is the largest score, which bounds what the inputs cannot resolve."""

    label: str
    shape: Shape
    dtype: str
    largest: float
    errors: Mapping[str, RowErrors]

    @property
    def race(self) -> str:
        return f"{self.label}, {shaped(self.shape)} {self.dtype}"

    def as_dict(self) -> dict[str, object]:
        rows = {name: self.timed(name) for name in self.times}
        for name, judged in self.errors.items():
            rows[name]["error"] = {"cost": judged.cost, "gradient_over_the_largest_of_its_row": judged.gradient}
        return {
            "loss": self.label,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "rounds": self.rounds,
            "seconds": rows,
            "failures": self.failed(),
        }


def measured(
    case: RowCase,
    shape: Shape,
    dtype: str,
    store: RowStore,
    entrants: Sequence[Provider],
    rules: Rules,
    rng: np.random.Generator,
) -> RowCell:
    """Race everyone who has this loss. A case with ignored rows races beside the one in which all rows count."""
    runners: list[Contestant] = []
    failures: list[Failure] = []
    readers = {}
    for one, suffix in ((PLAIN, ""), (IGNORING, IGNORED_SUFFIX)) if case is IGNORING else ((case, ""),):
        data = store.get(one, shape, dtype)
        entries, broken = gathered(entrants, one, data)
        failures += [Failure(each.name + suffix, each.reason) for each in broken]
        for entry in entries:
            contestant = replace(entry.contestant, name=entry.contestant.name + suffix)
            runners.append(contestant)
            readers[contestant.name] = one, contestant, entry.read
    data = store.get(case, shape, dtype)
    largest = float(np.abs(data.f).max())
    if OURS not in readers:
        return RowCell({}, tuple(failures), case.label, shape, dtype, largest, {})
    floor = floors.copying(data.f, np.empty_like(data.f))
    times = harness.race([*runners, floor], rules, rng)
    referees = {one.label: RowReferee(one, store.get(one, shape, dtype)) for one, _, _ in readers.values()}
    errors = {
        name: referees[one.label].judge(read(contestant.once())) for name, (one, contestant, read) in readers.items()
    }
    return RowCell(times, tuple(failures), case.label, shape, dtype, largest, errors)
