"""The best constant prediction: the mean where a loss elicits that; else where the summed gradient changes sign.

The sum of gradients is exact, so its sign is, and bisection over the doubles themselves ends at the last bit. Where
every constant between two is equally good (a median of an even number), the middle one is returned.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lossary import primitives
from lossary.evaluate.arrays import inputs, weights
from lossary.evaluate.arrays.missing import weighted
from lossary.evaluate.base import BaseLossFunction
from lossary.formula import Domain, Interval, Loss

PointwiseLoss = BaseLossFunction[Loss]

STARTS = 65
"""How many quantiles of the targets a loss that is not convex is tried at."""

LARGEST = np.finfo(np.float64).max


def optimal_constant(
    loss: PointwiseLoss, y_true: object, sample_weight: object = None, missing: str = "error"
) -> float:
    """The constant of least cost; infinite where only a limit attains it, such as the logit of a certain event.

    Losses that are not convex are started from many quantiles of the targets: the best minimum found is returned.
    """
    if not all(isinstance(v, float) for v in loss.given.values()):
        raise TypeError(f"{loss}: one best constant needs parameters that are numbers, not arrays")
    pair = inputs.pair(y_true, y_true)
    weight = weighted(missing, pair.y, weights.combined(sample_weight, None, pair.shape))
    y = pair.y.astype(np.float64)
    kept = y if weight is None else y[weight != 0.0]
    if kept.size == 0:
        raise ValueError(f"{loss}: no example counts, so no constant is best")
    _check_targets(loss, y, weight)
    if loss.functional == "mean" or loss.claims.get("proper"):
        total, divisor = loss.__class__(replace(weights.SUM, target=loss.record.target)).parts(y, y, weight)
        return _linked(total.over(divisor.units), loss.link)
    certain = loss.link != "identity" and float(kept.min()) == float(kept.max()) in _ends(loss.record.target)
    if certain:
        return math.copysign(math.inf, float(kept[0]) - 0.5)
    slope = _Along(replace(loss.record, value=loss.record.grad), loss, y, weight)
    level = _Along(loss.record, loss, y, weight)
    if loss.claims.get("convex"):
        best = _between(slope, level, *_bracket(slope, kept, loss))
    else:
        best = _best_of_many(slope, level, _starts(kept, loss))
    lowest = level(best)
    if loss.link == "identity" and any(level(far) < lowest for far in (-math.inf, math.inf)):
        raise ValueError(f"{loss}: no constant is best, the cost falls for ever towards infinity")
    return best


class _Along:
    """The summed value of a formula as a function of one constant prediction."""

    def __init__(self, record: Loss, loss: PointwiseLoss, y: np.ndarray, weight: np.ndarray | None) -> None:
        self._loss = loss.__class__(record, loss.given)
        self._y, self._weight = y, weight

    def __call__(self, constant: float) -> float:
        everywhere = np.broadcast_to(np.float64(constant), self._y.shape)
        total, _ = self._loss.parts(self._y, everywhere, self._weight, check=False)
        return float(total)


def _check_targets(loss: PointwiseLoss, y: np.ndarray, weight: np.ndarray | None) -> None:
    anywhere = 1.0 if 1.0 in loss.prediction else 0.5
    loss.parts(y, np.broadcast_to(np.float64(anywhere), y.shape), weight)


def _ends(domain: Domain) -> tuple[float, ...]:
    return (domain.low, domain.high) if isinstance(domain, Interval) else domain.values


def _linked(mean: float, link: str) -> float:
    with np.errstate(divide="ignore"):
        if link == "log":
            return float(primitives.log(mean))
        if link == "logit":
            return float(primitives.log(mean) - primitives.log1p(-mean))
    return mean


def _bracket(slope: Callable[[float], float], y: np.ndarray, loss: PointwiseLoss) -> tuple[float, float]:
    """Constants between which the slope changes sign, or the ends of the domain where it never does."""
    if loss.link == "identity" and isinstance(loss.target, Interval):
        return float(y.min()), float(y.max())
    low, high = -1.0, 1.0
    while slope(low) > 0.0 and low > -LARGEST / 4:
        low *= 4.0
    while slope(high) < 0.0 and high < LARGEST / 4:
        high *= 4.0
    return low, high


def _between(slope: Callable[[float], float], level: Callable[[float], float], low: float, high: float) -> float:
    """The middle of the constants where the slope is zero."""
    if slope(low) > 0.0:
        return low
    last_falling = _last(lambda c: slope(c) < 0.0, low, high)
    last_not_rising = _last(lambda c: slope(c) <= 0.0, low, high)
    first = low if last_falling is None else _kink(level, math.nextafter(last_falling, high), last_falling)
    end = low if last_not_rising is None else _kink(level, last_not_rising, math.nextafter(last_not_rising, high))
    if end > first:
        return 0.5 * first + 0.5 * end
    return min((end, first), key=level)


def _kink(level: Callable[[float], float], constant: float, neighbour: float) -> float:
    """The neighbouring double if it is as good: a kink, where the gradient is that of its middle, is an end too."""
    return neighbour if level(neighbour) <= level(constant) else constant


def _ordered(number: float) -> int:
    """An integer that orders as the doubles do."""
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def _double(order: int) -> float:
    bits = order if order >= 0 else -order | -0x8000000000000000
    number: float = struct.unpack("<d", struct.pack("<q", bits))[0]
    return number


def _last(holds: Callable[[float], bool], low: float, high: float) -> float | None:
    """The greatest double in [low, high] where a condition holds that, once false, stays so; None if it never does."""
    if not holds(low):
        return None
    if holds(high):
        return high
    below, above = _ordered(low), _ordered(high)
    while above - below > 1:
        middle = (below + above) // 2
        if holds(_double(middle)):
            below = middle
        else:
            above = middle
    return _double(below)


def _starts(y: np.ndarray, loss: PointwiseLoss) -> list[float]:
    """Constants from low to high, close enough together to have one minimum between two."""
    if loss.link == "identity" and isinstance(loss.target, Interval):
        quantiles: list[float] = np.unique(np.quantile(y, np.linspace(0.0, 1.0, STARTS), method="nearest")).tolist()
        return quantiles
    return np.linspace(-40.0, 40.0, 161).tolist()


def _best_of_many(slope: Callable[[float], float], level: Callable[[float], float], starts: list[float]) -> float:
    """The lowest of the minima between two starts, and of the starts."""
    candidates = list(starts)
    for low, high in itertools.pairwise(starts):
        if slope(low) < 0.0 < slope(high):
            middle = _last(lambda c: slope(c) <= 0.0, low, high)
            candidates += [] if middle is None else [middle]
    return float(min(candidates, key=level))
