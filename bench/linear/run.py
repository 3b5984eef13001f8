"""The linear part of the benchmark: races, peak memory, tables and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bench import harness
from bench.cells import Raced
from bench.harness import Rules
from bench.linear import memory
from bench.linear.cases import QUICK, SHAPES, LinearErrors, LinearReferee, LinearShape, made
from bench.linear.own import PRODUCTS, products
from bench.linear.own import PROVIDERS as OWN
from bench.part import Part, progress
from bench.providers import OURS, Provider, gathered, with_peers
from bench.rowwise.cells import shaped
from bench.tables import Grid, duration
from bench.verdicts import Lost, beaten, span

FULL, QUICK_RULES = Rules(20.0, 9, 15), Rules(1.0, 5)
PEERS = ("bench.linear.torch_linear", "bench.linear.jax_linear")
OVER_THE_PRODUCTS = 1.2

LEGEND = (
    "The mean softmax cross-entropy of x w', with its gradients by x and by w, float32. Time over ours, with the 95% "
    "interval of the ratio of medians. Errors: of the cost, relative; of each gradient, at worst, relative to its "
    "largest number; against float64. Peak memory is what a fresh process needed beyond the inputs for one call, "
    "both gradients included. The floor is the three products of these sizes with their outputs given, in NumPy."
)


@dataclass(frozen=True)
class LinearCell(Raced):
    """A race; ``peaks`` are bytes, or why there are none."""

    shape: LinearShape
    answers: int
    errors: Mapping[str, LinearErrors]
    peaks: Mapping[str, int | str]

    @property
    def race(self) -> str:
        return f"linear_cross_entropy, {shaped(self.shape)} float32"

    def as_dict(self) -> dict[str, object]:
        return {
            "shape": list(self.shape),
            "rounds": self.rounds,
            "seconds": {name: self.timed(name) for name in self.times},
            "errors": {name: asdict(each) for name, each in self.errors.items()},
            "peak_bytes": dict(self.peaks),
            "gradient_bytes": self.answers,
            "failures": self.failed(),
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


def _mebibytes(peak: int | str) -> str:
    return f"failed: {peak}" if isinstance(peak, str) else f"{peak / 2**20:,.0f} MiB"


def _grid(cell: LinearCell) -> Grid:
    rows = []
    for name in (*cell.times, *cell.failed()):
        if name not in cell.times:
            rows.append((name, f"failed: {cell.failed()[name]}", *[""] * 6))
            continue
        low, high = cell.times[name].quartiles
        off = cell.errors.get(name)
        shown = ["", "", ""] if off is None else [f"{e:.0e}" for e in (off.cost, off.x_gradient, off.weight_gradient)]
        time = f"{duration(cell.times[name].median)} \u00b1{duration(high - low)}"
        over = f"{cell.ratio(name, PRODUCTS).value:.2f}x"
        peak = _mebibytes(cell.peaks[name]) if name in cell.peaks else ""
        rows.append((name, span(cell.ratio(name)), time, over, *shown, peak))
    columns = ("who", "over ours", "time", "over the products", "cost", "by x", "by w", "peak memory")
    notes = f"{cell.rounds} rounds; the two gradients alone are {_mebibytes(cell.answers)}."
    return Grid(cell.race, columns, tuple(rows), notes)


def _judged(cell: LinearCell) -> Iterable[Lost]:
    for failure in cell.failures:
        if failure.name == OURS:
            yield Lost(cell.race, "ours takes part", "", failure.reason)
    if not cell.times:
        return
    yield from beaten(cell, cell.race, "", [name for name in cell.errors if name != OURS], [OURS])
    over = cell.ratio(OURS, PRODUCTS)
    if over.value > OVER_THE_PRODUCTS:
        yield Lost(cell.race, f"at most {OVER_THE_PRODUCTS}x the three products", "", span(over))
    # Sums of m products in float32 are off by some sqrt(m) last digits.
    limit = 4.0 * float(np.sqrt(max(cell.shape)) * np.finfo(np.float32).eps)
    if not cell.errors[OURS].worst <= limit:
        yield Lost(cell.race, f"errors within {limit:.1g}", "", f"{cell.errors[OURS].worst:.1e}")


def linear(
    quick: bool, shapes: Sequence[LinearShape], without: Sequence[str], seed: int, rng: np.random.Generator
) -> Part:
    """Measure all linear races."""
    everyone = [one for one in with_peers(OWN, PEERS) if one.name not in without]
    entrants = [one for one in everyone if isinstance(one, Provider)]
    rules = QUICK_RULES if quick else FULL
    cells = [_measured(shape, entrants, rules, seed, rng) for shape in shapes or (QUICK if quick else SHAPES)]
    progress("")
    losing = [each for cell in cells for each in _judged(cell)]
    return Part(LEGEND, [_grid(cell) for cell in cells], losing, everyone, {"linear": [c.as_dict() for c in cells]})
