"""A cost that is built up: over batches, shards, machines. Parts merge exactly, in any order."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

from lossary.backends.cpu.runtime.total import ZERO, Total
from lossary.evaluate import settings
from lossary.evaluate.arrays.weights import Divisor
from lossary.evaluate.description import Described, Record
from lossary.evaluate.settings import Settings


class Summed(Described[Record]):
    """A loss whose cost can be had as an exact numerator and denominator."""

    @abstractmethod
    def parts(
        self, y_true: object, y_pred: object, sample_weight: object = None, **options: Any
    ) -> tuple[Total, Divisor]:
        """The exact numerator and denominator of the cost; shards merge by ``Total.plus`` and by adding ``units``."""


@dataclass(repr=False)
class Accumulator:
    """The exact numerator and denominator of a cost so far, and the options that it was computed with.

    Both are kept as integers, so neither batch size, order nor the way of merging changes a bit of ``value``: it is the
    cost of all examples at once. It pickles if its loss does, and so travels between processes. One thread at a time
    may update it; let each thread have its own, and merge.

    Examples
    --------
    >>> import lossary
    >>> left, right = lossary.huber.accumulator(), lossary.huber.accumulator()
    >>> _ = left.update([0.0, 1.0], [0.5, 4.0])
    >>> _ = right.update([2.0], [2.0])
    >>> left.merge(right).value
    0.875
    """

    loss: Summed[Any]
    total: Total = ZERO
    divisor: int = 0
    settings: Settings | None = field(default=None, kw_only=True)
    """The options of the updates that are not the defaults; None before the first."""
    missing: int = field(default=0, kw_only=True)
    """How many targets were NaN, and left out because of ``missing="nan"``."""

    def update(self, y_true: object, y_pred: object, sample_weight: object = None, **options: Any) -> Accumulator:
        """Add examples: arrays of one shape, with the options of ``cost`` but its reduction. Returns itself.

        Weights, masks and parameters of one value an example are each batch's own. Other parameters and options must be
        those of the first update: sums under different ones are no cost of anything. A number as ``denominator`` is
        what the whole is divided by, not each batch.

        Raises
        ------
        ValueError
            Another parameter or option than before, or an argument that ``cost`` refuses. The accumulator is then as
            it was.

        Examples
        --------
        >>> import lossary
        >>> cost = lossary.huber.accumulator().update([0.0], [3.0], delta=2.0)
        >>> cost.update([0.0], [3.0])
        Traceback (most recent call last):
            ...
        ValueError: cost of huber: this update has delta=1, those before have delta=2; give all updates the same ...
        """
        total, divisor = self.loss.parts(y_true, y_pred, sample_weight, **options)
        used = settings.chosen(self.loss, options)
        if self.settings is not None and used != self.settings:
            now, before = settings.differences(used, self.settings, self.loss)
            raise ValueError(
                f"cost of {self.loss.name}: this update has {now}, those before have {before}; give all updates the "
                "same options, or accumulate apart"
            )
        self._add(total, divisor.units, used, divisor.missing)
        return self

    def merge(self, other: Accumulator) -> Accumulator:
        """Add another accumulator of the same loss, parameters and options. Returns itself.

        Raises
        ------
        ValueError
            The other's loss, parameters or options differ; those of an accumulator without updates do not.

        Examples
        --------
        >>> import lossary
        >>> plain = lossary.softmax_cross_entropy.accumulator().update([0], [[0.0, 1.0]])
        >>> weighted = lossary.softmax_cross_entropy.accumulator().update([0], [[0.0, 1.0]], class_weight=[1.0, 2.0])
        >>> plain.merge(weighted)
        Traceback (most recent call last):
            ...
        ValueError: cannot merge the cost of softmax_cross_entropy with class_weight=[1, 2] into that of ...
        """
        if not isinstance(other, Accumulator):
            raise TypeError(f"only another accumulator can be merged, not {other!r}")
        their_loss, own_loss = settings.other_loss(other.loss, self.loss)
        if not own_loss and None not in (self.settings, other.settings) and other.settings != self.settings:
            differing = settings.differences(other.settings or {}, self.settings or {}, self.loss)
            their_loss, own_loss = (f"{self.loss.name} with {each}" for each in differing)
        if own_loss:
            raise ValueError(f"cannot merge the cost of {their_loss} into that of {own_loss}")
        if other.settings is not None:
            self._add(other.total, other.divisor, other.settings, other.missing)
        return self

    def _add(self, total: Total, divisor: int, used: Settings, missing: int) -> None:
        whole = self.total.plus(total)
        # A number is the denominator of the whole; what counts adds up.
        units = divisor if type(used.get("denominator", "")) is not str else self.divisor + divisor
        # No call between these: an interrupt finds all of them done, or none.
        self.total, self.divisor, self.settings, self.missing = whole, units, used, self.missing + missing

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Accumulators once did not know their options; those with sums are taken for sums under the defaults.
        state.setdefault("settings", settings.NONE if state["divisor"] or any(state["total"]) else None)
        state.setdefault("missing", 0)
        self.__dict__.update(state)

    def __repr__(self) -> str:
        options = "".join(f" {name}={settings.shown(value)}" for name, value in sorted((self.settings or {}).items()))
        return f"<cost of {self.loss}{options}: {self.numerator:g} over {self.denominator:g}>"

    @property
    def numerator(self) -> float:
        """The sum of weight times loss, rounded once."""
        return float(self.total)

    @property
    def denominator(self) -> float:
        """The sum of weights, rounded once."""
        return float(Total(self.divisor))

    @property
    def value(self) -> float:
        """The cost so far. Raises ValueError while nothing has counted."""
        if self.divisor == 0:
            raise ValueError(f"{self.loss}: the cost of no examples is not defined; nothing has been added yet")
        mean = self.total.over(self.divisor)
        return math.sqrt(mean) if self.loss.cost_root else mean
