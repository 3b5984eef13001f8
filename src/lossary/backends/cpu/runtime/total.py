"""Exact sums as Python keeps them: integers, so that merging is adding and a mean is one rounded division."""

from __future__ import annotations

import math
import sys
from typing import NamedTuple

import numpy as np

from lossary.backends.cpu.specs.conventions import BIN_BITS, BINS, NANS, NEGATIVE_INFINITIES, POSITIVE_INFINITIES

UNIT = 1 << 1074
"""An exact sum is an integer number of 1/UNIT, the smallest positive double."""


LEAST_NORMAL = sys.float_info.min
"""The smallest double that has all its digits: scaling by a power of two rounds nothing above it."""


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
        return Total(*(a + b for a, b in zip(self, other, strict=True)))

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


Result = tuple[int, Total]
"""What came of a run: flags for what may lie outside its domain, and the exact total."""


def collected(tally: np.ndarray, total: bool) -> Result:
    """What a kernel left in its tally: flags, and the sum if it took one."""
    used = tally.nonzero()[0].tolist()
    if not used:
        return 0, ZERO
    return tally.item(BINS), _total(tally, used) if total else ZERO


def usual_mean(tally: np.ndarray, count: int) -> float | None:
    """The sum in a tally over ``count``, rounded once, where no flag is up and all is finite and normal; else None."""
    used = tally.nonzero()[0].tolist()
    if not used:
        return 0.0
    if used[-1] >= NANS:
        return None
    # Integers of two or three words: the whole sum in units of 2**-1074 would have twenty.
    low, units = used[0], 0
    for j in used:
        units += tally.item(j) << (BIN_BITS * (j - low))
    try:
        mean = math.ldexp(units / count, BIN_BITS * low - 1074)
    except OverflowError:
        return None
    return mean if mean >= LEAST_NORMAL or mean <= -LEAST_NORMAL else None


def _total(tally: np.ndarray, used: list[int]) -> Total:
    units = 0
    for j in used:
        if j < NANS:
            units += tally.item(j) << (BIN_BITS * j)
    if used[-1] < NANS:
        return Total(units)
    return Total(units, *(tally.item(j) for j in (NANS, POSITIVE_INFINITIES, NEGATIVE_INFINITIES)))
