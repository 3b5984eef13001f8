"""Keeps a comparison within its time by what fits take: estimates made before the first fit may be far off."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median
from threading import Lock

from lossary.choosing.training.recipes import Recipe

FEWEST = 2
"""Candidates that are trained whatever it takes: fewer would be no comparison."""


def candidate_to_drop(recipes: Sequence[Recipe], cost: Callable[[Recipe], float]) -> Recipe:
    """The costliest recipe, of several the last; never the first of all, nor the only one with another loss than it."""
    others = [r for r in recipes if r.candidate.loss != recipes[0].candidate.loss]
    may_go = [r for r in recipes[1:] if others != [r]]
    return max(may_go, key=lambda r: (cost(r), recipes.index(r)))


class Scheduler:
    """Who is still trained, and whether another repeat may begin.

    Recipes come in order of importance. While the fits that are left would end after the ``deadline`` (of
    ``time.monotonic``), the candidate that costs most time is left out: see ``candidate_to_drop``.
    """

    def __init__(self, recipes: Iterable[Recipe], jobs: int, deadline: float | None) -> None:
        self._recipes = list(recipes)
        self.left_out: list[str] = []
        self._jobs, self._deadline = jobs, deadline
        self._seconds: dict[str, list[float]] = {}
        self._pending: Counter[str] = Counter()
        self._repeats_begun = 0
        self._lock = Lock()  # work is handed out by other threads than the one that takes results

    def record_time(self, label: str, seconds: float) -> None:
        """One fit is done."""
        with self._lock:
            self._seconds.setdefault(label, []).append(seconds)
            self._pending[label] -= 1

    def record_failure(self, label: str) -> None:
        """No more fits of it."""
        with self._lock:
            del self._pending[label]

    def begin_repeat(self, pending: Iterable[str]) -> bool:
        """Whether there is time for another repeat: these fits, a label for each. The first one always begins."""
        with self._lock:
            self._repeats_begun += 1
            self._pending = Counter(pending)
            return self._repeats_begun == 1 or self._in_time

    @property
    def late(self) -> float:
        """Seconds since the deadline."""
        return 0.0 if self._deadline is None else max(0.0, time.monotonic() - self._deadline)

    def may_begin_fit(self, label: str) -> bool:
        """Whether the next fit of a candidate is to be begun; whoever costs most may be left out first."""
        with self._lock:
            if self._repeats_begun > 1:
                return True
            while len(self._recipes) > FEWEST and not self._in_time:
                slowest = candidate_to_drop(self._recipes, lambda recipe: self._left(recipe.label))
                self._recipes.remove(slowest)
                self.left_out.append(slowest.label)
            return label not in self.left_out

    @property
    def _in_time(self) -> bool:
        if self._deadline is None or not self._seconds:
            return True
        left = sum(self._left(recipe.label) for recipe in self._recipes) / self._jobs
        return left == 0.0 or time.monotonic() + left <= self._deadline

    def _left(self, label: str) -> float:
        """Seconds of the fits that a candidate has before it; if none was timed, like the median of the others'."""
        means = {fitted: fmean(seconds) for fitted, seconds in self._seconds.items()}
        return self._pending[label] * means.get(label, median(means.values()))
