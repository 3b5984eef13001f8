"""The full Hessian of rows and its products with directions, through every option."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossary.backends.numpy_rows import Rows
from lossary.evaluate.rows.options import RowOptions
from lossary.evaluate.rows.pair import RowPair
from lossary.rowwise import RowLoss


def _rows(loss: RowLoss, pair: RowPair, options: RowOptions, parameters: Mapping[str, float]) -> Rows:
    x = options.transformed(pair.f)
    classes = pair.f.shape[1] + loss.more_classes
    if pair.indexed:
        # An ignored row may hold any index; it will weigh nothing.
        t = (pair.y[:, np.newaxis] == np.arange(classes)).astype(np.float64)
    else:
        t = np.asarray(pair.y, np.float64)
    return Rows(loss, options.mixed(loss, t, x), x, parameters)


def _bent(rows: Rows, bend: np.ndarray) -> np.ndarray:
    """What a bent score adds to the diagonal: nothing where it is straight, even if the gradient is infinite there."""
    with np.errstate(invalid="ignore"):
        return np.where(bend == 0.0, 0.0, rows.over_scores("grad") * bend)


def _weighted(entries: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    if weight is None:
        return entries
    over = weight.reshape(-1, *([1] * (entries.ndim - 1)))
    with np.errstate(invalid="ignore"):
        return np.where(over == 0.0, 0.0, over * entries)


def full(
    loss: RowLoss,
    pair: RowPair,
    options: RowOptions,
    parameters: Mapping[str, float],
    weight: np.ndarray | None,
) -> np.ndarray:
    """The Hessian by the scores as given, of shape (n, k, k)."""
    rows = _rows(loss, pair, options, parameters)
    slope, bend = options.slopes(pair.f)
    entries = rows.full_hessian() * slope[:, :, np.newaxis] * slope[:, np.newaxis, :]
    k = pair.f.shape[1]
    entries[:, range(k), range(k)] += _bent(rows, bend)
    return _weighted(entries, weight)


def product(
    loss: RowLoss,
    pair: RowPair,
    options: RowOptions,
    parameters: Mapping[str, float],
    weight: np.ndarray | None,
    direction: np.ndarray,
) -> np.ndarray:
    """The Hessian times a direction, both of shape (n, k)."""
    rows = _rows(loss, pair, options, parameters)
    slope, bend = options.slopes(pair.f)
    with np.errstate(invalid="ignore"):  # an infinite curvature in a direction of zero has no product
        entries = rows.hessian_product(direction * slope) * slope + _bent(rows, bend) * direction
    return _weighted(entries, weight)
