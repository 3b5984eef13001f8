"""Rows of scores and their targets for every rowwise loss, and which kernels a loss is tested with.

A kernel of rows takes a second or two to compile, so tests of the whole catalogue take one layout a loss, by turns.
"""

from __future__ import annotations

import numpy as np

from lossary.discovery import row_records
from lossary.rowwise import RowLoss

NAMES = [loss.name for loss in row_records()]
NARROW_ARITHMETIC = [loss.name for loss in row_records() if not loss.wide]


def classes_of(loss: RowLoss) -> int:
    """How many classes a loss is tested with where both layouts would be too dear: few or many, by turns."""
    return (7, 100)[NAMES.index(loss.name) % 2]


def layout(loss: RowLoss) -> tuple[str, bool, bool, int]:
    """The kernels measured anew, as dtype, whether rows are wide, whether targets are indices, and how many rows.

    A loss whose float32 is computed in float64 shows its errors in float64 only. The others lose more in float32, and
    take both layouts by turns, as kernels take long to compile: the table is measured on all.
    """
    if loss.wide:
        return "float64", False, loss.targets != "scores", 16
    broad = NARROW_ARITHMETIC.index(loss.name) % 2 == 1
    return "float32", broad, False, 6 if broad else 16


def simplex(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    drawn = rng.exponential(size=(n, k)) + 1e-3
    return drawn / drawn.sum(axis=1, keepdims=True)


def predictions(loss: RowLoss, rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    match loss.prediction:
        case "probabilities" | "independent_probabilities":
            return simplex(rng, n, k)
        case "log_probabilities":
            return np.log(simplex(rng, n, k))
        case "increasing":
            return np.cumsum(rng.uniform(0.05, 0.5, size=(n, k)), axis=1) - 0.1 * k
        case _:
            return 2.0 * rng.normal(size=(n, k))


def targets(loss: RowLoss, rng: np.random.Generator, n: int, k: int) -> list[np.ndarray]:
    classes = k + loss.more_classes
    if loss.targets == "scores":
        return [rng.normal(size=(n, classes))]
    rows = {"labels": rng.integers(0, 2, (n, classes)).astype(float), "relevance": rng.uniform(0.0, 3.0, (n, classes))}
    return [rng.integers(0, classes, n), rows.get(loss.targets, simplex(rng, n, classes))]


def by_hand(y: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Softmax cross-entropy in plain float64, for scores of ordinary size."""
    return np.log(np.exp(f).sum(axis=1)) - f[np.arange(y.size), y]
