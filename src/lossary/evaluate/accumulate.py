"""A cost that is built up: over batches, shards, machines. Parts merge exactly, in any order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossary.backends import cpu
from lossary.backends.cpu import ZERO, Total

if TYPE_CHECKING:
    from lossary.evaluate.interface import LossFunction
    from lossary.evaluate.rowwise import RowLossFunction


@dataclass(repr=False)
class Accumulator:
    """The exact numerator and denominator of a cost so far.

    Both are kept as integers, so neither batch size, order nor the way of merging changes a bit of ``value``. That of
    a loss of the catalogue pickles, and so travels between processes.

    Examples
    --------
    >>> import lossary
    >>> left, right = lossary.huber.accumulator(), lossary.huber.accumulator()
    >>> _ = left.update([0.0, 1.0], [0.5, 4.0])
    >>> _ = right.update([2.0], [2.0])
    >>> left.merge(right).value
    0.875
    """

    loss: LossFunction | RowLossFunction
    total: Total = ZERO
    divisor: int = 0
    missing: int = 0
    """How many targets were NaN, and left out because of ``missing="nan"``."""

    def update(self, y_true: object, y_pred: object, sample_weight: object = None, **options: Any) -> Accumulator:
        """Add examples: arrays of one shape, with the options of ``cost`` but its reduction. Returns itself."""
        total, divisor = self.loss.parts(y_true, y_pred, sample_weight, **options)
        self.total = self.total.plus(total)
        self.divisor += divisor.units
        self.missing += divisor.missing
        return self

    def merge(self, other: Accumulator) -> Accumulator:
        """Add another accumulator of the same loss and parameters. Returns itself."""
        if not isinstance(other, Accumulator):
            raise TypeError(f"only another accumulator can be merged, not {other!r}")
        if not other.loss.same_as(self.loss):
            raise ValueError(f"cannot merge the cost of {other.loss} into that of {self.loss}")
        self.total = self.total.plus(other.total)
        self.divisor += other.divisor
        self.missing += other.missing
        return self

    def __repr__(self) -> str:
        return f"<cost of {self.loss}: {self.numerator:g} over {self.denominator:g}>"

    @property
    def numerator(self) -> float:
        """The sum of weight times loss, rounded once."""
        return float(self.total)

    @property
    def denominator(self) -> float:
        """The sum of weights, rounded once."""
        return self.divisor / cpu.UNIT

    @property
    def value(self) -> float:
        """The cost so far. Raises ValueError while nothing has counted."""
        if self.divisor == 0:
            raise ValueError(f"{self.loss}: the cost of no examples is not defined; nothing has been added yet")
        mean = self.total.over(self.divisor)
        return math.sqrt(mean) if self.loss.cost_root else mean
