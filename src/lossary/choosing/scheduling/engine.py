"""Trains candidates on all folds, in parallel and resumably, and collects what they predicted.

Work is taken fold by fold, every candidate on the same fold, so that scores can be compared from the first fold on and
what a budget cuts off is repeats before candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lossary.choosing.comparison.study import Fold, Study
from lossary.choosing.scheduling.parallel import RunAll, Unit, parallel
from lossary.choosing.scheduling.progress import Reporter, Watch
from lossary.choosing.scheduling.scheduler import Scheduler
from lossary.choosing.scheduling.store import Store
from lossary.choosing.training.fold_fit import Outcome, constants
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe


@dataclass(frozen=True)
class TrainingResults:
    """What came of all fits: the study, remarks by candidate, and what there was no time for."""

    study: Study
    remarks: dict[str, str] = field(default_factory=dict)
    repeats_left_out: int = 0
    left_out: tuple[str, ...] = ()
    late: float = 0.0
    """Seconds after the deadline that the last fit ended."""


def compare_candidates(
    problem: Problem,
    recipes: Sequence[Recipe],
    folds: Sequence[Fold],
    *,
    store: Store,
    jobs: int = 1,
    backend: str = "loky",
    deadline: float | None = None,
    planned: Mapping[str, float] | None = None,
    watch: Watch | None = None,
) -> TrainingResults:
    """Train every recipe on every fold.

    A recipe that fails is left out of later folds and recorded with its error; recipes and repeats that would not end
    before the ``deadline`` (of ``time.monotonic``) are left out, by what fits are ``planned`` to take, in seconds by
    label, and by how fast they are. Outcomes are stored as they come: an interruption loses nothing.
    """
    scheduler = Scheduler(recipes, jobs, deadline, planned)
    found = 0 if watch is None else store.count(recipes, folds)
    training = _Training(recipes, folds, store, scheduler, Reporter(problem, recipes, folds, watch, found))
    repeats = 1 + max(fold.repeat for fold in folds)
    done_repeats = 0
    with parallel(problem, jobs, backend) as run_all:
        while done_repeats < repeats and training.run_repeat(done_repeats, run_all):
            done_repeats += 1
    late = scheduler.late
    trained = [recipe for recipe in recipes if recipe.label not in scheduler.left_out]
    study = _study(problem, trained, [fold for fold in folds if fold.repeat < done_repeats], training)
    remarks = {recipe.label: training.remark(recipe) for recipe in trained}
    return TrainingResults(
        study,
        {label: remark for label, remark in remarks.items() if remark},
        repeats - done_repeats,
        tuple(scheduler.left_out),
        late,
    )


class _Training:
    """The fits of a comparison: outcomes by candidate and fold, and the errors of the candidates that failed."""

    def __init__(
        self,
        recipes: Sequence[Recipe],
        folds: Sequence[Fold],
        store: Store,
        scheduler: Scheduler,
        reporter: Reporter,
    ) -> None:
        self.recipes, self.folds, self.store, self.scheduler = recipes, folds, store, scheduler
        self.reporter = reporter
        self.outcomes: dict[tuple[str, int], Outcome] = {}
        self.failures: dict[str, str] = {}

    def run_repeat(self, repeat: int, run_all: RunAll) -> bool:
        """Train all that are still compared on the folds of one repeat; False if there is no time for all of it."""
        pending = self._pending(repeat)
        if not self.scheduler.begin_repeat(recipe.label for recipe, _, _ in pending):
            return False
        self.reporter.report(self.outcomes, self.failures)
        # Lazily: what has failed on one fold, or takes too long, is not sent to the next.
        units = (unit for unit in pending if self._is_still_compared(unit[0]))
        for recipe, index, outcome in run_all(units):
            if isinstance(outcome, str):
                self.failures.setdefault(recipe.label, outcome)
                self.scheduler.record_failure(recipe.label)
            else:
                self.outcomes[recipe.label, index] = outcome
                self.store.keep(recipe, self.folds[index], outcome)
                self.scheduler.record_time(recipe.label, outcome.seconds)
            self.reporter.report(self.outcomes, self.failures)
        return not self.scheduler.is_stopped

    def _pending(self, repeat: int) -> list[Unit]:
        """The fits of a repeat that are to be run; outcomes of an earlier run are taken from the store."""
        left_out = {*self.scheduler.left_out, *self.failures}
        pending = []
        for index, fold in enumerate(self.folds):
            if fold.repeat != repeat:
                continue
            for recipe in self.recipes:
                if recipe.label in left_out:
                    continue
                stored = self.store.find(recipe, fold)
                if stored is None:
                    pending.append((recipe, index, fold))
                else:
                    self.outcomes[recipe.label, index] = stored
                    self.scheduler.record_time(recipe.label, stored.seconds)
        return pending

    def _is_still_compared(self, recipe: Recipe) -> bool:
        return recipe.label not in self.failures and self.scheduler.may_begin_fit(recipe.label)

    def remark(self, recipe: Recipe) -> str:
        """What is to be said of a candidate's fits, and of how many."""
        remarks = [o.remark for (label, _), o in self.outcomes.items() if label == recipe.label and o.remark]
        return f"{remarks[0]} on {len(remarks)} folds" if remarks else ""


def _study(problem: Problem, recipes: Sequence[Recipe], folds: Sequence[Fold], training: _Training) -> Study:
    predictions, seconds = {}, {}
    repeats = 1 + max(fold.repeat for fold in folds)
    for recipe in recipes:
        outcomes = [(fold, training.outcomes.get((recipe.label, index))) for index, fold in enumerate(folds)]
        done = [(fold, outcome) for fold, outcome in outcomes if outcome is not None]
        if not done or recipe.label in training.failures:
            continue
        shape = done[0][1].predictions.shape[1:]
        out_of_fold = np.full((repeats, problem.y.size, *shape), np.nan)
        for fold, outcome in done:
            out_of_fold[fold.repeat, fold.test] = outcome.predictions
        predictions[recipe.label] = out_of_fold
        seconds[recipe.label] = float(sum(outcome.seconds for _, outcome in done))
    return Study(
        want=problem.want,
        y=problem.y,
        weight=problem.weight,
        folds=tuple(folds),
        candidates=tuple(recipe.candidate for recipe in recipes),
        predictions=predictions,
        constants=constants(problem, list(folds)),
        classes=problem.classes,
        seconds=seconds,
        failures=dict(training.failures),
        seed=problem.seed,
        ordered=problem.ordered,
        groups=problem.groups,
        row_numbers=problem.features.row_numbers,
    )
