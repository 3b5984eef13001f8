"""Mean scores of rows that come in parts: exact, whatever the parts, and with what luck may have done to them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from lossary.choosing.judging.coverage import CONFIDENCE, wilson
from lossary.evaluate.accumulate import Accumulator
from lossary.evaluate.registry import get


@dataclass(frozen=True)
class Mean:
    """A mean score, and the interval that holds that of all such rows with 95%; NaN where nothing tells."""

    value: float
    low: float
    high: float


NOTHING = Mean(float("nan"), float("nan"), float("nan"))


@dataclass
class Sums:
    """What is left of the scores of rows: enough for their weighted mean and its interval.

    The mean is kept as an exact sum. ``squares`` is the sum of squared distances from ``centre``, each score counted as
    the square of its weight, and ``mass`` the sum of these squares. They merge by Chan, Golub and LeVeque (1983), and
    lose no digits where scores are large and nearly the same.
    """

    rows: int = 0
    exact: Accumulator = field(default_factory=lambda: get("absolute_error").accumulator())
    mass: float = 0.0
    centre: float = 0.0
    squares: float = 0.0
    most: float | None = field(default=None, kw_only=True)
    """The most that a row can cost, where there is such a price: of an error rate 1."""
    all_or_nothing: bool = True
    """Whether all scores so far are nothing, or the most."""

    def add(self, scores: np.ndarray, weight: np.ndarray | None = None) -> None:
        """Add scores, (n,) and none negative, with weights (n,) of zero or more."""
        if weight is not None:
            scores, weight = scores[weight > 0.0], weight[weight > 0.0]
        if not scores.size:
            return
        # No score is negative, so a score is its own absolute error from zero, and that has exact sums.
        self.exact.update(np.zeros(scores.size), scores, weight)
        self.rows += scores.size
        if self.most is not None and self.all_or_nothing:
            self.all_or_nothing = bool(((scores == 0.0) | (scores >= self.most * (1.0 - 1e-9))).all())
        counted = np.ones(scores.size) if weight is None else weight**2
        mass = float(counted.sum())
        centre = float(np.average(scores, weights=counted))
        squares = float(np.sum(counted * (scores - centre) ** 2))
        whole, apart = self.mass + mass, centre - self.centre
        self.squares += squares + apart * apart * self.mass * mass / whole
        self.centre += apart * mass / whole
        self.mass = whole

    def mean(self) -> Mean:
        """The mean score with its interval: Wilson's where every row costs nothing or the most, else Student's."""
        if not self.rows:
            return NOTHING
        mean, total = self.exact.value, self.exact.denominator
        if self.most is not None and self.all_or_nothing:
            low, high = wilson(min(1.0, mean / self.most), total * total / self.mass)
            return Mean(mean, self.most * low, self.most * high)
        if self.rows == 1:
            return Mean(mean, float("nan"), float("nan"))
        squares = self.squares + self.mass * (self.centre - mean) ** 2
        error = float(np.sqrt(squares * self.rows / (self.rows - 1))) / total
        half = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, self.rows - 1)) * error
        return Mean(mean, max(0.0, mean - half), mean + half)


def mean_of(means: list[Mean]) -> Mean:
    """The mean of independent means: distances to the ends add as squares (Zou and Donner 2008)."""
    if len(means) < 2:
        return means[0] if means else NOTHING
    value = float(np.mean([each.value for each in means]))
    below, above = (
        float(np.sqrt(np.sum(np.square(ends)))) / len(means)
        for ends in ([e.value - e.low for e in means], [e.high - e.value for e in means])
    )
    return Mean(value, max(0.0, value - below), value + above)


def differ(one: Mean, other: Mean) -> bool | None:
    """Whether two independent means differ by more than luck (Zou and Donner 2008); None where nothing tells."""
    apart = one.value - other.value
    down = np.hypot(one.value - one.low, other.high - other.value)
    up = np.hypot(one.high - one.value, other.value - other.low)
    return bool(apart - down > 0.0 or apart + up < 0.0) if np.isfinite(down + up + apart) else None
