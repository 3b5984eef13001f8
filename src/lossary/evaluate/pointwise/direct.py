"""The usual call, by what was prepared once: plain arrays of one float dtype, without gaps, weights or options.

A call on a thousand examples is all overhead. ``PointwiseCall`` finds out each time what shapes, dtypes, weights and
options mean; here only what may differ from the last call is looked at: by an entry, or step by step where there is
none. Whatever is not usual, or may have to be refused, gives None and is left to ``PointwiseCall``. Where both answer,
they give the same bits.
"""

from __future__ import annotations

import numpy as np

from lossary.backends.cpu.entries.late import MEAN, SUM, Entry, after_some, mean_of
from lossary.backends.cpu.pointwise.runner import Runner, give
from lossary.backends.cpu.runtime.array_addresses import DTYPES, WholePair, place_apart, whole_pair
from lossary.backends.cpu.runtime.threads import FEWEST_SHARED
from lossary.backends.cpu.runtime.total import usual_mean
from lossary.backends.cpu.specs.conventions import BINS
from lossary.evaluate.arrays.memory import like
from lossary.evaluate.pointwise.kernels import Kernels, ParameterValues

SUM_ONLY, MEAN_ONLY = (SUM,), (MEAN,)
SUM_AND_GRADIENT, MEAN_AND_GRADIENT = (SUM, "grad"), (MEAN, "grad")

_FLOAT, _DOUBLE = DTYPES["f4"], DTYPES["f8"]


class Way:
    """A kernel's ways in: entries of arrays and of addresses, and the runner, step by step."""

    __slots__ = ("at", "entry", "runner")

    def __init__(self, runner: Runner, numbers: tuple[float, ...], divided: bool) -> None:
        self.runner = runner
        self.entry: Entry = after_some(self, "entry", lambda: runner.entry(numbers, FEWEST_SHARED, divided))
        self.at: Entry = after_some(self, "at", lambda: runner.entry(numbers, FEWEST_SHARED, divided, addresses=True))


class _Ways(dict[tuple[str, ...], Way]):
    """The kernels for arrays of one dtype, by what is asked for."""

    def __init__(self, kernels: Kernels, parameters: ParameterValues, dtype: str) -> None:
        super().__init__()
        self._kernels, self._parameters, self._dtype = kernels, parameters, dtype

    def __missing__(self, asked: tuple[str, ...]) -> Way:
        total = asked[0] in (SUM, MEAN)
        outputs, values = asked[total:], self._parameters
        char = DTYPES[self._dtype].char
        dtypes = (char, char, None, self._dtype)
        scaled = total and bool(outputs)
        runner = self._kernels[outputs, dtypes, total, scaled, values.per_example, values.widened]
        way = self[asked] = Way(runner, values.numbers, asked[0] == MEAN)
        return way


class Direct:
    """The usual calls of one loss whose parameters are numbers."""

    def __init__(self, kernels: Kernels, parameters: ParameterValues) -> None:
        self._numbers = parameters.numbers
        self._floats = _Ways(kernels, parameters, "f4")
        self._doubles = _Ways(kernels, parameters, "f8")

    def way(self, asked: tuple[str, ...], y: np.ndarray, f: np.ndarray) -> Way | None:
        """The kernel for what is asked of arrays of these dtypes; None where it does not take them."""
        ways = self._floats if f.dtype is _FLOAT else self._doubles if f.dtype is _DOUBLE else None
        return None if ways is None or y.dtype is not f.dtype else ways[asked]

    def quantity(self, name: str, y: object, f: object) -> np.ndarray | None:
        """One formula for every example."""
        if type(f) is not np.ndarray:
            return None
        dtype = f.dtype
        ways = self._floats if dtype is _FLOAT else self._doubles if dtype is _DOUBLE else None
        if ways is None:
            return None
        way = ways[(name,)]
        result = like(f)
        return result if way.entry(y, f, result) or self._written(way.runner, y, f, (result,)) else None

    def two(
        self, names: tuple[str, str], y: object, f: object, out: tuple[np.ndarray, np.ndarray] | None
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Two formulas for every example, in ``out`` if that is given."""
        if type(f) is not np.ndarray or (out is not None and type(out) is not tuple):
            return None
        dtype = f.dtype
        ways = self._floats if dtype is _FLOAT else self._doubles if dtype is _DOUBLE else None
        if ways is None:
            return None
        way = ways[names]
        places = (like(f), like(f)) if out is None else out
        return places if way.entry(y, f, *places) or self._written(way.runner, y, f, places) else None

    def cost(self, y: object, f: object, mean: bool) -> float | None:
        """The mean of the losses, or their sum."""
        if type(f) is not np.ndarray:
            return None
        dtype = f.dtype
        ways = self._floats if dtype is _FLOAT else self._doubles if dtype is _DOUBLE else None
        if ways is None:
            return None
        way = ways[MEAN_ONLY if mean else SUM_ONLY]
        total = way.entry(y, f)
        if type(total) is float:
            return total
        return mean_of(total, f.size if mean else 1) if total else self._summed(way.runner, y, f, mean, ())

    def cost_and_gradient(
        self, y: object, f: object, mean: bool, out: np.ndarray | None
    ) -> tuple[float, np.ndarray] | None:
        """The mean of the losses, or their sum, with its gradient, in ``out`` if that is given."""
        if type(f) is not np.ndarray:
            return None
        dtype = f.dtype
        ways = self._floats if dtype is _FLOAT else self._doubles if dtype is _DOUBLE else None
        if ways is None:
            return None
        way = ways[MEAN_AND_GRADIENT if mean else SUM_AND_GRADIENT]
        place = like(f) if out is None else out
        total = way.entry(y, f, place)
        if type(total) is float:
            return total, place
        cost = mean_of(total, f.size if mean else 1) if total else self._summed(way.runner, y, f, mean, (place,))
        return None if cost is None else (cost, place)

    # Step by step, where an entry says no: because there is none, or another thread is inside.

    def _written(self, runner: Runner, y: object, f: object, places: tuple[np.ndarray, ...]) -> bool:
        """Whether outputs were written, and raised no flag."""
        pair = whole_pair(y, f, FEWEST_SHARED)
        addresses = pair and _addresses(pair, places, runner.outputs)
        if pair is None or addresses is None:
            return False
        workspace = runner.whole(pair[0], pair[1], pair[2], addresses, self._numbers, 1.0)
        flags = workspace.tally.item(BINS)
        give(workspace)
        return not flags

    def _summed(self, runner: Runner, y: object, f: object, mean: bool, places: tuple[np.ndarray, ...]) -> float | None:
        """The mean or sum, once outputs are written; None where that must be looked at."""
        pair = whole_pair(y, f, FEWEST_SHARED)
        addresses = pair and _addresses(pair, places, runner.outputs)
        if pair is None or addresses is None:
            return None
        divisor = pair[0] if mean else 1
        workspace = runner.whole(pair[0], pair[1], pair[2], addresses, self._numbers, 1.0 / divisor)
        cost = usual_mean(workspace.tally, divisor)
        give(workspace)
        return cost


def _addresses(pair: WholePair, places: tuple[np.ndarray, ...], wanted: int) -> tuple[int, ...] | None:
    """Where so many outputs go, if all may be written to as they lie."""
    if len(places) != wanted:
        return None
    addresses: tuple[int, ...] = ()
    for place in places:
        at = place_apart(place, pair, addresses)
        if not at:
            return None
        addresses = (*addresses, at)
    return addresses
