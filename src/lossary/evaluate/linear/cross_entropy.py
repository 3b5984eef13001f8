"""Softmax cross-entropy of a linear layer, without the matrix of all its scores."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple, cast, overload

import numpy as np

from lossary.backends.cpu.runtime.total import Total
from lossary.backends.cpu.specs.conventions import EXTREME
from lossary.evaluate.arrays import inputs, weights
from lossary.evaluate.arrays.extremes import levelled
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.memory import fresh
from lossary.evaluate.arrays.precision import half_slack, unwidened
from lossary.evaluate.arrays.reduction import factor, known, reduced
from lossary.evaluate.arrays.weights import Denominator
from lossary.evaluate.call import Run
from lossary.evaluate.linear.chunks import Kernel, Layer, Plan, Walk, plan
from lossary.evaluate.registry import named
from lossary.evaluate.rows.call import RowSettings
from lossary.evaluate.rows.function import RowLossFunction
from lossary.evaluate.rows.options import RowOptions
from lossary.evaluate.rows.pair import RowPair, class_indices
from lossary.evaluate.rows.refusals import refuse_rows

LABEL = "linear_cross_entropy"
SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


class LinearCost(NamedTuple):
    """A cost and its gradients; a gradient that was not asked for, or of a bias that is not there, is None."""

    cost: float
    x_gradient: np.ndarray | None
    weight_gradient: np.ndarray | None
    bias_gradient: np.ndarray | None


@overload
def linear_cross_entropy(
    x: object,
    weight: object,
    y_true: object,
    bias: object = None,
    sample_weight: object = None,
    mask: object = None,
    reduction: Literal["mean", "sum"] = "mean",
    *,
    gradient: bool = True,
    denominator: Denominator = "weights",
    empty: float | None = None,
    memory_budget: str | float = "64 MiB",
    check: bool = True,
    **options: Any,
) -> LinearCost: ...


@overload
def linear_cross_entropy(
    x: object,
    weight: object,
    y_true: object,
    bias: object = None,
    sample_weight: object = None,
    mask: object = None,
    *,
    reduction: Literal["none"],
    memory_budget: str | float = "64 MiB",
    check: bool = True,
    **options: Any,
) -> np.ndarray: ...


def linear_cross_entropy(
    x: object,
    weight: object,
    y_true: object,
    bias: object = None,
    sample_weight: object = None,
    mask: object = None,
    reduction: str = "mean",
    *,
    gradient: bool = True,
    denominator: Denominator = "weights",
    empty: float | None = None,
    memory_budget: str | float = "64 MiB",
    check: bool = True,
    **options: Any,
) -> LinearCost | np.ndarray:
    """Softmax cross-entropy of the scores ``x @ weight.T + bias``, and its gradients by all three.

    The scores are never held all at once: chunks of rows are scored, turned into their gradient in place and multiplied
    on. It is what ``softmax_cross_entropy.cost_and_gradient`` and two matrix products give, for layers whose scores
    would not fit into memory (arXiv:2411.09009).

    Parameters
    ----------
    x : array of shape (..., d)
        The layer's inputs, float16, bfloat16, float32 or float64; whole numbers count as float64.
    weight : array of shape (classes, d)
        The layer's weights, finite for every class, even a masked one.
    y_true : array of shape (...) or (..., classes)
        Class indices of any integer dtype, or rows of target weights that are not negative and sum to one.
    bias : array of shape (classes,), optional
        What is added to each class's score.
    sample_weight : array of shape (...), optional
        Weights of zero or more. A row of weight zero does not count: nothing of it is read, no time is spent on it,
        and its gradient is zero. The same goes for masked rows and those of ``ignore_index``.
    mask : boolean array of shape (...), optional
        True where a row counts.
    reduction : "mean", "sum" or "none"
        The mean divides by ``denominator``. "none" gives every row's loss, times its weight, and no gradient: for the
        gradient of a weighted sum pass ``sample_weight`` and ``reduction="sum"``.
    gradient : bool, default True
        False computes the cost alone: one product in place of three.
    denominator : "weights", "count" or a number
        The sum of the weights that count (class weights are among them), the number of rows that count, or what you
        say.
    empty : float, optional
        The cost when nothing counts; without it that raises.
    memory_budget : str or number of bytes, default "64 MiB"
        What may be used besides arguments and results: "500 MB", "2 GiB", or bytes. A few numbers for each row and for
        each class, a few rows of scores for each thread, and a copy of inputs whose rows do not lie evenly in memory
        come on top. Results depend on it by rounding only. More is faster up to some dozen MiB; with float16 and
        bfloat16, whose weights' gradient is summed in float32, until those sums fit into half of it.
    check : bool, default True
        Whether targets and weights are compared with their domains.
    **options
        Those of ``softmax_cross_entropy``: z_loss, class_weight, ignore_index, label_smoothing, temperature, soft_cap,
        class_prior, prior_strength and class_mask.

    Returns
    -------
    LinearCost
        ``(cost, x_gradient, weight_gradient, bias_gradient)``: the cost is an exact sum of the losses, rounded once;
        each gradient has the shape of its array, and the dtype of the scores (widened by floating target weights).
        Half precision is computed in float32 and rounded at the end.
    numpy.ndarray
        With ``reduction="none"``: the losses, one a row.

    Raises
    ------
    ShapeError
        If shapes do not fit each other.
    ValueError
        If nothing counts; if a target or weight is outside its domain: the first is named by its place in the array;
        if the budget is no size, or less than one row of scores needs.

    A number in ``x`` that is not finite makes cost and gradients NaN.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> x, weight = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2))
    >>> lossary.linear_cross_entropy(x, weight, [0, 1]).weight_gradient
    array([[ 0.5,  0.5],
           [-0.5, -0.5]])
    """
    loss = cast(RowLossFunction, named("softmax_cross_entropy"))
    settings = loss.settled(options)
    layer = _layer(loss, x, weight, y_true, bias, settings.options)
    loss.require_fit(settings.options, layer.classes, layer.indexed)
    call = _LinearCall(loss, layer, settings, _bytes(memory_budget), check)
    row_weight = call.weights(sample_weight, mask)
    # Products of numbers that are not finite warn in NumPy; here they are answered with NaN.
    with np.errstate(all="ignore"):
        if reduction == "none":
            if denominator != "weights":
                raise ValueError(f"losses one a row have no denominator, but denominator={denominator!r} was given")
            return call.losses(row_weight)
        known(reduction, denominator)
        if row_weight is not None and reduction == "mean" and denominator == "weights":
            row_weight = levelled(row_weight)
        divisor = weights.divisor(denominator, row_weight, layer.x.shape[0], layer.leading)
        total, by_x, by_weight, by_bias = call.summed(row_weight, factor(divisor, reduction), gradient)
    cost = reduced(LABEL, total, divisor, reduction, empty)
    return LinearCost(cost, by_x, by_weight, by_bias)


@dataclass
class _LinearCall:
    """What a call is made of, but for its weights."""

    loss: RowLossFunction
    layer: Layer
    settings: RowSettings
    budget: int
    check: bool

    def weights(self, sample_weight: object, mask: object) -> np.ndarray | None:
        """What each row weighs; class indices are checked on the way."""
        layer, loss = self.layer, self.loss
        for name, argument in (("sample_weight", sample_weight), ("mask", mask)):
            _one_a_row(name, argument, layer)
        options = self.settings.options
        classless = self.settings._replace(options=replace(options, class_weight=None))
        call = loss.call_on(self._pair(slice(None), layer.leading), classless)
        call.weigh(sample_weight, mask, self.check)
        if layer.indexed and self.check:
            wrong = (layer.y < 0) | (layer.y >= layer.classes)
            if (wrong if call.weight is None else wrong & (call.weight != 0.0)).any():
                self._refuse(call.weight)
        return call.weight if options.class_weight is None else self._by_class(call.weight)

    def _by_class(self, weight: np.ndarray | None) -> np.ndarray:
        """Weights times class weights, by as many rows of target weights at a time as the budget holds."""
        count = self.layer.x.shape[0]
        step = max(1, count if self.layer.indexed else self.budget // (24 * self.layer.classes))
        products = np.empty(count)
        for start in range(0, count, step):
            rows = slice(start, min(start + step, count))
            call = self.loss.call_on(self._pair(rows, (rows.stop - start,)), self.settings)
            call.weigh(None if weight is None else weight[rows], None)
            products[rows] = call.weight
        return products

    def _pair(self, rows: slice, leading: tuple[int, ...]) -> RowPair:
        """Targets without scores: weights ask for no more, and not even for targets without class weights."""
        wanted = self.layer.indexed or self.settings.options.class_weight is not None
        layer = self.layer
        targets = layer.targets(rows) if wanted else layer.y
        return RowPair(targets, np.empty((0, layer.classes), layer.arithmetic), leading, layer.arithmetic)

    def losses(self, weight: np.ndarray | None) -> np.ndarray:
        """Every row's loss times its weight."""
        layer, kept = self.layer, _kept(weight)
        losses = np.zeros(layer.x.shape[0] if kept is None else kept.size, layer.arithmetic)
        self._walk(weight, kept, "value", 1.0, losses).total()
        result = np.zeros(layer.x.shape[0], layer.dtype)
        result[slice(None) if kept is None else kept] = losses
        return result.reshape(layer.leading)[()]

    def summed(
        self, weight: np.ndarray | None, scale: float, gradient: bool
    ) -> tuple[Total, np.ndarray | None, np.ndarray | None, np.ndarray | None]:
        """The exact sum of the losses, and its gradients times ``scale``."""
        layer, kept = self.layer, _kept(weight)
        walk = self._walk(weight, kept, "grad" if gradient else None, scale)
        if not gradient:
            return walk.total(), None, None, None
        # What every row writes need not be zero before.
        all_written = kept is None and bool(walk.chunks) and not layer.summed_apart
        by_x, by_weight = (
            fresh(shape, layer.dtype) if all_written else np.zeros(shape, layer.dtype)
            for shape in (layer.x.shape, layer.weight.shape)
        )
        by_bias = None if layer.bias is None else np.zeros(layer.classes)
        total = walk.gradients(by_x, by_weight, by_bias)
        by_x = by_x.reshape(*layer.leading, layer.x.shape[1])
        return total, by_x, by_weight, None if by_bias is None else by_bias.astype(layer.dtype)

    def _walk(
        self,
        weight: np.ndarray | None,
        kept: np.ndarray | None,
        output: str | None,
        scale: float,
        losses: np.ndarray | None = None,
    ) -> Walk:
        """The walk over the rows that count, with room made."""
        count = self.layer.x.shape[0] if kept is None else kept.size
        sizes: Plan = plan(self.layer, count, kept is not None, output == "grad", self.budget)
        counting = weight if weight is None or kept is None else weight[kept]
        return Walk(self.layer, kept, counting, sizes, self._kernel(weight, output, scale, losses))

    def _kernel(self, weight: np.ndarray | None, output: str | None, scale: float, losses: np.ndarray | None) -> Kernel:
        """What is done to each chunk of scores: "grad" turns them into their gradient, "value" writes ``losses``."""
        # Flags may be raised in caution: all targets are looked at, but once.
        look = cache(lambda: self._refuse(weight))

        def kernel(pair: RowPair, weighing: np.ndarray | None, where: slice) -> Total:
            written = () if output is None else (pair.f if losses is None else losses[where],)
            call = self.loss.call_on(pair, self.settings)
            outputs = () if output is None else (output,)
            flags, total = call.run(outputs, weighing, written, Run(scale, losses is None))
            if flags & ~EXTREME and self.check and not self.layer.indexed:
                look()
            return total

        return kernel

    def _refuse(self, weight: np.ndarray | None) -> None:
        """Raise a DomainError if a target that counts is outside its domain."""
        layer = self.layer
        targets = layer.targets(slice(None))
        # Scores have no domain: zeros without memory stand for them.
        scores = np.broadcast_to(np.zeros((), layer.arithmetic), (targets.shape[0], layer.classes))
        pair = RowPair(targets, scores, layer.leading, layer.arithmetic, (layer.slack, 0.0))
        refuse_rows(self.loss.record, LABEL, pair, weight, pair.tolerances)


