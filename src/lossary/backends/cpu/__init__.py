"""The CPU back end: one pass over memory per call, exact sums, any number of threads.

``Runner`` is all that the rest of the library uses.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lossary.backends.cpu import access, store, threads, workspaces
from lossary.backends.cpu.access import DTYPES
from lossary.backends.cpu.spec import BIN_BITS, BINS, BLOCK, NANS, NEGATIVE_INFINITIES, POSITIVE_INFINITIES, KernelSpec

STREAM_BYTES = 1 << 23
"""Results larger than this are written past the caches."""

UNIT = 1 << 1074
"""An exact sum is an integer number of 1/UNIT, the smallest positive double."""


class Total(NamedTuple):
    """An exact sum of doubles: an integer number of 2**-1074, and how many terms had no finite value.

    ``below`` is an integer number of 2**-2148 to be added: products of two doubles may be so small.
    """

    units: int = 0
    nans: int = 0
    positive: int = 0
    negative: int = 0
    below: int = 0

    def plus(self, other: Total) -> Total:
        """The sum of both sums."""
        return Total(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def _special(self) -> float:
        """The sum where it is not finite: NaN or an infinity."""
        if self.nans or (self.positive and self.negative):
            return math.nan
        return math.inf if self.positive else -math.inf

    def over(self, units: int) -> float:
        """This sum divided by ``units`` of 2**-1074, rounded once."""
        if self.nans or self.positive or self.negative:
            return self._special()
        try:
            if self.below:
                return (self.units * UNIT + self.below) / (units * UNIT)
            return self.units / units
        except OverflowError:
            return math.inf if self.units * UNIT + self.below > 0 else -math.inf

    def __float__(self) -> float:
        return self.over(UNIT)


ZERO = Total()


SCRATCH = 8 * (16 * BLOCK + 64)
"""Bytes of scratch that a kernel may use."""


Result = tuple[int, Total]
"""What came of a run: flags for what may lie outside its domain, and the exact total."""


class Runner:
    """A kernel ready to be called over one-dimensional arrays of equal length."""

    def __init__(self, spec: KernelSpec) -> None:
        threads.count()  # a setting that is no number is refused by the first call, not by the first large one
        self._kernel = store.kernel(spec)
        self._total = spec.total
        inputs = (spec.y, spec.f, *([spec.w] if spec.w else []), *("f8" for p in spec.per_example if p))
        self._inputs, self._output = tuple(DTYPES[name] for name in inputs), DTYPES[spec.out]
        numbers = sum(not each for each in spec.per_example)
        self._pack = struct.Struct(f"=4qd{2 * len(inputs)}q{numbers}d{len(spec.outputs)}q").pack

    def __call__(
        self, arrays: Sequence[np.ndarray], numbers: Sequence[float], outputs: Sequence[np.ndarray], scale: float = 1.0
    ) -> Result:
        """Compute over ``arrays``: targets, predictions, weights and array parameters, as the kernel's spec says.

        ``numbers`` are the other parameters in order. ``outputs`` are contiguous and may be the inputs themselves.
        """
        size = len(arrays[0])
        places = access.strided(arrays, self._inputs, size)
        written = [access.dense(array, self._output, size) for array in outputs]
        nbytes = outputs[0].nbytes if outputs else 0
        return self.at(size, places, numbers, written, nbytes, scale, (arrays, outputs))

    def at(
        self,
        size: int,
        places: Sequence[int],
        numbers: Sequence[float],
        written: Sequence[int],
        nbytes: int,
        scale: float = 1.0,
        owners: object = None,
    ) -> Result:
        """The same on memory: of each array its address and stride, of each output its address and ``nbytes``.

        ``owners`` are what the memory belongs to: whoever works on it holds them.
        """
        streaming = nbytes >= STREAM_BYTES
        extra = 0 if size < threads.FEWEST_SHARED else threads.helpers(size)
        if extra == 0:
            return self._piece(0, size, streaming, scale, places, numbers, written)

        def piece(start: int, stop: int, _held: object = owners) -> Result:
            return self._piece(start, stop, streaming, scale, places, numbers, written)

        flags, total = 0, Total()
        for more_flags, more in threads.share(size, extra, piece, threads.step_of(size, extra)):
            flags |= more_flags
            total = total.plus(more)
        return flags, total

    def _piece(
        self,
        start: int,
        stop: int,
        streaming: bool,
        scale: float,
        places: Sequence[int],
        numbers: Sequence[float],
        written: Sequence[int],
    ) -> Result:
        """One piece, in a workspace of its own."""
        own = _take(SCRATCH)
        bins = own.bins
        record = self._pack(own.scratch, bins, bins + 8 * BINS, streaming, scale, *places, *numbers, *written)
        self._kernel(record, start, stop)
        found = collected(own.tally, self._total)
        _give(own)
        return found


_take, _give = workspaces.pointwise.take, workspaces.pointwise.give


def collected(tally: np.ndarray, total: bool) -> Result:
    """What a kernel left in its tally: flags, and the sum if it took one."""
    used = tally.nonzero()[0].tolist()
    if not used:
        return 0, ZERO
    return tally.item(BINS), _total(tally, used) if total else ZERO


def _total(tally: np.ndarray, used: list[int]) -> Total:
    units = 0
    for j in used:
        if j < NANS:
            units += tally.item(j) << (BIN_BITS * j)
    if used[-1] < NANS:
        return Total(units)
    return Total(units, *(tally.item(j) for j in (NANS, POSITIVE_INFINITIES, NEGATIVE_INFINITIES)))
