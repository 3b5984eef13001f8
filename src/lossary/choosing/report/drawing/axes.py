"""Where numbers lie on an axis, and which of them are written beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LETTER = 7.7
"""Pixels of a digit, at most: the widest of usual fonts, at the size of tick labels."""
PHONE = 270.0
"""Pixels of a plot on a phone, at least: tick labels beside each other must fit there."""
MOST_TICKS = 6
PLAIN = 1e7
"""The size from which numbers are written with an exponent."""


@dataclass(frozen=True)
class Axis:
    """A name, the range that is drawn, and the numbers that are written beside it, as text."""

    name: str
    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def shares(self, values: np.ndarray | Sequence[float]) -> np.ndarray:
        """Where values lie between both ends, 0 to 1; outside it where they do.

        Examples
        --------
        >>> axis("x", [0.0, 10.0]).shares([0.0, 2.5, 20.0])
        array([0.  , 0.25, 2.  ])
        """
        return (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)

    @property
    def label_width(self) -> float:
        """Pixels of the longest label."""
        return LETTER * max(len(label) for label in self.labels)


def axis(name: str, values: np.ndarray | Sequence[float], *, margin: float = 0.0, zero: bool = False) -> Axis:
    """An axis for these values, with round numbers along it.

    Parameters
    ----------
    name : str
    values : (n,) array
        Its finite numbers are drawn; there may be none.
    margin : float
        Empty space at both ends, as a share of the range.
    zero : bool
        The axis begins (or ends) at zero.

    Examples
    --------
    >>> axis("price", [120.0, 980.0]).labels
    ('200', '400', '600', '800')
    >>> axis("share", [0.0, 0.04], zero=True).labels
    ('0.00', '0.01', '0.02', '0.03', '0.04')
    """
    low, high = _range(np.asarray(values, dtype=np.float64), margin, zero)
    ticks: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    for count in range(MOST_TICKS, 1, -1):
        ticks = _ticks(low, high, count)
        labels = _labels(ticks)
        if sum(len(label) * LETTER + 12.0 for label in labels) <= PHONE:
            break
    return Axis(name, low, high, ticks, labels)


def _range(values: np.ndarray, margin: float, zero: bool) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size or high == low:  # one number alone: it stands in the middle
        low, high = low - (0.5 * size or 0.5), high + (0.5 * size or 0.5)
    space = margin * (high - low)
    low, high = (low if zero and low == 0.0 else low - space), (high if zero and high == 0.0 else high + space)
    return low, high


def _ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten inside a range: as many as there may be, and two at least."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    ticks: tuple[float, ...] = ()
    for step in (factor * power for factor in (10.0, 5.0, 2.0, 1.0, 0.5)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if len(ticks) > 1 and last - first + 1 > most:
            break
        ticks = tuple(position * step for position in range(first, last + 1))
    return ticks


def _labels(ticks: Sequence[float]) -> tuple[str, ...]:
    """All with as many decimals as tell them apart."""
    size, step = max(abs(tick) for tick in ticks), min(np.diff(ticks))
    if size >= PLAIN or step < 1e-5:
        digits = max(0, math.ceil(math.log10(size / step) - 1e-9))
        return tuple("0" if tick == 0.0 else _scientific(tick, digits) for tick in ticks)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return tuple(f"{tick:z,.{decimals}f}" for tick in ticks)


def _scientific(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
