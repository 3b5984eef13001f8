"""The full Hessian of rows and its products with directions, through every option."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossary.backends.numpy_rows import Rows
from lossary.evaluate.rows.options import RowOptions
from lossary.evaluate.rows.pair import RowPair
from lossary.rowwise import RowLoss


def _rows(loss: RowLoss, given: RowPair, options: RowOptions, parameters: Mapping[str, float]) -> Rows:
    x = options.transformed(given.f)
    classes = given.f.shape[1] + loss.more_classes
    if given.indexed:
        # An ignored row may hold any index; it will weigh nothing.
        t = (given.y[:, np.newaxis] == np.arange(classes)).astype(np.float64)
    else:
        t = np.asarray(given.y, np.float64)
    return Rows(loss, options.mixed(loss, t, x), x, parameters)


def _bent(rows: Rows, bend: np.ndarray) -> np.ndarray:
    """What a bent score adds to the diagonal: nothing where it is straight, even if the gradient is infinite there."""
    with np.errstate(invalid="ignore"):
        return np.where(bend == 0.0, 0.0, rows.over_scores("grad") * bend)


def _weighted(found: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    if weight is None:
        return found
    over = weight.reshape(-1, *([1] * (found.ndim - 1)))
    with np.errstate(invalid="ignore"):
        return np.where(over == 0.0, 0.0, over * found)


def full(
    loss: RowLoss,
    given: RowPair,
    options: RowOptions,
    parameters: Mapping[str, float],
    weight: np.ndarray | None,
) -> np.ndarray:
    """The Hessian by the scores as given, of shape (n, k, k)."""
    rows = _rows(loss, given, options, parameters)
    slope, bend = options.slopes(given.f)
    found = rows.full_hessian() * slope[:, :, np.newaxis] * slope[:, np.newaxis, :]
    k = given.f.shape[1]
    found[:, range(k), range(k)] += _bent(rows, bend)
    return _weighted(found, weight)


def product(
    loss: RowLoss,
    given: RowPair,
    options: RowOptions,
    parameters: Mapping[str, float],
    weight: np.ndarray | None,
    direction: np.ndarray,
) -> np.ndarray:
    """The Hessian times a direction, both of shape (n, k)."""
    rows = _rows(loss, given, options, parameters)
    slope, bend = options.slopes(given.f)
    with np.errstate(invalid="ignore"):  # an infinite curvature in a direction of zero has no product
        found = rows.hessian_product(direction * slope) * slope + _bent(rows, bend) * direction
    return _weighted(found, weight)
