"""What all kinds of loss do alike: call it, take its cost, gradient and curvature, on NumPy arrays.

A kind says in ``prepared`` how a user's arguments become a ``Call``; everything here is done with such calls.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from lossary.backends.cpu.runtime.total import Total
from lossary.evaluate.accumulate import Accumulator, Summed
from lossary.evaluate.arrays.parameters import checked
from lossary.evaluate.arrays.reduction import known, reduced, rooted
from lossary.evaluate.arrays.weights import Denominator, Divisor
from lossary.evaluate.call import Call
from lossary.evaluate.description import Record
from lossary.evaluate.pickling import pickled

Same = TypeVar("Same", bound="BaseLossFunction[Any]")
Results = tuple[np.ndarray, ...]


class Direct(Protocol):
    """What answers the usual calls at once: without weights, mask or options. None says that this is no such call."""

    def quantity(self, name: str, y: object, f: object) -> np.ndarray | None:
        """One formula for every example."""

    def two(
        self, names: tuple[str, str], y: object, f: object, out: tuple[np.ndarray, np.ndarray] | None
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Two formulas for every example; ``out`` are arrays that share no memory."""

    def cost(self, y: object, f: object, mean: bool) -> float | None:
        """The mean of the losses, or their sum."""

    def cost_and_gradient(
        self, y: object, f: object, mean: bool, out: np.ndarray | None
    ) -> tuple[float, np.ndarray] | None:
        """The same with its gradient."""


