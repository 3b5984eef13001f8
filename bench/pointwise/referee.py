"""What the right answer is: each loss in a form that loses no digits, in double for sums, in extended for gradients.

These formulas owe nothing to Lossary's: a referee that shares the players' code is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.pointwise.cases import DELTA, POWER, SCALE, TAU, Case, Data

CHUNK = 1 << 18
WATCHED = 1 << 16
EDGE = 2048

Formula = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]]


def _squared_error(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    r = f - y
    return r * r, 2 * r, np.full_like(r, 2)


def _huber(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    r = f - y
    inside = np.clip(r, -DELTA, DELTA)
    return inside * (r - inside / 2), inside, (np.abs(r) <= DELTA).astype(r.dtype)


def _absolute_error(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    r = f - y
    return np.abs(r), np.sign(r), np.zeros_like(r)


def _quantile(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    r = f - y
    tau = r.dtype.type(TAU)
    g = np.where(r > 0, 1 - tau, np.where(r < 0, -tau, 0.5 - tau))
    return g * r, g, np.zeros_like(r)


def _pseudo_huber(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    r = f - y
    q = np.sqrt(1 + np.square(r / DELTA))
    return r * r / (1 + q), r / q, 1 / q**3


def _log_cosh(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    r = f - y
    a = np.abs(r)
    return np.log1p(np.square(np.expm1(-a)) * np.exp(a) / 2), np.tanh(r), 1 / np.square(np.cosh(r))


def _logistic(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    e = np.exp(-np.abs(f))
    value = np.where(f > 0, 1 - y, y) * np.abs(f) + np.log1p(e)
    return value, np.where(f > 0, (1 - y) - y * e, (1 - y) * e - y) / (1 + e), e / np.square(1 + e)


def _poisson(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    mean = np.exp(f)
    return mean - y * f, mean - y, mean


def _tweedie(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    low, high = 2 - POWER, POWER - 1
    a, b = np.exp(low * f), y * np.exp(-high * f)
    return a / low + b / high, a - b, low * a + high * b


def _cauchy(y: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, ...]:
    r = f - y
    m = np.square(r / SCALE)
    return SCALE**2 / 2 * np.log1p(m), r / (1 + m), (1 - m) / np.square(1 + m)


_ON_RESIDUALS = (_squared_error, _huber, _absolute_error, _quantile, _pseudo_huber, _log_cosh, _cauchy)
FORMULAS: dict[str, Formula] = {
    formula.__name__[1:]: formula for formula in (*_ON_RESIDUALS, _logistic, _poisson, _tweedie)
}


BY_TARGET: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "residuals": lambda f, hessian: hessian,
    "labels": lambda f, hessian: np.ones_like(f),
    "counts": lambda f, hessian: np.ones_like(f),
    "amounts": lambda f, hessian: np.exp((1 - POWER) * f),
}
"""The size of the gradient's derivative by the target, for losses on each kind of data."""


@dataclass(frozen=True)
class Answer:
    """What a provider returned, in our scale: a cost or None, the gradient, the Hessian or None."""

    cost: float | None
    gradient: np.ndarray
    hessian: np.ndarray | None = None


@dataclass(frozen=True)
class Errors:
    """How far an answer is off.

    cost      relative error of the cost (of the Hessian, at worst, where that was asked instead); NaN where not judged
    ulps      worst error of the gradient, in last digits of the exact gradient
    unitwise  the same in last digits plus half of what the last digits of the inputs move it by: the promise of
              docs/design.md is 4 of these
    """

    cost: float
    ulps: float
    unitwise: float


class Referee:
    """The exact answer for one case and its data, and the judgement of answers."""

    def __init__(self, case: Case, data: Data, mean: bool) -> None:
        formula, n = FORMULAS[case.name], data.size
        self.cost = _cost(formula, data) if mean else None
        spread = np.linspace(0, n - 1, min(n, WATCHED)).astype(np.int64)
        seams = [np.arange(max(at - EDGE // 2, 0), min(at + EDGE // 2, n)) for at in (0, n // 2, n)]
        self.watched = np.unique(np.concatenate([spread, *seams]))
        y, f = data.y[self.watched], data.f[self.watched]
        _, gradient, self.hessian = formula(y.astype(np.longdouble), f.astype(np.longdouble))
        divisor = n if mean else 1
        self.gradient = gradient / divisor
        by_target = BY_TARGET[case.data](f.astype(np.longdouble), self.hessian)
        moved = np.abs(self.hessian) * _last_digit(f) + np.abs(by_target) * _last_digit(y)
        self.ulp = _last_digit(self.gradient.astype(f.dtype))
        self.unit = self.ulp + 0.5 * moved / divisor

    def judge(self, answer: Answer) -> Errors:
        off = np.abs(np.asarray(answer.gradient)[self.watched].astype(np.longdouble) - self.gradient)
        off = np.where(np.isnan(off), np.inf, off)
        worst, unitwise = float(np.max(off / self.ulp)), float(np.max(off / self.unit))
        if answer.hessian is not None:
            hessian = np.asarray(answer.hessian)[self.watched].astype(np.longdouble)
            scale = np.maximum(np.abs(self.hessian), np.max(np.abs(self.hessian)) * 1e-3)
            relative = np.abs(hessian - self.hessian) / np.where(scale > 0, scale, 1)
            return Errors(float(np.max(relative)), worst, unitwise)
        if self.cost is None or answer.cost is None:
            return Errors(float("nan"), worst, unitwise)
        return Errors(abs(answer.cost - self.cost) / abs(self.cost), worst, unitwise)


def _last_digit(x: np.ndarray) -> np.ndarray:
    return np.spacing(np.abs(x)).astype(np.longdouble)


def _cost(formula: Formula, data: Data) -> float:
    total = np.longdouble(0)
    for start in range(0, data.size, CHUNK):
        piece = slice(start, start + CHUNK)
        value = formula(data.y[piece].astype(np.float64), data.f[piece].astype(np.float64))[0]
        total += np.sum(value, dtype=np.longdouble)
    return float(total / data.size)
