"""How each back end computes a quantity of many rows: what the accuracy rule is held against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lossary.backends.numpy_rows import Rows
from lossary.rowwise import RowLoss

Evaluate = Callable[[RowLoss, str, np.ndarray, np.ndarray, tuple[float, ...], type], np.ndarray]
"""From a loss, a quantity, targets (class indices (n,) or weights (n, classes)), predictions (n, k), parameters and a
dtype to the value of every row (n,), or to a derivative by every score (n, k)."""


def _given(loss: RowLoss, parameters: tuple[float, ...]) -> dict[str, float]:
    return dict(zip((p.name for p in loss.parameters), parameters, strict=True))


def on_numpy(
    loss: RowLoss, quantity: str, y: np.ndarray, f: np.ndarray, parameters: tuple[float, ...], dtype: type
) -> np.ndarray:
    """The formulas as they stand, in float64; float32 is rounded once at the end."""
    t = y
    if y.ndim == 1:
        t = np.zeros((y.size, f.shape[1] + loss.more_classes))
        t[np.arange(y.size), y] = 1.0
    rows = Rows(loss, t, f, _given(loss, parameters))
    result = rows.value if quantity == "value" else rows.over_scores(quantity)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(result.astype(dtype))


def on_cpu(
    loss: RowLoss, quantity: str, y: np.ndarray, f: np.ndarray, parameters: tuple[float, ...], dtype: type
) -> np.ndarray:
    """The compiled kernel, through the public interface; both derivatives come from one, as boosting takes them."""
    from lossary.evaluate.rows.function import RowLossFunction  # noqa: PLC0415  it compiles; NumPy alone needs none of it

    function = RowLossFunction(loss, _given(loss, parameters))
    targets: np.ndarray = y if y.ndim == 1 else y.astype(dtype)
    scores: np.ndarray = f.astype(dtype)
    if quantity == "value":
        return np.asarray(function(targets, scores, check=False))
    return function.gradient_and_hessian(targets, scores, check=False)[quantity == "hess"]


EVALUATORS: dict[str, Evaluate] = {"numpy": on_numpy, "cpu": on_cpu}
