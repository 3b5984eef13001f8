"""How far from one the sum of a row may be: what the dtype lets it be in which its numbers were rounded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lossary.evaluate.arrays.inputs import plain

SUMMED_TO_ONE = ("probabilities", "log_probabilities")
"""The kinds of predictions of which a row sums to one, itself or its exponentials."""

# The distance of one to the next number, and the smallest number: NumPy does not know those of bfloat16.
_HALF = {"float16": (2.0**-10, 2.0**-24), "bfloat16": (2.0**-7, 2.0**-133)}


@dataclass(frozen=True, slots=True)
class Widened:
    """Numbers in a wider dtype than that in which they were rounded: ``origin`` is "float16" or "bfloat16".

    What a host hands over that computes half precision in float32.
    """

    array: np.ndarray
    origin: str


def unwidened(name: str, argument: object) -> tuple[np.ndarray, str]:
    """An argument as an array, and the dtype of half precision in which its numbers were rounded, or ""."""
    if isinstance(argument, Widened):
        return argument.array, argument.origin
    array = plain(name, argument)
    return array, array.dtype.name if array.dtype.itemsize == 2 else ""


def half_slack(origin: str, classes: int) -> float:
    """How far from one a sum may be of numbers of half precision; 0 for another dtype.

    Half their digits. Beside that each number may be off by half of the smallest one: 3e-8 in float16, which counts
    from some hundred thousand classes on, as equal numbers are all rounded the same way.
    """
    if origin not in _HALF:
        return 0.0
    eps, smallest = _HALF[origin]
    return float(eps**0.5 + 0.5 * classes * smallest)


def tolerance(array: np.ndarray) -> float:
    """How far from one the sum of a row of a kernel's dtype may be: half its digits."""
    return _half_the_digits(array.dtype)


@lru_cache(maxsize=64)  # a call on a hundred rows would spend a fifth of its time on it
def _half_the_digits(dtype: np.dtype) -> float:
    return float(np.sqrt(np.finfo(dtype).eps))