def _one_a_row(name: str, argument: Any, layer: Layer) -> None:
    """Raise a ShapeError unless an argument holds one number a row."""
    if argument is not None and np.shape(argument) != layer.leading:
        raise ShapeError(
            f"{LABEL}: {name} has shape {np.shape(argument)} but x has shape {(*layer.leading, layer.x.shape[1])}; "
            f"{name} must have shape {layer.leading}"
        )


def _kept(weight: np.ndarray | None) -> np.ndarray | None:
    """The places of the rows that count, or None if all do."""
    if weight is None or weight.all():
        return None
    return np.flatnonzero(weight)


def _layer(
    loss: RowLossFunction, x: object, weight: object, y_true: object, bias: object, options: RowOptions
) -> Layer:
    """The arguments, their shapes compared and their dtypes settled."""
    rows, matrix = inputs.plain("x", x), inputs.plain("weight", weight)
    y, origin = unwidened("y_true", y_true)
    if rows.ndim == 0 or matrix.ndim != 2 or rows.shape[-1] != matrix.shape[1]:
        raise ShapeError(
            f"{LABEL}: x has shape {rows.shape} but weight has shape {matrix.shape}; "
            "they must be (..., d) and (classes, d)"
        )
    leading, classes = rows.shape[:-1], matrix.shape[0]
    if classes == 0:
        raise ShapeError(f"{LABEL}: weight has shape {matrix.shape}: there are no classes along its first axis")
    added = None if bias is None else inputs.plain("bias", bias)
    if added is not None and added.shape != (classes,):
        raise ShapeError(
            f"{LABEL}: bias has shape {added.shape} but weight has shape {matrix.shape}; bias must be ({classes},)"
        )
    if y.shape not in (leading, (*leading, classes)):
        raise ShapeError(
            f"{LABEL}: y_true has shape {y.shape} but x has shape {rows.shape} and weight {matrix.shape}; "
            f"y_true must have shape {leading} for class indices, or {(*leading, classes)}"
        )
    parts = [("x", rows), ("weight", matrix)] + ([] if added is None else [("bias", added)])
    dtype = _dtype(parts)
    opened = _opened(options.class_mask, leading, classes)
    count = math.prod(leading)
    if y.shape == leading:
        targets = class_indices(loss.record, y)
    else:
        dtype = inputs.result_dtype(y, np.empty(0, dtype))
        targets = y.reshape(count, classes)
    x = rows.reshape(count, rows.shape[-1])
    result = Layer(x, matrix, added, targets, opened, leading, dtype, half_slack(origin, classes))
    return result if added is None else replace(result, bias=added.astype(result.arithmetic))


