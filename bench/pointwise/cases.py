"""What is raced: ten losses, the data each is fed, and how its kernel is judged.

The data mix the branches of each loss, as training data would: residuals on both sides of every kink, logits on both
sides of zero, counts with zeros among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

DELTA, TAU, POWER, SCALE = 1.0, 0.9, 1.5, 2.0
"""Parameters used by every provider: Huber's and pseudo-Huber's delta, the quantile, Tweedie's power, Cauchy's c."""

POLYNOMIAL, TRANSCENDENTAL = "polynomial", "transcendental"


@dataclass(frozen=True)
class Data:
    """Targets and predictions: the inputs of every provider, shared without a copy wherever it can be."""

    y: np.ndarray
    f: np.ndarray

    @property
    def size(self) -> int:
        return self.f.size

    @property
    def dtype(self) -> str:
        return str(self.f.dtype)


Maker = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def _residuals(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.standard_normal(n, dtype=np.float32)
    return y, y + rng.standard_normal(n, dtype=np.float32)


def _labels(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    f = 2.0 * rng.standard_normal(n, dtype=np.float32)
    return (rng.random(n, dtype=np.float32) < 1.0 / (1.0 + np.exp(-f))), f


def _counts(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    f = 0.5 * rng.standard_normal(n, dtype=np.float32)
    return rng.poisson(np.exp(f)), f


def _amounts(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    f = 0.5 * rng.standard_normal(n, dtype=np.float32)
    some = rng.random(n, dtype=np.float32) < 0.5
    return some * rng.standard_exponential(n, dtype=np.float32) * np.exp(f), f


MAKERS: Mapping[str, Maker] = {"residuals": _residuals, "labels": _labels, "counts": _counts, "amounts": _amounts}


@dataclass(frozen=True)
class Case:
    """A loss in the race.

    name     its name in Lossary's catalogue
    kind     "polynomial" or "transcendental", which decides its target
    data     a name in ``MAKERS``
    given    its first parameters, in order
    """

    name: str
    kind: str
    data: str = "residuals"
    given: tuple[float, ...] = ()


CASES: tuple[Case, ...] = (
    Case("squared_error", POLYNOMIAL),
    Case("huber", POLYNOMIAL, given=(DELTA,)),
    Case("absolute_error", POLYNOMIAL),
    Case("quantile", POLYNOMIAL, given=(TAU,)),
    Case("pseudo_huber", POLYNOMIAL, given=(DELTA,)),
    Case("log_cosh", TRANSCENDENTAL),
    Case("logistic", TRANSCENDENTAL, "labels"),
    Case("poisson", TRANSCENDENTAL, "counts"),
    Case("tweedie", TRANSCENDENTAL, "amounts", (POWER,)),
    Case("cauchy", TRANSCENDENTAL, given=(SCALE,)),
)


class Store:
    """Data by kind, size and dtype, kept only while the size and dtype stay the same: 1e7 doubles are 80 MB."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._kept: dict[str, Data] = {}
        self._of: tuple[int, str] | None = None

    def get(self, case: Case, size: int, dtype: str) -> Data:
        if self._of != (size, dtype):
            self._kept, self._of = {}, (size, dtype)
        if case.data not in self._kept:
            y, f = MAKERS[case.data](np.random.default_rng(self._seed), size)
            self._kept[case.data] = Data(np.ascontiguousarray(y, dtype), np.ascontiguousarray(f, dtype))
        return self._kept[case.data]
