"""The linear part of the benchmark: races, peak memory, tables and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.linear import memory
from bench.linear.cases import QUICK, SHAPES, LinearErrors, LinearReferee, LinearShape, made
from bench.linear.own import PRODUCTS, products
from bench.linear.own import PROVIDERS as OWN
from bench.racing import harness
from bench.racing.cells import Raced
from bench.racing.harness import Rules
from bench.racing.lost import Lost, absent, beaten, missed
from bench.racing.part import Part, progress
from bench.racing.providers import OURS, Provider, gathered, is_peer, present, with_peers
from bench.rowwise.cells import shaped

FULL, QUICK_RULES = Rules(20.0, 9, 15), Rules(1.0, 5)
PEERS = ("bench.linear.torch_linear", "bench.linear.jax_linear")
OVER_THE_PRODUCTS = 1.2

LEGEND = (
    "The mean softmax cross-entropy of x w', with its gradients by x and by w, float32; errors against float64. Peak "
    "memory is what a fresh process needed beyond the inputs for one call, both gradients included. The floor is the "
    "three products of these sizes with their outputs given, in NumPy."
)


@dataclass(frozen=True)
class LinearCell(Raced):
    """A race; ``peaks`` are bytes, or why there are none."""

    shape: LinearShape
    answers: int
    errors: Mapping[str, LinearErrors]
    peaks: Mapping[str, int | str]

    @property
    def table(self) -> str:
        return "linear_cross_entropy, float32"

    @property
    def label(self) -> str:
        return shaped(self.shape)

    def facts(self) -> dict[str, object]:
        failed = {name: peak for name, peak in self.peaks.items() if isinstance(peak, str)}
        return {"shape": list(self.shape), "mebibytes_of_the_gradients": self.answers / 2**20, "no_peak": failed}

    def measures(self) -> dict[str, dict[str, float]]:
        peaks = {name: peak / 2**20 for name, peak in self.peaks.items() if not isinstance(peak, str)}
        return {
            "peak memory, MiB": peaks,
            "error of the cost, relative": {name: each.cost for name, each in self.errors.items()},
            "worst error of the gradient by x, relative": {name: each.x_gradient for name, each in self.errors.items()},
            "worst error of the gradient by w, relative": {
                name: each.weight_gradient for name, each in self.errors.items()
            },
        }


def _peaks(entrants: Sequence[Provider], shape: LinearShape, seed: int) -> dict[str, int | str]:
    found = {}
    for provider in entrants:
        progress(f"memory of {provider.name}, {shaped(shape)}")
        found[provider.name] = memory.peak(provider.enter.__module__, provider.name, shape, seed)
    return found


def _measured(
    shape: LinearShape, entrants: Sequence[Provider], rules: Rules, seed: int, rng: np.random.Generator
) -> LinearCell:
    peaks = _peaks(entrants, shape, seed)
    progress(f"linear_cross_entropy, {shaped(shape)}")
    data = made(shape, seed)
    entries, failures = gathered(entrants, shape, data)
    if OURS not in (entry.contestant.name for entry in entries):
        return LinearCell({}, tuple(failures), shape, data.answers, {}, peaks)
    times = harness.race([*(entry.contestant for entry in entries), products(data)], rules, rng)
    referee = LinearReferee(data)
    errors = {entry.contestant.name: referee.judge(entry.read(entry.contestant.once())) for entry in entries}
    return LinearCell(times, tuple(failures), shape, data.answers, errors, peaks)


def _judged(cell: LinearCell) -> Iterable[Lost]:
    race = f"{cell.table}, {cell.label}"
    yield from absent(cell, race)
    if not cell.times:
        return
    yield from beaten(cell, race, "", filter(is_peer, cell.times), [OURS])
    over = cell.ratio(OURS, PRODUCTS)
    if over.value > OVER_THE_PRODUCTS:
        yield missed(race, f"at most {OVER_THE_PRODUCTS}x the three products", "", over)
    # Sums of m products in float32 are off by some sqrt(m) last digits.
    limit = 4.0 * float(np.sqrt(max(cell.shape)) * np.finfo(np.float32).eps)
    if not cell.errors[OURS].worst <= limit:
        yield Lost(race, f"errors within {limit:.1g}", "", f"{cell.errors[OURS].worst:.1e}")


def linear(
    quick: bool, shapes: Sequence[LinearShape], without: Sequence[str], seed: int, rng: np.random.Generator
) -> Part:
    """Measure all linear races."""
    everyone, entrants = present(with_peers(OWN, PEERS), without)
    rules = QUICK_RULES if quick else FULL
    cells = [_measured(shape, entrants, rules, seed, rng) for shape in shapes or (QUICK if quick else SHAPES)]
    progress("")
    losing = [each for cell in cells for each in _judged(cell)]
    return Part(LEGEND, [cell.record() for cell in cells], losing, everyone)
