"""The rows at which claims are attacked: ordinary ones, edge cases, and rows ever farther out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import mpmath
import numpy as np

from lossary.proof.rows.cases import FROM_UNCONSTRAINED, far, generic, rounded
from lossary.proof.rows.edge_cases import edge_cases
from lossary.proof.rows.exact_loss import ExactRowLoss, Number, Numbers, settled, shared
from lossary.proof.rows.random_search import NumpyRowLoss

RowAt = tuple[Numbers, Numbers]
"""Target weights and predictions."""

NOISE = mpmath.mpf(10) ** -40
WINDOWS = tuple(mpmath.mpf(10) ** (10**k) for k in range(4))
WINDOW_SIZES = (3, 4, 8, 24)
"""A loss may grow with the number of classes only."""


class RowLossUnderTest(ExactRowLoss):
    """A loss at fixed parameters, and where to attack it."""

    @cached_property
    def ordinary(self) -> list[RowAt]:
        """Rows of moderate size from the inside of the domain."""
        return [self.precise(case) for case in generic(self.record, self.parameters, 8)]

    @cached_property
    def edge_cases(self) -> list[RowAt]:
        """Ordinary rows, confident ones, and those where digits are lost."""
        cases = edge_cases(self.record, self.parameters, np.float64, (3,))
        picked = np.random.default_rng(1857).permutation(len(cases))[:20]
        return [
            *self.ordinary,
            *(self.precise(case) for case in far(self.record, self.parameters)),
            *(self.precise(cases[i]) for i in picked),
        ]

    @cached_property
    def windows(self) -> list[list[RowAt]]:
        """Rows ever farther out, nearer to the edge, and longer; each with a class index (or a sure teacher)."""
        return [list(self._window(w, k)) for w, k in zip(WINDOWS, WINDOW_SIZES, strict=True)]

    def _window(self, w: Number, k: int) -> Iterator[RowAt]:
        for size in (2, k):
            classes = size + self.record.more_classes
            for f in _extremes(self.record.prediction, size, w):
                for c in sorted({0, 1, classes - 1}):
                    yield self.target(c, classes, w), f

    def target(self, c: int, classes: int, sure: Number = 40) -> Numbers:
        """Class ``c`` as weights, or as the scores of a teacher who is that sure of it."""
        one = mpmath.mpf(sure) if self.record.targets == "scores" else mpmath.mpf(1)
        return tuple(one if i == c else mpmath.mpf(0) for i in range(classes))

    @cached_property
    def on_numpy(self) -> NumpyRowLoss:
        """The same loss on NumPy, to search in."""
        return NumpyRowLoss(self.record, self.parameters)

    def found(self, t: Sequence[float] | np.ndarray, z: np.ndarray) -> RowAt:
        """A row that a search came upon, as the referee takes it."""
        f = tuple(map(mpmath.mpf, rounded(FROM_UNCONSTRAINED[self.record.prediction](z))))
        row = tuple(map(mpmath.mpf, rounded(t)))
        return (shared(row) if self.record.targets == "distribution" else row), settled(self.record.prediction, f)


def _extremes(kind: str, k: int, w: Number) -> Iterator[Numbers]:
    """Predictions that are as large as ``w``, or as near as ``1/w`` to the edge."""
    zero, one = mpmath.mpf(0), mpmath.mpf(1)
    match kind:
        case "scores":
            for first in (w, -w):
                yield (first, *[zero] * (k - 1))
            yield tuple(w * i / k for i in range(k))
            yield (zero,) * k
        case "probabilities":
            for first in (1 / w, 1 - 1 / w):
                yield (first, *[(1 - first) / (k - 1)] * (k - 1))
            yield (one / k,) * k
        case "log_probabilities":
            yield (-w, *[mpmath.log1p(-mpmath.exp(-w)) - mpmath.log(k - 1)] * (k - 1))
            yield (mpmath.log1p(-mpmath.exp(-w)), *[-w - mpmath.log(k - 1)] * (k - 1))
        case "independent_probabilities":
            for first in (1 / w, 1 - 1 / w):
                yield (first, *[one / 2] * (k - 1))
                yield (first,) * k
        case "increasing":
            for first, gap in ((w, one), (-w * k, one), (zero, 1 / w), (-w * k / 2, w)):
                yield tuple(first + gap * i for i in range(k))
