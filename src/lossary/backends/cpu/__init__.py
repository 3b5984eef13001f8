"""The CPU back end: one pass over memory per call, exact sums, any number of threads.

``Runner`` is all that the rest of the library uses.
"""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lossary.backends.cpu import access, store, threads
from lossary.backends.cpu.access import DTYPES
from lossary.backends.cpu.spec import BIN_BITS, BINS, BLOCK, NANS, NEGATIVE_INFINITIES, POSITIVE_INFINITIES, KernelSpec

STREAM_BYTES = 1 << 23
"""Results larger than this are written past the caches."""

UNIT = 1 << 1074
"""An exact sum is an integer number of 1/UNIT, the smallest positive double."""


class Total(NamedTuple):
    """An exact sum of doubles: an integer number of 2**-1074, and how many terms had no finite value."""

    units: int = 0
    nans: int = 0
    positive: int = 0
    negative: int = 0

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
            return self.units / units
        except OverflowError:
            return math.inf if self.units > 0 else -math.inf

    def __float__(self) -> float:
        return self.over(UNIT)


ZERO = Total()


class _Workspace(threading.local):
    """Each thread's scratch, so that calls from several threads never meet."""

    def __init__(self) -> None:
        self.scratch = np.zeros(16 * BLOCK + 64)
        self.tally = np.zeros(BINS + 1, dtype=np.int64)
        self.scratch_address = access.dense(self.scratch, DTYPES["f8"], self.scratch.size)
        self.tally_address = access.dense(self.tally, DTYPES["i8"], self.tally.size)


_workspace = _Workspace()


Result = tuple[int, Total]
"""What came of a run: flags for what may lie outside its domain, and the exact total."""


class Runner:
    """A kernel ready to be called over one-dimensional arrays of equal length."""

    def __init__(self, spec: KernelSpec) -> None:
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
        return self.at(size, places, numbers, written, nbytes, scale)

    def at(
        self,
        size: int,
        places: Sequence[int],
        numbers: Sequence[float],
        written: Sequence[int],
        nbytes: int,
        scale: float = 1.0,
    ) -> Result:
        """The same on memory: of each array its address and stride, of each output its address and ``nbytes``."""
        streaming = nbytes >= STREAM_BYTES
        extra = threads.helpers(size)
        if extra == 0:
            return self._piece(0, size, streaming, scale, places, numbers, written)

        def piece(start: int, stop: int) -> Result:
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
        """One thread's share, in that thread's own workspace."""
        own = _workspace
        tally = own.tally
        tally.fill(0)
        own_tally = own.tally_address
        record = self._pack(
            own.scratch_address, own_tally, own_tally + 8 * BINS, streaming, scale, *places, *numbers, *written
        )
        self._kernel(record, start, stop)
        return collected(tally, self._total)


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
