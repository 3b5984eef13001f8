"""One algebra of weights: numerator = sum of w * loss, denominator = sum of w, a count, or a number.

A mask is a weight of zero, and an example of weight zero does not count at all: its target is not checked, and a loss
that is infinite or NaN there is not multiplied but left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from lossary.backends.cpu.pointwise.runner import Runner
from lossary.backends.cpu.runtime.total import UNIT
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.evaluate.arrays import inputs
from lossary.evaluate.arrays.refusals import refuse_weights
from lossary.formula import NONNEGATIVE, Claims, Loss

Denominator = str | float | int


def _itself(y: object, f: object) -> object:
    return y


SUM = Loss("sum", _itself, _itself, _itself, Claims(), "none", (), (), target=NONNEGATIVE)


def combined(sample_weight: object, mask: object, shape: tuple[int, ...], broadcast: bool = False) -> np.ndarray | None:
    """Weights and mask (true where an example counts) as one flat array, or None if there is neither."""
    weights = None if sample_weight is None else inputs.alike("sample_weight", sample_weight, shape, broadcast)
    if mask is None:
        return weights
    kept = inputs.plain("mask", mask)
    if kept.dtype != np.bool_:
        raise TypeError(f"mask must be boolean (true where an example counts), not {kept.dtype}")
    if kept.shape != shape:
        if not broadcast:
            raise inputs.ShapeError(f"mask has shape {kept.shape} but y_pred has shape {shape}; they must be equal")
        kept = np.broadcast_to(kept, shape)
    kept = inputs.flat(kept)
    return kept.astype(np.float32) if weights is None else np.where(kept, weights, weights.dtype.type(0))


def product(label: str, rows: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Sample weight times class weight, zero where either is; ValueError where it is beyond the range of a double."""
    with np.errstate(all="ignore"):
        products = np.where(rows == 0.0, 0.0, rows * classes)
    lost = ((products == 0.0) & (rows > 0.0) & (classes > 0.0)) | (np.isinf(products) & np.isfinite(rows))
    if lost.any():
        first = int(np.argmax(lost))
        raise ValueError(
            f"{label}: sample_weight times class_weight is beyond the range of float64 in row {first} "
            f"({rows[first]:g} times {classes[first]:g}); scale one of them"
        )
    return products


@dataclass
class Divisor:
    """What a numerator is divided by, as an exact integer number of 2**-1074, and how many targets were missing."""

    units: int
    missing: int = 0

    @cached_property
    def reciprocal(self) -> float:
        """One over the denominator, rounded once; infinite if that is beyond the largest double."""
        try:
            return UNIT / self.units
        except OverflowError:
            return math.inf

    def beside(self, missing: int) -> Divisor:
        """The same, of a cost that so many targets are missing in."""
        return Divisor(self.units, missing) if missing else self


def divisor(kind: Denominator, weights: np.ndarray | None, size: int, shape: tuple[int, ...]) -> Divisor:
    """The exact denominator: the sum of weights, the count of examples of positive weight, or a given number."""
    if isinstance(kind, str):
        if kind in ("weights", "count"):
            if weights is None:
                return _counted(size)
            return Divisor(_total(weights, shape)) if kind == "weights" else _counted(int(np.count_nonzero(weights)))
        raise ValueError(f"denominator must be 'weights', 'count' or a positive number, not {kind!r}")
    number = float(kind)
    if not (0.0 < number < math.inf):
        raise ValueError(f"denominator must be a positive number, not {kind!r}")
    over, under = number.as_integer_ratio()
    return Divisor(over * UNIT // under)


@lru_cache(maxsize=64)
def _counted(size: int) -> Divisor:
    return Divisor(size * UNIT)


def _total(weights: np.ndarray, shape: tuple[int, ...]) -> int:
    dtype = weights.dtype.str[1:]
    spec = KernelSpec(SUM, dtype, dtype, None, dtype, (), total=True, scaled=False, per_example=())
    flags, total = summing(spec)((weights, weights), (), ())
    if flags:
        refuse_weights(weights, shape)
    return total.units


summing = lru_cache(maxsize=None)(Runner)
"""The kernel that sums weights, of each dtype."""
