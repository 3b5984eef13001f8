"""What people write in NumPy by hand: the largest score subtracted, an array for every step.

One thread: NumPy's element-wise loops have no more.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, Entry, Provider
from bench.rowwise.cases import HALF_IGNORED, IGNORED, SOFTMAX, RowCase, RowData

Result = tuple[np.floating, np.ndarray]


def softmax(y: np.ndarray, f: np.ndarray) -> Result:
    rows = np.arange(y.size)
    above = f - f.max(axis=1, keepdims=True)
    e = np.exp(above)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    p[rows, y] -= 1
    p /= y.size
    return (np.log(total[:, 0]) - above[rows, y]).mean(), p


def half_ignored(y: np.ndarray, f: np.ndarray) -> Result:
    counts = y != IGNORED
    gradient = np.zeros_like(f)
    cost, gradient[counts] = softmax(y[counts], f[counts])
    return cost, gradient


def soft(t: np.ndarray, f: np.ndarray) -> Result:
    above = f - f.max(axis=1, keepdims=True)
    e = np.exp(above)
    total = e.sum(axis=1, keepdims=True)
    return (t * (np.log(total) - above)).sum(axis=1).mean(), (e / total - t) / len(f)


def weston_watkins(y: np.ndarray, f: np.ndarray) -> Result:
    rows = np.arange(y.size)
    short = np.maximum(f - f[rows, y][:, np.newaxis] + 1, 0)
    short[rows, y] = 0
    g = (short > 0).astype(f.dtype)
    g[rows, y] = -g.sum(axis=1)
    g /= y.size
    return short.sum(axis=1).mean(), g


_FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], Result]] = {
    SOFTMAX: softmax,
    HALF_IGNORED: half_ignored,
    "soft targets": soft,
    "Weston-Watkins hinge": weston_watkins,
}


def _enter(case: RowCase, data: RowData) -> Entry | None:
    formula = _FORMULAS.get(case.label)
    if formula is None:
        return None
    return Entry(
        Contestant("numpy", lambda: formula(data.y, data.f)),
        lambda got: Answer(float(got[0]), got[1]),  # type: ignore[index]
    )


PROVIDERS = [Provider("numpy", COST, _enter, "by hand, the largest score subtracted; one thread, as NumPy has no more")]
