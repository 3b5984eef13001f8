"""Custom objectives for XGBoost and LightGBM as people write them in NumPy: gradient and Hessian of every example.

The formulas are those of the boosters' own objectives and examples. Where their curvature is not the second derivative
(a constant 1 for losses without one; Poisson's widened by max_delta_step = 0.7) that is undone, or not judged.
XGBoost hands over float32 and LightGBM float64; both styles race in both. One thread, as NumPy has no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.pointwise.cases import DELTA, POWER, TAU, Case, Data
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import NEWTON, Entry, Provider

MAX_DELTA_STEP = 0.7

Result = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Objective:
    """A custom objective, and what turns its answers into ours. A Hessian factor of None: not a second derivative."""

    formula: Callable[[np.ndarray, np.ndarray], Result]
    gradient: float = 1.0
    hessian: float | None = 1.0


def xgboost_squared_error(y: np.ndarray, p: np.ndarray) -> Result:
    return p - y, np.ones_like(p)


def xgboost_pseudo_huber(y: np.ndarray, p: np.ndarray) -> Result:
    z = p - y
    slope = DELTA**2
    root = np.sqrt(1 + np.square(z) / slope)
    return z / root, slope / ((slope + np.square(z)) * root)


def xgboost_logistic(y: np.ndarray, p: np.ndarray) -> Result:
    q = 1.0 / (1.0 + np.exp(-p))
    return q - y, np.maximum(q * (1.0 - q), 1e-16)


def xgboost_poisson(y: np.ndarray, p: np.ndarray) -> Result:
    return np.exp(p) - y, np.exp(p + MAX_DELTA_STEP)


def xgboost_tweedie(y: np.ndarray, p: np.ndarray) -> Result:
    a, b = y * np.exp((1 - POWER) * p), np.exp((2 - POWER) * p)
    return -a + b, -a * (1 - POWER) + b * (2 - POWER)


def lightgbm_huber(y: np.ndarray, score: np.ndarray) -> Result:
    d = score - y
    return np.where(np.abs(d) <= DELTA, d, np.sign(d) * DELTA), np.ones_like(score)


def lightgbm_quantile(y: np.ndarray, score: np.ndarray) -> Result:
    return np.where(score - y >= 0, 1.0 - TAU, -TAU).astype(score.dtype), np.ones_like(score)


def lightgbm_logistic(y: np.ndarray, score: np.ndarray) -> Result:
    label = np.where(y > 0, 1.0, -1.0).astype(score.dtype)
    response = -label / (1.0 + np.exp(label * score))
    size = np.abs(response)
    return response, size * (1.0 - size)


XGBOOST: Mapping[str, Objective] = {
    "squared_error": Objective(xgboost_squared_error, 2.0, 2.0),
    "pseudo_huber": Objective(xgboost_pseudo_huber),
    "logistic": Objective(xgboost_logistic),
    "poisson": Objective(xgboost_poisson, hessian=float(np.exp(-MAX_DELTA_STEP))),
    "tweedie": Objective(xgboost_tweedie),
}
LIGHTGBM: Mapping[str, Objective] = {
    "squared_error": Objective(xgboost_squared_error, 2.0, 2.0),
    "huber": Objective(lightgbm_huber, hessian=None),
    "quantile": Objective(lightgbm_quantile, hessian=None),
    "logistic": Objective(lightgbm_logistic),
    "poisson": Objective(xgboost_poisson, hessian=float(np.exp(-MAX_DELTA_STEP))),
    "tweedie": Objective(xgboost_tweedie),
}


def _enter(name: str, objectives: Mapping[str, Objective], case: Case, data: Data) -> Entry | None:
    objective = objectives.get(case.name)
    if objective is None:
        return None

    def read(got: object) -> Answer:
        gradient, hessian = got  # type: ignore[misc]
        judged = None if objective.hessian is None else hessian * objective.hessian
        return Answer(None, gradient * objective.gradient, judged)

    return Entry(Contestant(name, lambda: objective.formula(data.y, data.f)), read)


PROVIDERS = [
    Provider(
        "XGBoost style",
        NEWTON,
        lambda case, data: _enter("XGBoost style", XGBOOST, case, data),
        "NumPy objective; one thread",
    ),
    Provider(
        "LightGBM style",
        NEWTON,
        lambda case, data: _enter("LightGBM style", LIGHTGBM, case, data),
        "NumPy objective; one thread",
    ),
]