def _dtype(parts: list[tuple[str, np.ndarray]]) -> np.dtype:
    """The dtype of the scores: the widest of the layer's arrays, whole numbers counting as float64."""
    dtypes = []
    for name, array in parts:
        ready = inputs.kernel_dtype(np.empty(0, array.dtype), name).dtype
        dtypes.append(ready if array.dtype.kind in "iub" else array.dtype)
    return np.result_type(*dtypes)


def _opened(class_mask: object, leading: tuple[int, ...], classes: int) -> np.ndarray | None:
    """The classes that take part, (classes,) or (n, classes)."""
    if class_mask is None:
        return None
    mask = inputs.plain("class_mask", class_mask)
    if mask.dtype != np.bool_:
        raise TypeError(f"class_mask must be boolean (true where a class takes part), not {mask.dtype}")
    if mask.shape not in ((*leading, classes), (classes,)):
        raise ShapeError(f"class_mask has shape {mask.shape}; it must be {(*leading, classes)} or {(classes,)}")
    return mask if mask.ndim == 1 else mask.reshape(-1, classes)


def _bytes(budget: str | float) -> int:
    """A number of bytes, out of a number or a text such as "64 MiB"."""
    if isinstance(budget, str):
        parsed = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b\s*", budget, re.IGNORECASE)
        number = float(parsed[1]) * SIZES[(parsed[2] or "").lower()] if parsed else math.nan
    else:
        sized = isinstance(budget, int | float | np.number) and not isinstance(budget, bool)
        number = float(budget) if sized else math.nan
    if not 0.0 < number < math.inf:
        raise ValueError(
            'memory_budget must be a size such as "64 MiB", "500 MB" or "2 GiB", or a positive number of bytes, '
            f"not {budget!r}"
        )
    return int(number)
