"""Claims that are numbers: the smallest upper bound on the value, or on the gradient, over class indices.

A bound is approached by random searches on NumPy, in short rows, and by rows of a few shapes, of up to thousands of
classes; what they find is judged by the referee.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import mpmath
import numpy as np
from mpmath import mp

from lossary.proof.claim_findings import growing, largest
from lossary.proof.findings import Finding
from lossary.proof.rows.cases import weights
from lossary.proof.rows.exact_loss import Number, Numbers, short
from lossary.proof.rows.loss_under_test import RowAt, RowLossUnderTest
from lossary.proof.rows.random_search import minimise

BOUNDS = {"bounded": "value", "steepest": "grad"}
SLACK = mpmath.mpf(10) ** -12
"""Bounds are stated as doubles."""

SIZES = (2, 4)
LONG = (30, 2000)
LEVELS = (0.0, 0.3, 1.0, 3.0, 10.0, 40.0, 500.0)
FEW = (0.0, 10.0, 500.0)


def bound(loss: RowLossUnderTest, what: str, quantity: str, claimed: float) -> Finding:
    """Exceed a bound, or show that it is not the smallest; where there is none, look for an end of the growth."""
    if mpmath.isinf(claimed):
        far = loss.windows[-2:]
        return growing(what, [largest(size(loss, quantity, t, f) for t, f in window) for window in far])
    limit = mpmath.mpf(claimed)
    highest, highest_at = mp.ninf, ""

    def is_reached() -> bool:
        return bool(highest >= limit - abs(limit) / 1000)

    for t, f in _high(loss, quantity, lambda height: height > claimed * (1.0 + 1e-9) or not is_reached()):
        number = size(loss, quantity, t, f)
        if number > highest:
            highest, highest_at = number, f"at t={short(t)}, f={short(f)}"
        if not number <= limit + SLACK * abs(limit):
            return Finding(what, False, f"at t={short(t)}, f={short(f)}: {quantity} is {mpmath.nstr(number, 17)}")
    detail = f"the most found is {mpmath.nstr(highest, 12)}, {highest_at}: not the smallest bound"
    return Finding(what, is_reached(), "" if is_reached() else detail)


def size(loss: RowLossUnderTest, quantity: str, t: Numbers, f: Numbers) -> Number:
    """The value of a row, or the largest of its gradients."""
    if quantity == "value":
        return loss.value(t, f)
    slopes = loss.exact(t, f).every("grad")
    return mp.nan if not slopes or any(map(mpmath.isnan, slopes)) else max(map(abs, slopes))


def _high(loss: RowLossUnderTest, quantity: str, wanted: Callable[[float], bool]) -> Iterator[RowAt]:
    """Rows where the quantity is large: where searches end, and long rows of a few shapes if they are wanted."""
    for k in SIZES:
        for t, z in _searched(loss, quantity, k):
            yield loss.found(t, z)
    # At a class index only: soft targets are not part of the claim.
    yield from (row for window in loss.windows[1:] for row in window if len(row[1]) == 2)
    for k in LONG:
        t, z = _shapes(loss, k, np.random.default_rng(1857))
        tall = _heights(loss, quantity, t, z)
        if wanted(float(tall.max())):
            highest = int(tall.argmax())
            yield loss.found(t[highest], z[highest])


def _heights(loss: RowLossUnderTest, quantity: str, t: np.ndarray, z: np.ndarray) -> np.ndarray:
    numbers = loss.on_numpy.value(t, z) if quantity == "value" else loss.on_numpy.steepest(t, z)
    return np.where(np.isfinite(numbers), numbers, -np.inf)


@lru_cache(maxsize=32)
def _searched(loss: RowLossUnderTest, quantity: str, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Targets and unconstrained numbers of the highest rows of one size."""
    generator = np.random.default_rng(1857)
    t, z = _shapes(loss, k, generator)
    best = np.argsort(-_heights(loss, quantity, t, z), kind="stable")[:16]
    ends, low = minimise(lambda z: -_heights(loss, quantity, t[best], z), z[best], 60)
    return [(t[best][i], ends[i]) for i in np.argsort(low, kind="stable")[:2]]


def _shapes(loss: RowLossUnderTest, k: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows with one, half or all but one of the classes raised, ramps and random ones; each with a few targets."""
    small = k <= max(SIZES)
    one, half, ramp = np.array(weights(0, k)), (np.arange(k) < k / 2).astype(float), np.linspace(0.0, 1.0, k)
    levels = [sign * level for level in (LEVELS if small else FEW) for sign in (1.0, -1.0)]
    shapes = [level * shape for shape in (one, half, ramp) for level in levels]
    shapes += [10.0 ** generator.uniform(-1.0, 2.0) * generator.normal(size=k) for _ in range(30 if small else 2)]
    classes = k + loss.record.more_classes
    sure = (1.0, 8.0, 60.0) if loss.record.targets == "scores" else (1.0,)
    pairs = [
        (level * np.array(weights(c, classes)), shape)
        for shape in shapes
        for c in sorted({0, 1, classes // 2, classes - 1} if small else {0, classes - 1})
        for level in sure
    ]
    return np.array([t for t, _ in pairs]), np.array([z for _, z in pairs])
