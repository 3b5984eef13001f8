"""One call of a loss made ready to run, whatever the kind of loss: run once, and again where weights are extreme.

A kernel multiplies by weights and scale in its own arithmetic. Where that would lose digits, the outputs and the sum
are computed again: by a kernel in float64 if float32 was too narrow, else with exponents kept apart (``extremes``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.backends.cpu.specs.conventions import EXTREME
from lossary.evaluate.arrays import extremes, results, weights
from lossary.evaluate.arrays.memory import fresh
from lossary.evaluate.arrays.weights import Denominator, Divisor
from lossary.evaluate.description import Described

Results = Sequence[np.ndarray]


class Run(NamedTuple):
    """How a kernel runs: what outputs are multiplied by, and whether losses are summed.

    ``dtype`` and ``widened`` are those of the call unless they are given.
    """

    scale: float = 1.0
    total: bool = False
    dtype: str = ""
    widened: bool | None = None


PLAIN, SUMMED = Run(), Run(total=True)


class Ready(Protocol):
    """A user's targets and predictions, ready for a kernel: its first axis goes over the examples."""

    y: np.ndarray
    f: np.ndarray
    dtype: np.dtype

    @property
    def leading(self) -> tuple[int, ...]:
        """The shape of what is one number an example."""

    @property
    def compute(self) -> str:
        """The dtype of what a kernel writes."""

    @property
    def single(self) -> bool:
        """Whether targets and predictions are float32, and so computed in it unless something needs more."""


class Call(ABC):
    """Arrays, options and parameters of one call, and what each example weighs: ``weigh`` says so first.

    ``compute`` is the dtype of what a kernel writes. ``widened`` says that float32 data is computed in float64, because
    a parameter or an option needs it; ``counted`` that examples either count or do not, so that their number is the sum
    of their weights.
    """

    __slots__ = ("compute", "counted", "loss", "pair", "weight", "widened")

    loss: Described[Any]
    pair: Ready
    compute: str
    widened: bool
    weight: np.ndarray | None
    counted: bool

    # What a kind of loss brings.

    @property
    @abstractmethod
    def missing(self) -> int:
        """How many targets are missing, and left out."""

    @abstractmethod
    def weigh(self, sample_weight: object, mask: object, check: bool = False) -> None:
        """Settle ``weight`` and ``counted``; ``check`` is true where no denominator will look at the weights."""

    @abstractmethod
    def kernel_shape(self, quantity: str) -> int | tuple[int, ...]:
        """The shape in which a kernel writes a quantity."""

    @abstractmethod
    def result_shape(self, quantity: str) -> tuple[int, ...]:
        """The shape in which a user gets it."""

    @abstractmethod
    def destination(self, out: np.ndarray | None, name: str = "out") -> np.ndarray:
        """Where a kernel writes a number a prediction: the user's array itself if it may, else a fresh one."""

    @abstractmethod
    def overwrites(self, out: np.ndarray) -> bool:
        """Whether results written there would hide from a refusal what it must look at."""

    @abstractmethod
    def run(
        self, outputs: tuple[str, ...], weight: np.ndarray | None, written: Results, how: Run = PLAIN
    ) -> tuple[int, Total]:
        """Run one kernel: its flags, which may be raised in caution, and the exact sum if that was asked for."""

    @abstractmethod
    def refuse(self, flags: int) -> None:
        """Raise a DomainError if anything that counts is really outside its domain."""

    @abstractmethod
    def counting(self) -> np.ndarray | None:
        """Weights of one for a kernel that is to leave out only what must stay unread."""

    @abstractmethod
    def summed_dtype(self) -> str:
        """The dtype in which losses come out as the kernel summed them."""

    # What is the same for all.

    def room(self, quantity: str) -> np.ndarray:
        """Fresh memory for what a kernel writes."""
        return fresh(self.kernel_shape(quantity), self.compute)

    def divisor(self, denominator: Denominator) -> Divisor:
        """The denominator of the cost; examples that either count or do not are counted, which is faster."""
        kind = "count" if self.counted and denominator == "weights" else denominator
        return weights.divisor(kind, self.weight, self.pair.f.shape[0], self.pair.leading)

    def delivered(self, quantity: str, written: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """What the user gets: ``out`` filled, or the fresh array in the right shape and dtype."""
        return results.delivered(written, out, self.result_shape(quantity), self.pair.dtype)

    def execute(
        self,
        outputs: tuple[str, ...],
        written: Results,
        check: bool,
        divisor: Divisor | None = None,
        total: bool = False,
    ) -> Total:
        """Compute outputs and sum, and refuse what the flags turn out to mean.

        Outputs are multiplied by the weights and divided by ``divisor``, if there is one.
        """
        weight = self.weight
        scale = 1.0 if divisor is None or not divisor.units else divisor.reciprocal
        moderate = scale == 1.0 or not outputs or extremes.is_moderate(scale)
        if moderate:
            how = Run(scale, total) if scale != 1.0 else SUMMED if total else PLAIN
            flags, summed = self.run(outputs, weight, written, how)
        else:
            flags, summed = self.run((), weight, (), SUMMED)
        if flags and check:
            self.refuse(flags)
        if weight is None and moderate:
            return summed
        if total and not self._has_exact_products() and extremes.is_doubtful(summed, self.pair.f.shape[0]):
            summed = self._exact_sum()
        if outputs and (flags & EXTREME or not moderate):
            self._write_exactly(outputs, written, divisor)
        return summed

    @property
    def single(self) -> bool:
        """Whether it is computed in float32."""
        return self.pair.single and not (self.widened or self.loss.record.wide)

    def _has_exact_products(self) -> bool:
        """Whether weight times loss is a product of floats, which a double holds."""
        return self.weight is None or (self.weight.dtype.char == "f" and self.single)

    def _exact_sum(self) -> Total:
        """The exact sum of weight times loss; the losses are those that the kernel summed."""
        assert self.weight is not None
        (losses,) = self._unweighted(("value",), self.summed_dtype(), self.widened)
        return extremes.numerator(losses, self.weight)

    def _write_exactly(self, outputs: tuple[str, ...], written: Results, divisor: Divisor | None) -> None:
        """Write the outputs, times weight and divided by the divisor, without loss of digits in between."""
        divides = divisor is not None and divisor.units
        scale = divisor.reciprocal if divisor is not None and divides else 1.0
        if self.single and extremes.is_moderate(scale):
            flags, _ = self.run(outputs, self.weight, written, Run(scale, widened=True))
            if not flags & EXTREME:
                return
        units = divisor.units if divisor is not None and divides else UNIT
        plain = self._unweighted(outputs, "f8", self.widened or self.single)
        for place, numbers in zip(written, plain, strict=True):
            extremes.settle(place, extremes.weighed(numbers, self.weight, units))

    def _unweighted(self, outputs: tuple[str, ...], dtype: str, widened: bool) -> list[np.ndarray]:
        """Quantities without weight or scale."""
        plain = [np.empty(self.kernel_shape(name), dtype) for name in outputs]
        self.run(outputs, self.counting(), plain, Run(dtype=dtype, widened=widened))
        return plain
