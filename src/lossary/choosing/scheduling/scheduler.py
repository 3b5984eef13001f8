"""Stops a comparison at its deadline. What it takes was planned from counts; the clock says how fast it goes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from threading import Lock

from lossary.choosing.scheduling.leaving_out import costliest_model, next_left_out
from lossary.choosing.training.recipes import Recipe

TRUSTED = 0.1
"""The share of the first repeat for which the plan's pace is believed: the first fits may wait for a compiler."""


class Scheduler:
    """Who is still trained, and whether another fit or repeat may begin.

    ``planned`` gives the seconds of a fit by label. While the fits that are left of the first repeat would end after
    the ``deadline`` (of ``time.monotonic``), candidates are left out in the order of a plan: see ``leaving_out``.
    """

    def __init__(
        self, recipes: Iterable[Recipe], jobs: int, deadline: float | None, planned: Mapping[str, float] | None = None
    ) -> None:
        self._recipes = list(recipes)
        self.left_out: list[str] = []
        self.is_stopped = False
        self._jobs, self._deadline = jobs, deadline
        self._planned = {recipe.label: (planned or {}).get(recipe.label, 1.0) for recipe in self._recipes}
        self._pending: Counter[str] = Counter()
        self._repeats_begun = 0
        self._trusted = self._done_planned = self._done_seconds = 0.0
        self._lock = Lock()  # work is handed out by other threads than the one that takes results

    def record_time(self, label: str, seconds: float) -> None:
        """One fit is done."""
        with self._lock:
            self._done_planned += self._planned[label]
            self._done_seconds += seconds
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
            if self._repeats_begun == 1:
                self._trusted = TRUSTED * sum(self._planned[label] * n for label, n in self._pending.items())
            return self._repeats_begun == 1 or self._in_time

    @property
    def late(self) -> float:
        """Seconds since the deadline."""
        return 0.0 if self._deadline is None else max(0.0, time.monotonic() - self._deadline)

    def may_begin_fit(self, label: str) -> bool:
        """Whether the next fit of a candidate is to be begun: not if it, or what has to follow, would end too late."""
        with self._lock:
            if self._repeats_begun > 1:
                self.is_stopped |= not self._ends_in_time(self._seconds(label))
                return not self.is_stopped
            while not self._in_time and (leaving := self._next_left_out()):
                self._recipes = [recipe for recipe in self._recipes if recipe not in leaving]
                self.left_out += [recipe.label for recipe in leaving]
            return label not in self.left_out

    def _next_left_out(self) -> list[Recipe]:
        """One candidate, or all of a model that can spare none; of the last model two are trained whatever it takes."""
        last = next_left_out(self._recipes, self._left)
        if last is not None:
            return [last]
        model = costliest_model(self._recipes, self._left)
        return [recipe for recipe in self._recipes if recipe.model == model]

    @property
    def _in_time(self) -> bool:
        left = sum(self._left(recipe) for recipe in self._recipes)
        return left == 0.0 or self._ends_in_time(self._pace * left / self._jobs)

    def _ends_in_time(self, seconds: float) -> bool:
        return self._deadline is None or time.monotonic() + seconds <= self._deadline

    def _left(self, recipe: Recipe) -> float:
        """Planned seconds of the fits that a candidate has before it."""
        return self._pending[recipe.label] * self._planned[recipe.label]

    def _seconds(self, label: str) -> float:
        """What a fit is likely to take, as planned and at the pace so far."""
        return self._pace * self._planned[label]

    @property
    def _pace(self) -> float:
        """Seconds that a planned second takes."""
        done = self._done_planned + self._trusted
        return (self._done_seconds + self._trusted) / done if done else 1.0
