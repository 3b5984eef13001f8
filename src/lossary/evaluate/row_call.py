"""One call of a rowwise loss, made ready: run once by a kernel, and again where weights are beyond its arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossary.backends.cpu.rows.runner import Options
from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.backends.cpu.specs.conventions import EXTREME
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE
from lossary.evaluate import arrays, extremes
from lossary.evaluate.row_options import RowOptions
from lossary.evaluate.rows import RowPair
from lossary.evaluate.weights import Divisor

if TYPE_CHECKING:
    from lossary.evaluate.rowwise import RowLossFunction

RowKey = tuple[str, str, str, tuple[str, ...], bool, bool, bool, bool, bool, bool, bool, bool]
"""The fields of a ``RowSpec`` beside its loss."""

Places = tuple[np.ndarray, ...] | list[np.ndarray] | Sequence[np.ndarray]


class RowCall(NamedTuple):
    """What a call is made of, but for weights and outputs."""

    loss: RowLossFunction
    given: RowPair
    options: RowOptions
    parameters: Mapping[str, float]
    widened: bool

    def run(
        self,
        outputs: tuple[str, ...],
        weight: np.ndarray | None,
        written: Places,
        scale: float,
        total: bool,
        out: str = "",
        widened: bool | None = None,
    ) -> tuple[int, Total]:
        """Run one kernel: its flags, which may be raised in caution, and the exact sum if ``total``."""
        given, options = self.given, self.options
        key = (
            "i8" if given.indexed else arrays.KERNEL_DTYPES[given.y.dtype.char],
            arrays.KERNEL_DTYPES[given.f.dtype.char],
            out or given.compute,
            outputs,
            total,
            weight is not None,
            options.label_smoothing != 0.0,
            options.class_weight is not None and not given.indexed,
            options.capped,
            options.adjusted,
            given.f.shape[1] < NARROWEST_WIDE,
            self.widened if widened is None else widened,
        )
        prepared = Options(
            tolerance=given.tolerances[1] if given.indexed else max(given.tolerances),
            smoothing=options.label_smoothing,
            soft_cap=options.soft_cap or 1.0,
            cooling=1.0 / options.temperature,
            class_weight=options.class_weight,
            offset=_offset(options, given),
        )
        runner = self.loss.runner(key)
        return runner(given.y, given.f, weight, prepared, list(self.parameters.values()), written, scale)

    @property
    def single(self) -> bool:
        """Whether it is computed in float32."""
        given = self.given
        floats = given.f.dtype.char == "f" and (given.indexed or given.y.dtype.char == "f")
        return floats and not (self.widened or self.loss.record.wide)

    def numerator(self, weight: np.ndarray) -> Total:
        """The exact sum of weight times loss; the losses are those that the kernel summed."""
        values = np.empty(weight.shape[0], self.given.compute)
        self.run(("value",), _counting(weight), (values,), 1.0, False)
        return extremes.numerator(values, weight)

    def weigh(
        self, outputs: tuple[str, ...], weight: np.ndarray | None, written: Places, divisor: Divisor | None
    ) -> None:
        """Write the outputs, times weight and divided by the divisor."""
        divides = divisor is not None and divisor.units
        scale = divisor.reciprocal if divisor is not None and divides else 1.0
        if self.single and extremes.is_moderate(scale):
            flags, _ = self.run(outputs, weight, written, scale, False, widened=True)
            if not flags & EXTREME:
                return
        counting = None if weight is None else _counting(weight)
        shapes = [self.given.f.shape[:1] if name == "value" else self.given.f.shape for name in outputs]
        plain = [np.empty(shape, np.float64) for shape in shapes]
        self.run(outputs, counting, plain, 1.0, False, out="f8", widened=self.widened or self.single)
        units = divisor.units if divisor is not None and divides else UNIT
        for place, found in zip(written, plain, strict=True):
            extremes.settle(place, extremes.weighed(found, weight, units))


def _counting(weight: np.ndarray) -> np.ndarray:
    """One where a row counts, whatever it weighs: what does not count must stay unread."""
    return (weight != 0.0).astype(np.float64)


def _offset(options: RowOptions, given: RowPair) -> np.ndarray | None:
    if not options.adjusted:
        return None
    return np.zeros(given.f.shape[1]) if options.offset is None else options.offset
