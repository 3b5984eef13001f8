"""What is raced on rows of scores: losses and options, shapes, and the data each is fed.

Scores mix rows that are sure of the right class with rows that are not: normal scores of deviation 2, the right class
lifted by up to 2 log k.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

SMOOTHING, GAMMA, IGNORED = 0.1, 2.0, -100
"""Parameters used by every provider: label smoothing, focal's gamma, the class index that does not count."""

SOFTMAX = "softmax cross-entropy"
HALF_IGNORED = "half the rows ignored"

Shape = tuple[int, int]

WIDE: tuple[Shape, ...] = ((10_000, 1_000), (512, 32_000), (128, 128_256))
NARROW: tuple[Shape, ...] = ((100_000, 10), (10_000, 100), (1_000, 3))
OTHERS: tuple[Shape, ...] = ((10_000, 1_000), (100_000, 10))
QUICK: tuple[Shape, ...] = ((10_000, 1_000), (100_000, 10))


@dataclass(frozen=True)
class RowData:
    """Targets (class indices, or a row of weights each) and rows of predictions; ``class_weight`` for who takes it."""

    y: np.ndarray
    f: np.ndarray
    class_weight: np.ndarray

    @property
    def dtype(self) -> str:
        return str(self.f.dtype)


Made = tuple[np.ndarray, np.ndarray]


def _indexed(rng: np.random.Generator, n: int, k: int) -> Made:
    f = 2.0 * rng.standard_normal((n, k), dtype=np.float32)
    y = rng.integers(0, k, n)
    f[np.arange(n), y] += 2.0 * np.log(k) * rng.random(n, dtype=np.float32)
    return y, f


def _half_ignored(rng: np.random.Generator, n: int, k: int) -> Made:
    y, f = _indexed(rng, n, k)
    return np.where(rng.permutation(n) < n // 2, IGNORED, y), f


def _grid(rng: np.random.Generator, n: int, k: int) -> Made:
    # Differences of right and wrong scores are odd multiples of 2**-7: never at a kink, and exact in float32.
    y, f = _indexed(rng, n, k)
    f = np.round(64.0 * f) / 64.0
    f[np.arange(n), y] += 2.0**-7
    return y, f


def _shares(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    # In double: a row must sum to one in the dtype that it is rounded to.
    t = rng.standard_exponential((n, k))
    return t / t.sum(axis=1, keepdims=True)


def _soft(rng: np.random.Generator, n: int, k: int) -> Made:
    return _shares(rng, n, k), _indexed(rng, n, k)[1]


def _soft_logs(rng: np.random.Generator, n: int, k: int) -> Made:
    return _shares(rng, n, k), np.log(np.maximum(_shares(rng, n, k), 1e-30))


MAKERS: Mapping[str, Callable[[np.random.Generator, int, int], Made]] = {
    "indexed": _indexed,
    "half ignored": _half_ignored,
    "grid": _grid,
    "soft": _soft,
    "soft logs": _soft_logs,
}


@dataclass(frozen=True)
class RowCase:
    """A loss with its options.

    label     what the tables call it; the key by which every provider and the referee know it
    loss      its name in Lossary's catalogue
    data      a name in ``MAKERS``
    given     its options and parameters, as ours takes them
    weighted  whether it takes the class weights that come with the data
    """

    label: str
    loss: str = "softmax_cross_entropy"
    data: str = "indexed"
    given: Mapping[str, float | int] = field(default_factory=dict)
    weighted: bool = False


PLAIN = RowCase(SOFTMAX)
IGNORING = RowCase(HALF_IGNORED, data="half ignored", given={"ignore_index": IGNORED})
"""Raced beside ``PLAIN`` in the same rounds: its gain is a ratio of neighbours in time."""

EXTRA: tuple[RowCase, ...] = (
    RowCase("label smoothing", given={"label_smoothing": SMOOTHING}),
    RowCase("class weights", weighted=True),
    RowCase("soft targets", data="soft"),
    RowCase("focal", "focal_softmax", given={"gamma": GAMMA}),
    RowCase("Crammer-Singer hinge", "multiclass_hinge"),
    RowCase("Weston-Watkins hinge", "weston_watkins", "grid"),
    RowCase("KL, log-probabilities", "kl_target_prediction_log_probabilities", "soft logs"),
)


class RowStore:
    """Data by kind, kept only while shape and dtype stay the same: 128 x 128,256 doubles are 131 MB."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._kept: dict[str, RowData] = {}
        self._of: tuple[Shape, str] | None = None

    def get(self, case: RowCase, shape: Shape, dtype: str) -> RowData:
        if self._of != (shape, dtype):
            self._kept, self._of = {}, (shape, dtype)
        if case.data not in self._kept:
            rng = np.random.default_rng(self._seed)
            y, f = MAKERS[case.data](rng, *shape)
            y = np.ascontiguousarray(y, np.int64 if y.ndim == 1 else dtype)
            weights = 0.5 + rng.random(shape[1])
            self._kept[case.data] = RowData(y, np.ascontiguousarray(f, dtype), weights)
        return self._kept[case.data]
