"""Examples that do not count: what stands there must not reach a loss, whose NaN a weight of zero would not remove.

Weights and masks are laid out as the losses are, so that one rule holds for all shapes of them, and the reduction is
done here: Keras's own hands a mask on in an attribute, and stretches weights of shape (batch,) along the wrong axis.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.placeholders import member, plain_row
from lossary.formula import Loss
from lossary.rowwise import RowLoss


def laid_out(label: str, name: str, numbers: Any, shape: tuple[int, ...]) -> Any:
    """Weights or a mask in the shape of the losses: one number for all, one an example of the batch, or one a loss."""
    given = tuple(numbers.shape)
    if len(given) == len(shape) + 1 and given[-1] == 1:
        numbers = ops.squeeze(numbers, axis=-1)
    fits = len(numbers.shape) <= len(shape) and all(
        size in (1, wanted) for size, wanted in zip(numbers.shape, shape, strict=False)
    )
    if not fits:
        raise ShapeError(
            f"{label}: {name} has shape {given}, but there are losses of shape {shape}; it may have that shape, one "
            "number for each example of the batch, or be one number"
        )
    return ops.broadcast_to(ops.reshape(numbers, (*numbers.shape, *[1] * (len(shape) - len(numbers.shape)))), shape)


def filled(record: Loss | RowLoss, y_true: Any, y_pred: Any, counts: Any) -> tuple[Any, Any]:
    """Targets and predictions, the classes last, with ordinary numbers in the examples that do not count."""
    if isinstance(record, RowLoss):
        plain_rows = plain_row(record, y_pred.shape[-1])
        t, f = (
            ops.where(counts, x, ops.cast(0, x.dtype))  # class indices
            if len(x.shape) == len(counts.shape)
            else ops.where(ops.expand_dims(counts, -1), x, ops.convert_to_tensor(row[: x.shape[-1]], dtype=x.dtype))
            for row, x in zip(plain_rows, (y_true, y_pred), strict=True)
        )
        return t, f
    spread = [ops.expand_dims(counts, -1) if len(x.shape) > len(counts.shape) else counts for x in (y_true, y_pred)]
    return (
        ops.where(spread[0], y_true, ops.cast(member(record.target), y_true.dtype)),
        ops.where(spread[1], y_pred, ops.cast(member(record.prediction), y_pred.dtype)),
    )


def reduced(losses: Any, weights: Any, known: Any, reduction: str | None) -> Any:
    """Losses weighted and reduced; weights and ``known`` are of their shape, or None where all count alike.

    As in Keras a mean divides by the number of losses that are not masked, or by the sum of their weights for
    ``"mean_with_sample_weight"``, and is 0 where that is 0.
    """
    counts = both(None if weights is None else ops.not_equal(weights, 0), known)
    weighted = losses if weights is None else losses * weights
    if counts is not None:
        weighted = ops.where(counts, weighted, ops.cast(0, weighted.dtype))
    if reduction is None or reduction == "none":
        return weighted
    # A half-precision sum soon overflows, and so does a number of examples.
    wide = "float64" if keras.backend.standardize_dtype(losses.dtype) == "float64" else "float32"
    total = ops.sum(ops.cast(weighted, wide))
    if reduction != "sum":
        total = ops.divide_no_nan(total, _divisor(losses, weights, known, wide, reduction))
    return ops.cast(total, losses.dtype)


def _divisor(losses: Any, weights: Any, known: Any, wide: Any, reduction: str) -> Any:
    shares = ops.cast(weights, wide) if weights is not None and reduction == "mean_with_sample_weight" else None
    if shares is None:
        shares = ops.ones(losses.shape, wide)
    return ops.sum(shares if known is None else ops.where(known, shares, ops.cast(0, wide)))


def both(one: Any, other: Any) -> Any:
    """What both say yes to; None says yes to all."""
    if one is None or other is None:
        return other if one is None else one
    return ops.logical_and(one, other)
