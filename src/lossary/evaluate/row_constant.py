"""The best constant row of predictions of a proper loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lossary import primitives
from lossary.evaluate import arrays, weights

if TYPE_CHECKING:
    from lossary.evaluate.rowwise import RowLossFunction


def optimal_row(loss: RowLossFunction, y_true: object, sample_weight: object, classes: int) -> np.ndarray:
    """The classes' shares, or the scores that stand for them."""
    if not loss.claims.get("proper") or loss.record.more_classes:
        raise ValueError(f"{loss}: only a proper loss has its best constant in the classes' shares; fit one instead")
    y = arrays.plain("y_true", y_true)
    anything = np.full((*y.shape[: y.ndim if y.ndim <= 1 else y.ndim - 1], classes), 1.0 / classes)
    loss.parts(y_true, anything, sample_weight)
    t = np.eye(classes)[y.reshape(-1)] if y.ndim < anything.ndim else y.reshape(-1, classes).astype(np.float64)
    weight = weights.combined(sample_weight, None, anything.shape[:-1])
    if t.shape[0] == 0 or (weight is not None and not weight.any()):
        raise ValueError(f"{loss}: no example counts, so no constant is best")
    shares: np.ndarray = np.average(t, axis=0, weights=weight)
    with np.errstate(divide="ignore"):
        if loss.link == "softmax":
            return np.asarray(primitives.log(shares))
        if loss.link == "sigmoid":
            return np.asarray(primitives.log(shares) - primitives.log1p(-shares))
    return shares
