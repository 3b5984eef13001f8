"""Interleaved timing and what may be said of it.

Whatever disturbs a shared machine disturbs neighbours in time alike. So every round runs every contestant once, in an
order drawn anew, and only ratios of contestants of the same rounds are claimed, with an interval from resampling whole
rounds.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SHORTEST = 2e-4
"""A sample lasts at least this long (seconds), by repeating short calls."""

REST = 1e-3
"""Seconds between contestants: idle OpenMP threads spin for a while, and would do so on the next one's processor."""

BRIEF = 1e-3
"""Calls shorter than this are called once more before the clock starts, to wake their threads and warm the caches."""

LONG = 2e-2
"""A call this long (seconds) is looked at only once before the race."""

RESAMPLES = 400


@dataclass(frozen=True)
class Contestant:
    """A thing to time: ``call`` does one unit of work and returns whatever it returns.

    ``prepare`` runs before every call, outside the clock: it restores what a call in place has overwritten.
    """

    name: str
    call: Callable[[], object]
    prepare: Callable[[], object] | None = None

    def once(self) -> object:
        """One call, prepared for."""
        if self.prepare is not None:
            self.prepare()
        return self.call()


@dataclass(frozen=True)
class Rules:
    """How long a race is: ``least`` to ``most`` rounds, as many as fit in ``budget`` seconds."""

    budget: float
    least: int = 15
    most: int = 60


@dataclass(frozen=True)
class Times:
    """Seconds a call, one sample a round; the k-th samples of two contestants are of the same round."""

    samples: np.ndarray

    @property
    def median(self) -> float:
        return float(np.median(self.samples))

    @property
    def quartiles(self) -> tuple[float, float]:
        low, high = np.percentile(self.samples, [25, 75])
        return float(low), float(high)


@dataclass(frozen=True)
class Ratio:
    """A ratio of medians and its 95% interval."""

    value: float
    low: float
    high: float


def ratio(times: Times, base: Times, seed: int = 0) -> Ratio:
    """How many times longer ``times`` is than ``base``. Rounds are resampled whole, which keeps the pairing."""
    a, b = times.samples, base.samples
    if a.shape != b.shape:
        raise ValueError(f"not of the same rounds: {a.size} and {b.size} samples")
    drawn = np.random.default_rng(seed).integers(0, a.size, (RESAMPLES, a.size))
    spread = np.median(a[drawn], axis=1) / np.median(b[drawn], axis=1)
    low, high = np.percentile(spread, [2.5, 97.5])
    return Ratio(times.median / base.median, float(low), float(high))


def rounds(cost_of_a_round: float, rules: Rules) -> int:
    """How many rounds fit, within the rules."""
    return int(min(max(rules.budget / max(cost_of_a_round, 1e-9), rules.least), rules.most))


def race(
    contestants: Sequence[Contestant],
    rules: Rules,
    rng: np.random.Generator,
    clock: Callable[[], float] = time.perf_counter,
    rest: Callable[[float], None] = time.sleep,
) -> Mapping[str, Times]:
    """Time all contestants in rounds of random order. Each has run at least once: nothing lazy is left to do."""
    expected = {c.name: _expected(c, clock) for c in contestants}
    repeats = {name: max(1, math.ceil(SHORTEST / max(t, 1e-9))) for name, t in expected.items()}
    count = rounds(sum(REST + t * repeats[name] for name, t in expected.items()), rules)
    samples = {c.name: np.empty(count) for c in contestants}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for k in range(count):
            for j in rng.permutation(len(contestants)):
                each = contestants[j]
                rest(REST)
                if expected[each.name] < BRIEF:
                    each.once()
                samples[each.name][k] = _timed(each, repeats[each.name], clock)
    finally:
        if collecting:
            gc.enable()
    return {name: Times(found) for name, found in samples.items()}


def _timed(contestant: Contestant, repeats: int, clock: Callable[[], float]) -> float:
    turns, call, prepare = range(repeats), contestant.call, contestant.prepare
    if prepare is not None:
        spent = 0.0
        for _ in turns:
            prepare()
            start = clock()
            call()
            spent += clock() - start
        return spent / repeats
    start = clock()
    for _ in turns:
        call()
    return (clock() - start) / repeats


def _expected(contestant: Contestant, clock: Callable[[], float]) -> float:
    """Roughly how long a call takes, given that it has run before: the best of three, or one that is long."""
    best = _timed(contestant, 1, clock)
    return best if best > LONG else min(best, *(_timed(contestant, 1, clock) for _ in range(2)))
