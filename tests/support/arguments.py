"""Random targets and predictions well inside the domain of each loss, for tests that take differences."""

from __future__ import annotations

import numpy as np

from lossary.formula import Choice, Domain, Interval, Loss
from lossary.rowwise import RowLoss

Arguments = tuple[np.ndarray, np.ndarray]


def _numbers(rng: np.random.Generator, domain: Domain, size: int) -> np.ndarray:
    """Numbers well inside a domain: differences must not lead out of it."""
    if isinstance(domain, Choice):
        return rng.choice(domain.values, size)
    low, high = max(domain.low, -3.0), min(domain.high, 3.0)
    if domain == Interval():
        return rng.normal(size=size) * 1.5
    return rng.uniform(low + 0.05 * (high - low), high - 0.05 * (high - low), size)


def pointwise_arguments(loss: Loss, size: int = 12, seed: int = 0) -> Arguments:
    """Targets and predictions, no prediction nearer than 0.01 to a kink."""
    rng = np.random.default_rng(seed)
    y, f = _numbers(rng, loss.target, size), _numbers(rng, loss.prediction, size)
    if loss.kinks is not None:
        for i in range(size):
            while any(abs(f[i] - kink) < 1e-2 for kink in loss.kinks(y[i], *loss.defaults())):
                f[i] = _numbers(rng, loss.prediction, 1)[0]
    return y, f


def _simplex(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    rows = rng.uniform(0.2, 1.0, shape)
    return rows / rows.sum(axis=1, keepdims=True)


def row_arguments(loss: RowLoss, n: int = 5, k: int = 4, seed: int = 0) -> Arguments:
    """Target weights and rows of predictions."""
    rng = np.random.default_rng(seed)
    classes = k + loss.more_classes
    if loss.targets == "scores":
        y = rng.normal(size=(n, classes))
    elif loss.targets == "labels":
        y = rng.uniform(0.1, 0.9, (n, classes))
    else:
        y = _simplex(rng, (n, classes))
    match loss.prediction:
        case "probabilities":
            f = _simplex(rng, (n, k))
        case "independent_probabilities":
            f = rng.uniform(0.1, 0.9, (n, k))
        case "log_probabilities":
            f = np.log(_simplex(rng, (n, k)))
        case "increasing":
            f = np.cumsum(rng.uniform(0.2, 1.0, (n, k)), axis=1) - 1.0
        case _:
            f = rng.normal(size=(n, k)) * 1.5
    return y, f


def row_indices(loss: RowLoss, n: int = 5, k: int = 4, seed: int = 0) -> np.ndarray:
    """Class indices."""
    return np.random.default_rng(seed).integers(0, k + loss.more_classes, n)
