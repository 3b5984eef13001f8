"""The best constant row of predictions of a proper loss."""

from __future__ import annotations

import numpy as np

from lossary import primitives
from lossary.evaluate.arrays import inputs, weights
from lossary.evaluate.arrays.missing import by_label
from lossary.evaluate.base import BaseLossFunction
from lossary.rowwise import RowLoss


def optimal_row(
    loss: BaseLossFunction[RowLoss], y_true: object, sample_weight: object, classes: int, missing: str = "error"
) -> np.ndarray:
    """The classes' shares, or the scores that stand for them."""
    if not loss.claims.get("proper") or loss.record.more_classes:
        raise ValueError(f"{loss}: only a proper loss has its best constant in the classes' shares; fit one instead")
    y = inputs.plain("y_true", y_true)
    logarithms = loss.record.prediction == "log_probabilities"
    level = -np.log(classes) if logarithms else 1.0 / classes
    anything = np.full((*y.shape[: y.ndim if y.ndim <= 1 else y.ndim - 1], classes), level)
    loss.parts(y_true, anything, sample_weight, missing=missing)
    t = np.eye(classes)[y.reshape(-1)] if y.ndim < anything.ndim else y.reshape(-1, classes).astype(np.float64)
    shares = _shares(loss, t, weights.combined(sample_weight, None, anything.shape[:-1]))
    with np.errstate(divide="ignore"):
        if loss.link == "softmax" or logarithms:
            return np.asarray(primitives.log(shares))
        if loss.link == "sigmoid":
            return np.asarray(primitives.log(shares) - primitives.log1p(-shares))
    return shares


def _shares(loss: BaseLossFunction[RowLoss], t: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """The weighted mean of each class's targets that are there: those of whole rows, or label by label."""
    lost = np.isnan(t)
    if not by_label(loss.record):
        lost = np.broadcast_to(lost.any(axis=1, keepdims=True), t.shape)
    each = np.where(lost, 0.0, 1.0 if weight is None else weight[:, np.newaxis])
    if not each.any(axis=0).all():
        raise ValueError(f"{loss}: no example counts, so no constant is best")
    shares: np.ndarray = np.average(np.where(lost, 0.0, t), axis=0, weights=each)
    return shares
