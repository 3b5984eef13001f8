"""Examples that do not count: what stands there must not reach a loss, whose NaN a weight of zero would not remove."""

from __future__ import annotations

import contextlib
from typing import Any

from keras import ops

from lossary.evaluate.arrays.placeholders import member, plain_row
from lossary.formula import Loss
from lossary.rowwise import RowLoss


def without_others(
    record: Loss | RowLoss, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any, axis: int
) -> tuple[Any, Any]:
    """Targets and predictions, with stand-ins in the examples that a weight of zero or the mask takes out.

    Weights that do not have the shape of the losses are left to Keras.
    """
    shape = _shape_of_losses(record, y_pred, axis)
    counts = None
    for weights in (sample_weight, mask):
        if weights is None:
            continue
        array = ops.convert_to_tensor(weights)
        if tuple(array.shape) == (*shape, 1):
            array = ops.squeeze(array, axis=-1)
        if tuple(array.shape) == shape:
            positive = ops.not_equal(array, 0)
            counts = positive if counts is None else ops.logical_and(counts, positive)
    if counts is None:
        return y_true, y_pred
    return _filled(record, y_true, y_pred, counts, axis)


def _shape_of_losses(record: Loss | RowLoss, y_pred: Any, axis: int) -> tuple[int, ...]:
    shape = list(y_pred.shape)
    if isinstance(record, RowLoss) or len(shape) > 1:
        del shape[axis]
    return tuple(shape)


def _filled(record: Loss | RowLoss, y_true: Any, y_pred: Any, counts: Any, axis: int) -> tuple[Any, Any]:
    if not isinstance(record, RowLoss):
        fitting_true, fitting_pred = (
            ops.expand_dims(counts, -1) if len(x.shape) > len(counts.shape) else counts for x in (y_true, y_pred)
        )
        return (
            ops.where(fitting_true, y_true, member(record.target)),
            ops.where(fitting_pred, y_pred, member(record.prediction)),
        )
    k = y_pred.shape[axis]
    rows = []
    for row, x in zip(plain_row(record, k), (y_true, y_pred), strict=True):
        if len(x.shape) == len(counts.shape):
            rows.append(ops.where(counts, x, 0.0))  # class indices
            continue
        along = [1] * len(x.shape)
        along[axis] = x.shape[axis]
        filling = ops.reshape(ops.convert_to_tensor(row[: x.shape[axis]], dtype=x.dtype), along)
        rows.append(ops.where(ops.expand_dims(counts, axis), x, filling))
    return rows[0], rows[1]


def with_mask(x: Any, mask: Any) -> Any:
    """The tensor marked with Keras's mask."""
    # Keras keeps it in an attribute, and does without where an array takes none.
    with contextlib.suppress(AttributeError):
        x._keras_mask = mask
    return x
