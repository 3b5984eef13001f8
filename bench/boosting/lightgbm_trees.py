"""LightGBM: its own objective, and ours by ``lossary.lightgbm.train``."""

from __future__ import annotations

from collections.abc import Callable

import lightgbm
import numpy as np

import lossary.lightgbm
from bench.boosting.cases import LEAVES, RATE, ROUNDS, Case
from bench.racing.machine import THREADS

NAME = f"LightGBM {lightgbm.__version__}"
CASES = (
    Case("huber", {"objective": "huber", "alpha": 1.0}),
    Case("quantile:0.5", {"objective": "quantile", "alpha": 0.5}),
    Case("quantile:0.9", {"objective": "quantile", "alpha": 0.9}),
    Case("poisson", {"objective": "poisson"}, counts=True),
)
PARAMS = {"num_leaves": LEAVES, "learning_rate": RATE, "num_threads": THREADS, "verbosity": -1}

Train = Callable[[], object]


def contestants(
    case: Case, X: np.ndarray, y: np.ndarray
) -> tuple[Train, Train, Callable[[object, np.ndarray], np.ndarray]]:
    """The built-in, ours, and how either's scores are read."""
    data = lightgbm.Dataset(X, y).construct()

    def scores(model: object, X: np.ndarray) -> np.ndarray:
        booster = getattr(model, "booster", model)
        return booster.predict(X, raw_score=True)

    return (
        lambda: lightgbm.train({**PARAMS, **case.params}, data, ROUNDS),
        lambda: lossary.lightgbm.train(PARAMS, data, ROUNDS, loss=case.loss),
        scores,
    )
