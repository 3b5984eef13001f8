"""Which columns may say something of the target, told for all columns at once: for tables of thousands of them."""

from __future__ import annotations

import numpy as np
from scipy import stats


def target_columns(y: np.ndarray, classes: int) -> np.ndarray:
    """Ranks of numbers, so that a few large ones do not decide; indicators of classes. (n, 1) or (n, classes)."""
    if not classes:
        return np.asarray(stats.rankdata(y))[:, None]
    return (y[:, None] == np.arange(classes)).astype(np.float64)


def strongest(matrix: np.ndarray, targets: np.ndarray, count: int) -> np.ndarray:
    """The columns that correlate most with one of the targets, in their order (Fan and Lv 2008)."""
    centred, targets = matrix - matrix.mean(axis=0), targets - targets.mean(axis=0)
    spread, sizes = np.sqrt(np.sum(centred**2, axis=0)), np.sqrt(np.sum(targets**2, axis=0))
    products = np.abs(targets.T @ centred)
    correlations = np.divide(
        products, spread * sizes[:, None], out=np.zeros_like(products), where=spread * sizes[:, None] > 0.0
    )
    return np.sort(np.argsort(-correlations.max(axis=0), kind="stable")[:count])


def roughness(matrix: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Von Neumann's ratio of the targets in the order of each column, halved.

    Near 1 where the column says nothing, near 0 where neighbours in it have like targets, as under any small tree.
    """
    order = np.argsort(matrix, axis=0, kind="stable")
    steps = sum(np.mean(np.diff(target[order], axis=0) ** 2, axis=0) for target in targets.T)
    spread = float(np.sum(targets.var(axis=0)))
    return np.asarray(steps / (2.0 * spread) if spread > 0.0 else np.ones(matrix.shape[1]))
