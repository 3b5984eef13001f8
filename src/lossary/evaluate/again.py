"""A call of a pointwise loss computed again, where its weights or its scale are beyond the kernel's arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.backends.cpu.specs.conventions import EXTREME
from lossary.evaluate import extremes
from lossary.evaluate.arrays import Pair
from lossary.evaluate.weights import Divisor

if TYPE_CHECKING:
    from lossary.evaluate.interface import LossFunction


class Again(NamedTuple):
    """What a call was made of."""

    loss: LossFunction
    given: Pair
    weight: np.ndarray | None
    inputs: Sequence[np.ndarray]
    numbers: Sequence[float]
    per_example: tuple[bool, ...]
    widened: bool

    @property
    def single(self) -> bool:
        """Whether it was computed in float32."""
        return self.given.y.dtype.char == self.given.f.dtype.char == "f" and not (self.widened or self.loss.record.wide)

    @property
    def exact_products(self) -> bool:
        """Whether weight times loss is a product of floats, which a double holds."""
        return self.weight is None or (self.weight.dtype.char == "f" and self.single)

    def numerator(self) -> Total:
        """The exact sum of weight times loss; the losses are those that the kernel summed."""
        assert self.weight is not None
        (values,) = self._plain(("value",), self.widened)
        return extremes.numerator(values, self.weight)

    def weigh(self, outputs: tuple[str, ...], written: Sequence[np.ndarray], divisor: Divisor | None) -> None:
        """Write the outputs, times weight and divided by the divisor."""
        if self.single and self.weight is not None and self._in_doubles(outputs, written, divisor):
            return
        units = divisor.units if divisor is not None and divisor.units else UNIT
        for place, found in zip(written, self._plain(outputs, True), strict=True):
            extremes.settle(place, extremes.weighed(found, self.weight, units))

    def _in_doubles(self, outputs: tuple[str, ...], written: Sequence[np.ndarray], divisor: Divisor | None) -> bool:
        """Write them by a kernel that computes in float64; whether that has range enough."""
        scale = 1.0 if divisor is None or not divisor.units else divisor.reciprocal
        if not extremes.is_moderate(scale):
            return False
        runner = self.loss.runner(outputs, self._dtypes(self.given.compute), False, True, self.per_example, True)
        flags, _ = runner(self.inputs, self.numbers, written, scale)
        return not flags & EXTREME

    def _dtypes(self, out: str) -> tuple[str, str, str | None, str]:
        weight = None if self.weight is None else self.weight.dtype.char
        return self.given.y.dtype.char, self.given.f.dtype.char, weight, out

    def _plain(self, names: tuple[str, ...], widened: bool) -> list[np.ndarray]:
        """Quantities without weight or scale, in the dtype they are computed in."""
        out = "f4" if self.single and not widened else "f8"
        found = [np.empty(self.given.f.shape[0], out) for _ in names]
        inputs = [x for i, x in enumerate(self.inputs) if i != 2 or self.weight is None]
        y, f, _, _ = self._dtypes(out)
        runner = self.loss.runner(names, (y, f, None, out), False, False, self.per_example, widened)
        runner(inputs, self.numbers, found)
        return found
