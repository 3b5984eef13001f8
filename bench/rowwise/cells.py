"""One cell of the rowwise benchmark: a loss, a shape, a dtype, and everyone who took part, timed and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench.racing import floors, harness
from bench.racing.cells import Raced
from bench.racing.harness import Contestant, Rules
from bench.racing.providers import OURS, Failure, Provider, gathered
from bench.rowwise.cases import HALF_IGNORED, IGNORING, PLAIN, SOFTMAX, RowCase, RowStore, Shape
from bench.rowwise.referee import RowErrors, RowReferee

IGNORED_SUFFIX = ", half ignored"


def shaped(shape: Sequence[int]) -> str:
    return " x ".join(f"{size:,}" for size in shape)


@dataclass(frozen=True)
class RowCell(Raced):
    """A race of a rowwise loss.

    ``largest`` is the largest score, which bounds what the inputs cannot resolve; ``saved`` the time with half of the
    rows ignored over that with all of them counted.
    """

    loss: str
    shape: Shape
    dtype: str
    largest: float
    errors: Mapping[str, RowErrors]
    saved: Mapping[str, float] = field(default_factory=dict)

    @property
    def race(self) -> str:
        return f"{self.loss}, {shaped(self.shape)} {self.dtype}"

    @property
    def table(self) -> str:
        if self.loss in (SOFTMAX, HALF_IGNORED):
            return f"{self.loss}, {self.dtype}"
        return f"other losses and options, {shaped(self.shape)} {self.dtype}"

    @property
    def label(self) -> str:
        return shaped(self.shape) if self.loss in (SOFTMAX, HALF_IGNORED) else self.loss

    def facts(self) -> dict[str, object]:
        return {"loss": self.loss, "shape": list(self.shape), "dtype": self.dtype}

    def measures(self) -> dict[str, dict[str, float]]:
        found = {
            "error of the cost, relative": {name: each.cost for name, each in self.errors.items()},
            "worst error of the gradient, relative to the largest in its row": {
                name: each.gradient for name, each in self.errors.items()
            },
        }
        return {"time over that with all rows counted": dict(self.saved), **found} if self.saved else found


def halved(both: RowCell) -> RowCell:
    """Of a race of rows half ignored beside rows that all count: the former, and what they save beside the latter."""
    names = [name for name in both.times if name + IGNORED_SUFFIX in both.times]
    return replace(
        both,
        times={name: both.times[name + IGNORED_SUFFIX] for name in names},
        errors={name: both.errors[name + IGNORED_SUFFIX] for name in names},
        saved={name: both.ratio(name + IGNORED_SUFFIX, name).value for name in names},
    )


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