class BaseLossFunction(Summed[Record]):
    """A loss and its parameters. Arguments are always ``(y_true, y_pred)``."""

    direct: Direct | None = None
    """What answers usual calls at once, if the kind has such, and the parameters allow it."""

    # What a kind brings.

    @abstractmethod
    def prepared(self, y_true: object, y_pred: object, options: Mapping[str, Any]) -> Call:
        """A call's arguments made ready: arrays, the kind's own options, and the loss's parameters.

        Raises TypeError for a keyword that is none of these, ValueError for a value that is not allowed.
        """

    def checked(self, parameters: Mapping[str, object]) -> dict[str, float | np.ndarray]:
        """Parameters by name; an unknown name or a value out of range raises and says what is allowed."""
        return checked(self.record, parameters)

    def curvature_quantity(self, options: dict[str, Any]) -> str:
        """The formula that is taken for the curvature; the keyword that chooses it is taken out of the options."""
        return "hess"

    def __reduce__(self) -> tuple[Any, ...]:
        return pickled(self)

    def using(self: Same, **parameters: object) -> Same:
        """The same loss with parameters fixed.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.using(delta=2.0)([0.0], [3.0])
        array([4.])
        """
        # Arrays are copied, so that nobody changes them behind the loss's back.
        copied = {
            name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in self.checked(parameters).items()
        }
        return self.__class__(self.record, {**self.fixed, **copied})

    # What it computes.

    def __call__(self, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """The loss of every example, not reduced.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber([0.0, 0.0], [0.5, 3.0], delta=1.0)
        array([0.125, 2.5  ])
        >>> lossary.softmax_cross_entropy([0, 1], [[0.0, 0.0], [0.0, 0.0]])
        array([0.69314718, 0.69314718])
        """
        return self.quantity("value", y_true, y_pred, check=check, **options)

    def gradient(self, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """The derivative of every example's loss by its prediction, or by each score of its row.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.gradient([0.0, 0.0], [0.5, 3.0])
        array([0.5, 1. ])
        >>> lossary.softmax_cross_entropy.gradient([0], [[0.0, 0.0]])
        array([[-0.5,  0.5]])
        """
        return self.quantity("grad", y_true, y_pred, check=check, **options)

    def hessian(self, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """The second derivative of every example's loss by its prediction, or by each score of its row twice.

        ``curvature="majorizer"`` or ``"fisher"`` gives another curvature, for losses of one prediction that have it;
        what is off a row's diagonal is in ``full_hessian``.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.hessian([0.0, 0.0], [0.5, 4.0])
        array([1., 0.])
        >>> lossary.huber.hessian([0.0, 0.0], [0.5, 4.0], curvature="majorizer")
        array([1.  , 0.25])
        >>> lossary.softmax_cross_entropy.hessian([0], [[0.0, 0.0]])
        array([[0.25, 0.25]])
        """
        name = self.curvature_quantity(options)
        return self.quantity(name, y_true, y_pred, check=check, **options)

    def quantity(self, name: str, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """One formula of the loss's file, for every example: "value", "grad", "hess", "majorizer" or "fisher"."""
        if self.direct is not None and not options:
            found = self.direct.quantity(name, y_true, y_pred)
            if found is not None:
                return found
        call = self.prepared(y_true, y_pred, options)
        call.weigh(None, None)
        written = call.room(name)
        call.execute((name,), (written,), check)
        return call.delivered(name, written)

    def cost(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        mask: object = None,
        reduction: str = "mean",
        *,
        denominator: Denominator = "weights",
        empty: float | None = None,
        check: bool = True,
        **options: Any,
    ) -> float:
        """The weighted mean (or sum) of the loss: one number, from an exact sum rounded once.

        Parameters
        ----------
        y_true, y_pred : array-like
            A target, and a prediction or a row of scores, for each example.
        sample_weight : array-like of one number an example, optional
            Weights of zero or more. An example of weight zero does not count at all.
        mask : boolean array of one value an example, optional
            True where an example counts.
        reduction : "mean" or "sum"
            The mean divides by ``denominator``.
        denominator : "weights", "count" or a number
            The sum of the weights that count (class weights are among them), the number of examples of positive
            weight, or what you say.
        empty : float, optional
            The cost when nothing counts; without it that raises.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.cost([0.0, 0.0], [0.5, 3.0], sample_weight=[3.0, 1.0])
        0.71875
        >>> lossary.softmax_cross_entropy.cost([0, -1], [[0.0, 0.0], [5.0, 1.0]], ignore_index=-1)
        0.6931471805599453
        """
        known(reduction, denominator)
        plain = sample_weight is None and mask is None and denominator == "weights" and not options
        if plain and self.direct is not None and not self.cost_root:
            found = self.direct.cost(y_true, y_pred, reduction == "mean")
            if found is not None:
                return found
        call = self.prepared(y_true, y_pred, options)
        call.weigh(sample_weight, mask)
        divisor = call.divisor(denominator)
        return self.reduced(call.execute((), (), check, total=True), divisor, reduction, empty)

    def cost_and_gradient(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        mask: object = None,
        reduction: str = "mean",
        *,
        denominator: Denominator = "weights",
        empty: float | None = None,
        out: np.ndarray | None = None,
        check: bool = True,
        **options: Any,
    ) -> tuple[float, np.ndarray]:
        """The cost and its gradient by every prediction, in one pass over memory.

        ``out`` receives the gradient: an array of the predictions' shape and dtype, or the predictions themselves.
        The other arguments are those of ``cost``.

        Examples
        --------
        >>> import lossary
        >>> lossary.squared_error.cost_and_gradient([1.0, 2.0], [1.0, 4.0])
        (2.0, array([0., 2.]))
        >>> lossary.softmax_cross_entropy.cost_and_gradient([0], [[0.0, 0.0]])
        (0.6931471805599453, array([[-0.5,  0.5]]))
        """
        known(reduction, denominator)
        plain = sample_weight is None and mask is None and denominator == "weights" and not options
        if plain and self.direct is not None and not self.cost_root:
            found = self.direct.cost_and_gradient(y_true, y_pred, reduction == "mean", out)
            if found is not None:
                return found
        call = self.prepared(y_true, y_pred, options)
        call.weigh(sample_weight, mask)
        divisor = call.divisor(denominator)
        written = call.destination(out)
        if check and out is not None and call.overwrites(out):
            call.execute((), (), True, total=True)
            check = False
        # Taken beforehand: the gradient may be written over the weights.
        counting = call.weight != 0.0 if self.cost_root and call.weight is not None else None
        total = call.execute(("grad",), (written,), check, divisor if reduction == "mean" else None, total=True)
        cost = self.reduced(total, divisor, reduction, empty)
        if self.cost_root:
            rooted(written, cost, counting)
        return cost, call.delivered("grad", written, out)

    def gradient_and_hessian(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        mask: object = None,
        *,
        out: tuple[np.ndarray, np.ndarray] | None = None,
        check: bool = True,
        **options: Any,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Every example's gradient and curvature, times its weight: what Newton's method and boosting take.

        The curvature is what ``hessian`` gives, and takes the same keywords.

        Examples
        --------
        >>> import lossary
        >>> lossary.logistic.gradient_and_hessian([0.0], [0.0], sample_weight=[2.0])
        (array([1.]), array([0.5]))
        >>> lossary.softmax_cross_entropy.gradient_and_hessian([0], [[0.0, 0.0]], sample_weight=[2.0])
        (array([[-1.,  1.]]), array([[0.5, 0.5]]))
        """
        names = ("grad", self.curvature_quantity(options))
        if self.direct is not None and sample_weight is None and mask is None and not options:
            found = self.direct.two(names, y_true, y_pred, out)
            if found is not None:
                return found
        places = None if out is None else tuple(out)
        if places is not None and (len(places) != 2 or np.may_share_memory(*places)):
            raise ValueError("out must be two arrays that share no memory, for the gradient and for the curvature")
        call = self.prepared(y_true, y_pred, options)
        call.weigh(sample_weight, mask, check)
        gradient, curvature = self.weighted(call, names, check, places)
        return gradient, curvature

    def weighted(
        self, call: Call, names: tuple[str, ...], check: bool, out: Sequence[np.ndarray] | None = None
    ) -> Results:
        """Formulas of the loss's file for every example, times its weight; ``out`` receives them."""
        if out is None:
            written = [call.room(name) for name in names]
            call.execute(names, written, check)
            return tuple(map(call.delivered, names, written))
        written = [call.destination(place, f"out[{i}]") for i, place in enumerate(out)]
        if check and any(map(call.overwrites, out)):
            call.execute((), (), True, total=True)
            check = False
        call.execute(names, written, check)
        return tuple(map(call.delivered, names, written, out))

    def parts(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        *,
        mask: object = None,
        denominator: Denominator = "weights",
        check: bool = True,
        **options: Any,
    ) -> tuple[Total, Divisor]:
        """The exact numerator and denominator of the cost; shards merge by ``Total.plus`` and by adding ``units``."""
        call = self.prepared(y_true, y_pred, options)
        call.weigh(sample_weight, mask)
        divisor = call.divisor(denominator).beside(call.missing)
        return call.execute((), (), check, total=True), divisor

    def accumulator(self) -> Accumulator:
        """An empty cost, to be built up over batches and merged over machines."""
        return Accumulator(self)

    def reduced(self, total: Total, divisor: Divisor, reduction: str, empty: float | None) -> float:
        """The cost, of its exact numerator and denominator; ``empty`` where nothing counts."""
        cost = reduced(self, total, divisor, reduction, empty)
        return math.sqrt(cost) if self.cost_root and divisor.units else cost
