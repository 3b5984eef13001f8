"""The one-liners that people write in NumPy: careless of cancellation and overflow, an array for every step.

One thread: NumPy's element-wise loops have no more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.pointwise.cases import DELTA, POWER, SCALE, TAU, Case, Data
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, Entry, Provider

Result = tuple[np.floating, np.ndarray]


def squared_error(y: np.ndarray, f: np.ndarray) -> Result:
    r = f - y
    return (r**2).mean(), 2 * r / r.size


def huber(y: np.ndarray, f: np.ndarray) -> Result:
    r = f - y
    a = np.abs(r)
    return np.where(a <= DELTA, 0.5 * r**2, DELTA * (a - 0.5 * DELTA)).mean(), np.clip(r, -DELTA, DELTA) / r.size


def absolute_error(y: np.ndarray, f: np.ndarray) -> Result:
    r = f - y
    return np.abs(r).mean(), np.sign(r) / r.size


def quantile(y: np.ndarray, f: np.ndarray) -> Result:
    d = y - f
    return np.maximum(TAU * d, (TAU - 1) * d).mean(), np.where(d > 0, -TAU, 1 - TAU).astype(d.dtype) / d.size


def pseudo_huber(y: np.ndarray, f: np.ndarray) -> Result:
    r = f - y
    q = np.sqrt(1 + (r / DELTA) ** 2)
    return (DELTA**2 * (q - 1)).mean(), r / q / r.size


def log_cosh(y: np.ndarray, f: np.ndarray) -> Result:
    r = f - y
    return np.log(np.cosh(r)).mean(), np.tanh(r) / r.size


def logistic(y: np.ndarray, f: np.ndarray) -> Result:
    value = np.maximum(f, 0) - f * y + np.log1p(np.exp(-np.abs(f)))
    return value.mean(), (1 / (1 + np.exp(-f)) - y) / f.size


def poisson(y: np.ndarray, f: np.ndarray) -> Result:
    mu = np.exp(f)
    return (mu - y * f).mean(), (mu - y) / f.size


def tweedie(y: np.ndarray, f: np.ndarray) -> Result:
    a, b = np.exp((2 - POWER) * f), y * np.exp((1 - POWER) * f)
    return (a / (2 - POWER) - b / (1 - POWER)).mean(), (a - b) / f.size


def cauchy(y: np.ndarray, f: np.ndarray) -> Result:
    r = f - y
    m = (r / SCALE) ** 2
    return (0.5 * SCALE**2 * np.log1p(m)).mean(), r / (1 + m) / r.size


_ALL = (squared_error, huber, absolute_error, quantile, pseudo_huber, log_cosh, logistic, poisson, tweedie, cauchy)
_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], Result]] = {formula.__name__: formula for formula in _ALL}


def _enter(case: Case, data: Data) -> Entry | None:
    formula = _FORMULAS[case.name]
    return Entry(
        Contestant("numpy", lambda: formula(data.y, data.f)),
        lambda got: Answer(float(got[0]), got[1]),  # type: ignore[index]
    )


PROVIDERS = [Provider("numpy", COST, _enter, "the usual one-liners; one thread, as NumPy has no more")]
