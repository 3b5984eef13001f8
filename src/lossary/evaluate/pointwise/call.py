"""One call of a pointwise loss: a target, a prediction and parameters for each example."""

from __future__ import annotations

import numpy as np

from lossary.backends.cpu.runtime.total import Total
from lossary.evaluate.arrays import results, weights
from lossary.evaluate.arrays.inputs import Pair
from lossary.evaluate.arrays.memory import fresh
from lossary.evaluate.arrays.missing import counted, weighted
from lossary.evaluate.arrays.refusals import refuse
from lossary.evaluate.call import PLAIN, Call, Results, Run
from lossary.evaluate.description import Described
from lossary.evaluate.pointwise.kernels import Kernels, ParameterValues
from lossary.formula import Loss


class PointwiseCall(Call):
    """A call whose arrays all have the predictions' shape, or are stretched to it if ``broadcast`` is true."""

    __slots__ = ("_broadcast", "_kernels", "_missing", "_parameters")

    loss: Described[Loss]
    pair: Pair

    def __init__(
        self,
        loss: Described[Loss],
        kernels: Kernels,
        pair: Pair,
        parameters: ParameterValues,
        broadcast: bool = False,
        missing: object = "error",
    ) -> None:
        self.loss, self.pair, self.compute, self.widened = loss, pair, pair.compute, parameters.widened
        self.weight = None
        self._kernels, self._parameters = kernels, parameters
        self._broadcast, self._missing = broadcast, missing

    @property
    def missing(self) -> int:
        return 0 if self._missing == "error" else counted(self._missing, self.pair.y)

    def weigh(self, sample_weight: object, mask: object, check: bool = False) -> None:
        # The kernels look at the weights themselves.
        self.counted = sample_weight is None
        if sample_weight is not None or mask is not None:
            self.weight = weights.combined(sample_weight, mask, self.pair.shape, self._broadcast)
        if self._missing != "error":
            self.weight = weighted(self._missing, self.pair.y, self.weight)

    def kernel_shape(self, quantity: str) -> int:
        return self.pair.f.shape[0]

    def result_shape(self, quantity: str) -> tuple[int, ...]:
        return self.pair.shape

    def destination(self, out: np.ndarray | None, name: str = "out") -> np.ndarray:
        pair, weight = self.pair, self.weight
        if out is None:
            return fresh(pair.f.shape[0], self.compute)
        read = [pair.y, pair.f, *self._parameters.arrays]
        place = results.destination(out, pair, read if weight is None else [*read, weight], name)
        # A weighted result may have to be computed twice, and must not overwrite what that takes.
        apart = weight is not None and (_overlap(out, pair) or np.may_share_memory(out, weight))
        return fresh(pair.f.shape[0], self.compute) if apart else place

    def overwrites(self, out: np.ndarray) -> bool:
        return self.weight is None and _overlap(out, self.pair)

    def run(
        self, outputs: tuple[str, ...], weight: np.ndarray | None, written: Results, how: Run = PLAIN
    ) -> tuple[int, Total]:
        scale, total, dtype, widened = how
        y, f, parameters = self.pair.y, self.pair.f, self._parameters
        inputs = (y, f, *parameters.arrays) if weight is None else (y, f, weight, *parameters.arrays)
        runner = self._kernels[
            outputs,
            (y.dtype.char, f.dtype.char, None if weight is None else weight.dtype.char, dtype or self.compute),
            total,
            scale != 1.0 or (weight is not None and bool(outputs)),
            parameters.per_example,
            parameters.widened if widened is None else widened,
        ]
        return runner(inputs, parameters.numbers, written, scale)

    def refuse(self, flags: int) -> None:
        pair = self.pair
        refuse(self.loss.record, flags, pair.y, pair.f, self.weight, pair.shape, str(self.loss))

    def counting(self) -> None:
        """Every example may be read: what comes of one that does not count is left out later."""

    def summed_dtype(self) -> str:
        return "f4" if self.single else "f8"


def _overlap(out: np.ndarray, pair: Pair) -> bool:
    return np.may_share_memory(out, pair.f) or np.may_share_memory(out, pair.y)
