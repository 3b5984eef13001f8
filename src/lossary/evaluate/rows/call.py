"""One call of a rowwise loss: a target and a row of scores for each example, and the options on both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lossary.backends.cpu.rows.runner import Options, RowRunner
from lossary.backends.cpu.runtime.array_addresses import DTYPES, side_by_side
from lossary.backends.cpu.runtime.total import Total
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE, RowSpec
from lossary.evaluate.arrays import inputs, weights
from lossary.evaluate.arrays.missing import without
from lossary.evaluate.arrays.precision import SUMMED_TO_ONE
from lossary.evaluate.arrays.refusals import refuse_weights
from lossary.evaluate.arrays.weights import Denominator, Divisor
from lossary.evaluate.call import PLAIN, Call, Results, Run
from lossary.evaluate.description import Described
from lossary.evaluate.rows.options import RowOptions
from lossary.evaluate.rows.pair import RowPair, row_destination
from lossary.evaluate.rows.refusals import refuse_rows
from lossary.rowwise import RowLoss

RowKey = tuple[str, str, str, tuple[str, ...], bool, bool, bool, bool, bool, bool, bool, bool]
"""The fields of a ``RowSpec`` beside its loss."""


class RowKernels(dict[RowKey, RowRunner]):
    """The kernels of one loss, each made ready when it is first asked for."""

    def __init__(self, record: RowLoss) -> None:
        super().__init__()
        self.record = record

    def __missing__(self, key: RowKey) -> RowRunner:
        runner = self[key] = RowRunner(RowSpec(self.record, *key))
        return runner


class RowSettings(NamedTuple):
    """Options and parameters of a call; ``need_double`` says that float32 arithmetic would lose one of them."""

    options: RowOptions
    parameters: Mapping[str, float]
    need_double: bool


class RowCall(Call):
    """A call on rows of scores, under options and parameters."""

    __slots__ = ("_kernels", "options", "parameters")

    loss: Described[RowLoss]
    pair: RowPair

    def __init__(self, loss: Described[RowLoss], kernels: RowKernels, pair: RowPair, settings: RowSettings) -> None:
        self.loss, self._kernels, self.pair, self.compute = loss, kernels, pair, pair.compute
        self.options, self.parameters = settings.options, settings.parameters
        self.widened = settings.need_double and pair.single and not loss.record.wide
        self.weight = None

    @property
    def missing(self) -> int:
        return self.pair.missing

    def weigh(self, sample_weight: object, mask: object, check: bool = False) -> None:
        """Weights are doubles: sample weight, mask, ignored index and class weight together."""
        pair, options = self.pair, self.options
        self.counted = sample_weight is None and options.class_weight is None
        weight = weights.combined(sample_weight, mask, pair.leading)
        if weight is not None:
            weight = side_by_side(weight, DTYPES["f8"])
            if check:
                refuse_weights(weight, pair.leading)
        if pair.lost is not None:
            weight = without(pair.lost, weight, np.float64)
        if options.ignore_index is not None:
            counts = pair.y != options.ignore_index
            weight = counts.astype(np.float64) if weight is None else np.where(counts, weight, 0.0)
        self.weight = weight if options.class_weight is None else self._times_class_weight(weight, options.class_weight)

    def divisor(self, denominator: Denominator) -> Divisor:
        # Kernels of rows do not look at weights, as their exact sum does; what else divides knows nothing of them.
        if self.weight is not None and not self.counted and denominator != "weights":
            refuse_weights(self.weight, self.pair.leading)
        return super().divisor(denominator)

    def _times_class_weight(self, weight: np.ndarray | None, class_weight: np.ndarray) -> np.ndarray:
        y = self.pair.y
        if self.pair.indexed:
            of_rows = np.take(class_weight, y, mode="clip")
            # A class that does not exist must not be weighed away before it is refused.
            of_rows[(y < 0) | (y >= class_weight.size)] = 1.0
        else:
            of_rows = y.astype(np.float64, copy=False) @ class_weight
        if weight is not None:
            of_rows = weights.product(self.loss.name, weight, of_rows)
        return np.ascontiguousarray(of_rows)

    def kernel_shape(self, quantity: str) -> int | tuple[int, ...]:
        self.loss.record.quantity(quantity)  # raises for a name that is none
        return self.pair.f.shape[0] if quantity == "value" else self.pair.f.shape

    def result_shape(self, quantity: str) -> tuple[int, ...]:
        return self.pair.leading if quantity == "value" else self.pair.shape

    def destination(self, out: np.ndarray | None, name: str = "out") -> np.ndarray:
        # What must not be overwritten while it is read, or while a refusal may still look at it.
        read = [each for each in (self.pair.y, self.weight, self.options.class_weight) if each is not None]
        # Weights beyond the kernel's arithmetic have the gradient computed again.
        if self.loss.record.prediction != "scores" or self.weight is not None:
            read.append(self.pair.f)
        return row_destination(out, self.pair, read, name)

    def overwrites(self, out: np.ndarray) -> bool:
        """Nothing: scores have no domain, and all else is kept apart by ``destination``."""
        return False

    def run(
        self, outputs: tuple[str, ...], weight: np.ndarray | None, written: Results, how: Run = PLAIN
    ) -> tuple[int, Total]:
        scale, total, dtype, widened = how
        pair, options = self.pair, self.options
        runner = self._kernels[
            "i8" if pair.indexed else inputs.KERNEL_DTYPES[pair.y.dtype.char],
            inputs.KERNEL_DTYPES[pair.f.dtype.char],
            dtype or self.compute,
            outputs,
            total,
            weight is not None,
            options.label_smoothing != 0.0,
            options.class_weight is not None and not pair.indexed,
            options.capped,
            options.adjusted,
            pair.f.shape[1] < NARROWEST_WIDE,
            self.widened if widened is None else widened,
        ]
        prepared = Options(
            tolerance=demanded(self.loss.record, pair),
            smoothing=options.label_smoothing,
            soft_cap=options.soft_cap or 1.0,
            cooling=1.0 / options.temperature,
            class_weight=options.class_weight,
            offset=_offset(options, pair),
        )
        return runner(pair.y, pair.f, weight, prepared, list(self.parameters.values()), written, scale)

    def refuse(self, flags: int) -> None:
        refuse_rows(self.loss.record, str(self.loss), self.pair, self.weight, self.pair.tolerances)

    def counting(self) -> np.ndarray | None:
        """One where a row counts, whatever it weighs: what does not count must stay unread."""
        return None if self.weight is None else (self.weight != 0.0).astype(np.float64)

    def summed_dtype(self) -> str:
        return self.compute


def demanded(loss: RowLoss, pair: RowPair) -> float:
    """How far from one any sum may be at which a kernel raises its flag: the least that must be kept to."""
    targets, predictions = pair.tolerances
    return min(targets, predictions) if loss.prediction in SUMMED_TO_ONE else targets


def _offset(options: RowOptions, pair: RowPair) -> np.ndarray | None:
    if not options.adjusted:
        return None
    return np.zeros(pair.f.shape[1]) if options.offset is None else options.offset
