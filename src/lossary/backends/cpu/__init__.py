"""The CPU back end: one pass over memory per call, exact sums, any number of threads.

``run`` is all that the rest of the library uses.
"""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from lossary.backends.cpu import store, threads
from lossary.backends.cpu.spec import BIN_BITS, BINS, BLOCK, NANS, NEGATIVE_INFINITIES, POSITIVE_INFINITIES, KernelSpec

STREAM_BYTES = 1 << 23
"""Results larger than this are written past the caches."""

UNIT = 1 << 1074
"""An exact sum is an integer number of 1/UNIT, the smallest positive double."""


@dataclass(frozen=True)
class Total:
    """An exact sum of doubles: an integer number of 2**-1074, and what had no finite value."""

    units: int = 0
    nans: int = 0
    positive: int = 0
    negative: int = 0

    def __add__(self, other: Total) -> Total:
        return Total(
            self.units + other.units,
            self.nans + other.nans,
            self.positive + other.positive,
            self.negative + other.negative,
        )

    @property
    def special(self) -> float | None:
        """The sum where it is not finite: NaN or an infinity."""
        if self.nans or (self.positive and self.negative):
            return math.nan
        return math.inf if self.positive else -math.inf if self.negative else None

    def over(self, units: int) -> float:
        """This sum divided by ``units`` of 2**-1074, rounded once."""
        if self.special is not None:
            return self.special
        try:
            return self.units / units
        except OverflowError:
            return math.inf if self.units > 0 else -math.inf

    def __float__(self) -> float:
        return self.over(UNIT)


class _Workspace(threading.local):
    """Each thread's scratch, so that calls from several threads never meet."""

    def __init__(self) -> None:
        self.scratch = np.zeros(16 * BLOCK + 64)
        self.tally = np.zeros(BINS + 1, dtype=np.int64)
        self.scratch_address = self.scratch.ctypes.data
        self.tally_address = self.tally.ctypes.data


_workspace = _Workspace()


@dataclass
class Result:
    """What came of a run: flags for what may lie outside its domain, and the exact total."""

    flags: int = 0
    total: Total = field(default_factory=Total)


@lru_cache(maxsize=None)
def _packer(arrays: int, numbers: int, outputs: int) -> struct.Struct:
    return struct.Struct(f"=4qd{2 * arrays}q{numbers}d{outputs}q")


def address(array: np.ndarray) -> int:
    found: int = array.__array_interface__["data"][0]
    return found


def run(
    spec: KernelSpec,
    arrays: Sequence[np.ndarray],
    numbers: Sequence[float],
    outputs: Sequence[np.ndarray],
    scale: float = 1.0,
) -> Result:
    """Run a kernel over one-dimensional arrays of equal length (targets, predictions, weights, array parameters).

    ``numbers`` are the other parameters in order. ``outputs`` are contiguous and may be the inputs themselves.
    """
    kernel = store.kernel(spec)
    places = [n for a in arrays for n in (address(a), a.strides[0])]
    written = [address(a) for a in outputs]
    streaming = int(bool(outputs) and outputs[0].nbytes >= STREAM_BYTES)
    pack = _packer(len(arrays), len(numbers), len(outputs)).pack
    tallies: list[tuple[int, Total]] = []

    def work(start: int, stop: int) -> None:
        own = _workspace
        own.tally.fill(0)
        tally = own.tally_address
        record = pack(own.scratch_address, tally, tally + 8 * BINS, streaming, scale, *places, *numbers, *written)
        kernel(record, start, stop)
        tallies.append((int(own.tally[BINS]), _total(own.tally) if spec.total else Total()))

    threads.share(arrays[0].shape[0], work)
    flags, total = tallies[0]
    for more_flags, more in tallies[1:]:
        flags |= more_flags
        total += more
    return Result(flags, total)


def _total(tally: np.ndarray) -> Total:
    bins = tally[:NANS]
    used = bins.nonzero()[0].tolist()
    units = sum(int(bins[j]) << (BIN_BITS * j) for j in used)
    nans, positive, negative = tally[[NANS, POSITIVE_INFINITIES, NEGATIVE_INFINITIES]].tolist()
    return Total(units, nans, positive, negative)
