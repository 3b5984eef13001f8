"""Data with heavy tails, and the losses that a booster has too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FEATURES, ROUNDS, LEAVES, DEPTH, RATE = 20, 100, 31, 6, 0.1
FULL, QUICK = 500_000, 20_000


@dataclass(frozen=True)
class Case:
    """A loss of ours, and the booster's parameters for its own; ``counts`` says which targets."""

    loss: str
    params: Mapping[str, Any]
    counts: bool = False


@dataclass(frozen=True)
class Data:
    """Features and targets, to train on and to judge by."""

    X: np.ndarray
    values: np.ndarray
    counts: np.ndarray
    X_held: np.ndarray
    values_held: np.ndarray
    counts_held: np.ndarray

    def targets(self, case: Case) -> tuple[np.ndarray, np.ndarray]:
        return (self.counts, self.counts_held) if case.counts else (self.values, self.values_held)


def made(rows: int, seed: int) -> Data:
    """Values with errors of Student's t with 2 degrees of freedom; counts overdispersed by a gamma mixture."""
    rng = np.random.default_rng(seed)
    return Data(*_drawn(rows, rng), *_drawn(max(rows // 5, 1000), rng))


def _drawn(rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    signal = 3.0 * np.sin(2.0 * X[:, 0]) + 2.0 * X[:, 1] * X[:, 2] + X[:, 3] ** 2 + 1.5 * np.abs(X[:, 4]) + X[:, 5]
    noise = rng.standard_t(2.0, size=rows) * (1.0 + 0.5 * np.abs(X[:, 6]))
    counts = rng.poisson(np.exp(0.3 * signal) * rng.gamma(2.0, 0.5, size=rows))
    return X, (signal + noise).astype(np.float32), counts.astype(np.float32)
