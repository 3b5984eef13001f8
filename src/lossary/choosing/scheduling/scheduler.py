"""Keeps a comparison within its time by what fits really take: estimates made before the first fit may be far off."""

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
    """The last of the costliest; never the first of all, nor the only one of another loss than that has."""
    others = [r for r in recipes if r.candidate.loss != recipes[0].candidate.loss]
    may_go = [r for r in recipes[1:] if others != [r]]
    return max(may_go, key=lambda r: (cost(r), recipes.index(r)))


class Scheduler:
    """Who is still trained, and whether another repeat may begin.

    Recipes come in order of importance. While the fits that are left would end after the ``deadline`` (of
    ``time.monotonic``), the candidate that costs most time is left out: see ``candidate_to_drop``.
    """

    def __init__(self, recipes: Iterable[Recipe], jobs: int, deadline: float | None) -> None:
        self._kept = list(recipes)
        self.left_out: list[str] = []
        self._jobs, self._deadline = jobs, deadline
        self._took: dict[str, list[float]] = {}
        self._due: Counter[str] = Counter()
        self._begun = 0
        self._lock = Lock()  # work is handed out by other threads than the one that takes results

    def took(self, label: str, seconds: float) -> None:
        """One fit is done."""
        with self._lock:
            self._took.setdefault(label, []).append(seconds)
            self._due[label] -= 1

    def failed(self, label: str) -> None:
        """No more fits of it."""
        with self._lock:
            del self._due[label]

    def begins(self, pending: Iterable[str]) -> bool:
        """Whether there is time for another repeat: these fits, a label for each. The first one always begins."""
        with self._lock:
            self._begun += 1
            self._due = Counter(pending)
            return self._begun == 1 or self._in_time

    @property
    def late(self) -> float:
        """Seconds since the deadline."""
        return 0.0 if self._deadline is None else max(0.0, time.monotonic() - self._deadline)

    def goes_on(self, label: str) -> bool:
        """Whether the next fit of a candidate is to be begun; whoever costs most may be left out first."""
        with self._lock:
            if self._begun > 1:
                return True
            while len(self._kept) > FEWEST and not self._in_time:
                slowest = candidate_to_drop(self._kept, lambda recipe: self._left(recipe.label))
                self._kept.remove(slowest)
                self.left_out.append(slowest.label)
            return label not in self.left_out

    @property
    def _in_time(self) -> bool:
        if self._deadline is None or not self._took:
            return True
        left = sum(self._left(recipe.label) for recipe in self._kept) / self._jobs
        return left == 0.0 or time.monotonic() + left <= self._deadline

    def _left(self, label: str) -> float:
        """Seconds of the fits that a candidate has before it; one that nobody has seen is like the others."""
        means = {one: fmean(seconds) for one, seconds in self._took.items()}
        return self._due[label] * means.get(label, median(means.values()))
