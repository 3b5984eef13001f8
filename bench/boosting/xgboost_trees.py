"""XGBoost: its own objective, and ours by ``lossary.xgboost.train``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xgboost

import lossary.xgboost
from bench.boosting.cases import DEPTH, RATE, ROUNDS, Case
from bench.racing.machine import THREADS

NAME = f"XGBoost {xgboost.__version__}"
CASES = (
    Case("pseudo_huber", {"objective": "reg:pseudohubererror"}),
    Case("quantile:0.5", {"objective": "reg:quantileerror", "quantile_alpha": 0.5}),
    Case("quantile:0.9", {"objective": "reg:quantileerror", "quantile_alpha": 0.9}),
    Case("poisson", {"objective": "count:poisson"}, counts=True),
)
PARAMS = {"max_depth": DEPTH, "eta": RATE, "nthread": THREADS}

Train = Callable[[], object]


def contestants(
    case: Case, X: np.ndarray, y: np.ndarray
) -> tuple[Train, Train, Callable[[object, np.ndarray], np.ndarray]]:
    """The built-in, ours, and how either's scores are read."""
    data = xgboost.QuantileDMatrix(X, y)

    def scores(model: object, X: np.ndarray) -> np.ndarray:
        booster = getattr(model, "booster", model)
        return booster.predict(xgboost.DMatrix(X), output_margin=True)

    return (
        lambda: xgboost.train({**PARAMS, **case.params}, data, ROUNDS),
        lambda: lossary.xgboost.train(PARAMS, data, ROUNDS, loss=case.loss),
        scores,
    )
