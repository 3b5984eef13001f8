"""What the right answer is for rows of scores: costs in double over all rows, gradients in extended on some of them.

These formulas owe nothing to Lossary's: a referee that shares the players' code is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.pointwise.referee import Answer
from bench.rowwise.cases import GAMMA, HALF_IGNORED, IGNORED, SMOOTHING, SOFTMAX, RowCase, RowData

CHUNK = 1 << 20
WATCHED = 1 << 19
"""Scores a piece of the cost, and scores whose gradient is judged."""

Judged = tuple[np.ndarray, np.ndarray, np.ndarray]
"""The loss of every row, its derivative by every score, and what the row counts in the mean."""

Formula = Callable[[np.ndarray, np.ndarray, np.ndarray], Judged]


def _hot(y: np.ndarray, f: np.ndarray) -> np.ndarray:
    return (np.arange(f.shape[1]) == y[:, np.newaxis]).astype(f.dtype)


def _log_softmax(f: np.ndarray) -> np.ndarray:
    above = f - f.max(axis=1, keepdims=True)
    return above - np.log(np.exp(above).sum(axis=1, keepdims=True))


def _indexed(y: np.ndarray, f: np.ndarray) -> Judged:
    """The derivative at the right class is minus the sum of the other probabilities: no 1 - p."""
    rows, logs = np.arange(y.size), _log_softmax(f)
    g = np.exp(logs)
    g[rows, y] = 0.0
    g[rows, y] = -g.sum(axis=1)
    return -logs[rows, y], g, np.ones(y.size)


def _softmax(y: np.ndarray, f: np.ndarray, _: np.ndarray) -> Judged:
    return _indexed(y, f)


def _half_ignored(y: np.ndarray, f: np.ndarray, _: np.ndarray) -> Judged:
    counts = y != IGNORED
    value, g, _ = _indexed(np.where(counts, y, 0), f)
    return np.where(counts, value, 0.0), np.where(counts[:, np.newaxis], g, 0.0), counts.astype(np.float64)


def _class_weights(y: np.ndarray, f: np.ndarray, weights: np.ndarray) -> Judged:
    value, g, _ = _indexed(y, f)
    w = weights[y]
    return w * value, w[:, np.newaxis] * g, w


def _soft(t: np.ndarray, f: np.ndarray, _: np.ndarray) -> Judged:
    logs = _log_softmax(f)
    return -(t * logs).sum(axis=1), np.exp(logs) * t.sum(axis=1, keepdims=True) - t, np.ones(len(f))


def _smoothed(y: np.ndarray, f: np.ndarray, weights: np.ndarray) -> Judged:
    share = f.dtype.type(SMOOTHING)
    return _soft((1 - share) * _hot(y, f) + share / f.shape[1], f, weights)


def _focal(y: np.ndarray, f: np.ndarray, _: np.ndarray) -> Judged:
    rows, (value, by_score, _) = np.arange(y.size), _indexed(y, f)
    miss, p = -by_score[rows, y], np.exp(-value)
    pull = miss**GAMMA + GAMMA * p * miss ** (GAMMA - 1) * value
    return miss**GAMMA * value, pull[:, np.newaxis] * by_score, np.ones(y.size)


def _crammer_singer(y: np.ndarray, f: np.ndarray, _: np.ndarray) -> Judged:
    rows = np.arange(y.size)
    rivals = f + 1
    rivals[rows, y] = -np.inf
    worst = rivals.max(axis=1)
    value = np.maximum(worst - f[rows, y], 0)
    wins = ((rivals == worst[:, np.newaxis]) & (value[:, np.newaxis] > 0)).astype(f.dtype)
    g = wins / np.maximum(wins.sum(axis=1, keepdims=True), 1)
    g[rows, y] = -(value > 0).astype(f.dtype)
    return value, g, np.ones(y.size)


def _weston_watkins(y: np.ndarray, f: np.ndarray, _: np.ndarray) -> Judged:
    rows = np.arange(y.size)
    short = np.maximum(1 + f - f[rows, y][:, np.newaxis], 0)
    short[rows, y] = 0
    g = (short > 0).astype(f.dtype)
    g[rows, y] = -g.sum(axis=1)
    return short.sum(axis=1), g, np.ones(y.size)


def _kl(t: np.ndarray, f: np.ndarray, _: np.ndarray) -> Judged:
    return (t * (np.log(np.where(t > 0, t, 1)) - f)).sum(axis=1), -t, np.ones(len(f))


FORMULAS: dict[str, Formula] = {
    SOFTMAX: _softmax,
    HALF_IGNORED: _half_ignored,
    "label smoothing": _smoothed,
    "class weights": _class_weights,
    "soft targets": _soft,
    "focal": _focal,
    "Crammer-Singer hinge": _crammer_singer,
    "Weston-Watkins hinge": _weston_watkins,
    "KL, log-probabilities": _kl,
}


@dataclass(frozen=True)
class RowErrors:
    """How far an answer is off: the cost relatively, the gradient of each row by the largest in that row, at worst."""

    cost: float
    gradient: float

    def __str__(self) -> str:
        return f"{self.cost:.0e}, {self.gradient:.0e}"


class RowReferee:
    """The exact mean cost and its gradient for one case and its data, and the judgement of answers."""

    def __init__(self, case: RowCase, data: RowData) -> None:
        formula, (n, k) = FORMULAS[case.label], data.f.shape
        total, divisor = np.longdouble(0), np.longdouble(0)
        for start in range(0, n, max(1, CHUNK // k)):
            piece = slice(start, start + max(1, CHUNK // k))
            y = data.y[piece]
            value, _, counts = formula(_wide(y, np.float64), data.f[piece].astype(np.float64), data.class_weight)
            total += value.sum(dtype=np.longdouble)
            divisor += counts.sum(dtype=np.longdouble)
        self.cost = float(total / divisor)
        # Rows from all over, and those at the seam between two threads.
        some = max(2, WATCHED // k)
        spread = np.linspace(0, n - 1, min(n, some)).astype(np.int64)
        self.watched = np.unique(np.concatenate([spread, np.arange(max(n // 2 - 2, 0), min(n // 2 + 2, n))]))
        y, f = data.y[self.watched], data.f[self.watched].astype(np.longdouble)
        self.gradient = formula(_wide(y, np.longdouble), f, data.class_weight)[1] / divisor
        largest = np.abs(self.gradient).max(axis=1, keepdims=True)
        # A row of zeros, ignored or at ease, must be exactly that: any other answer counts as lost.
        self.scale = np.where(largest > 0, largest, np.finfo(np.longdouble).tiny)

    def judge(self, answer: Answer) -> RowErrors:
        off = np.abs(np.asarray(answer.gradient)[self.watched].astype(np.longdouble) - self.gradient) / self.scale
        worst = float(np.max(np.where(np.isnan(off), np.inf, off)))
        cost = float("inf") if answer.cost is None else abs(answer.cost - self.cost) / abs(self.cost)
        return RowErrors(cost, worst)


def _wide(y: np.ndarray, dtype: type) -> np.ndarray:
    return y if y.ndim == 1 else y.astype(dtype)
