"""Runs candidates over folds, in parallel and resumably, and gathers what they predicted.

Work is taken fold by fold, every candidate on the same fold, so that scores can be compared from the first fold on and
what a budget cuts off is repeats before candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossary.choosing.comparison.scores import score_candidates
from lossary.choosing.comparison.study import Fold, Study
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.scheduling.parallel import RunAll, Unit, parallel
from lossary.choosing.scheduling.scheduler import Scheduler
from lossary.choosing.scheduling.store import Store
from lossary.choosing.training.fold_fit import Outcome, constants
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe


@dataclass(frozen=True)
class Progress:
    """How far a comparison has come: fits done and to do, and the best candidate so far with its score."""

    done: int
    total: int
    best: str = ""
    score: float = float("nan")
    yardstick: str = ""


Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class TrainingResults:
    """What came of all runs: the study, remarks by candidate, and what there was no time for."""

    study: Study
    remarks: dict[str, str] = field(default_factory=dict)
    repeats_left_out: int = 0
    left_out: tuple[str, ...] = ()
    late: float = 0.0
    """Seconds after the deadline that the last fit ended."""


@dataclass
class _Outcomes:
    """Outcomes so far, by candidate and fold."""

    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def compare_candidates(
    problem: Problem,
    recipes: Sequence[Recipe],
    folds: Sequence[Fold],
    *,
    store: Store,
    jobs: int = 1,
    backend: str = "loky",
    deadline: float | None = None,
    watch: Watch | None = None,
) -> TrainingResults:
    """Train every recipe on every fold.

    A recipe that fails is left out of later folds and recorded with its error; recipes and repeats that would not end
    before the ``deadline`` (of ``time.monotonic``) are left out. Outcomes are kept as they come: nothing is lost by an
    interruption.
    """
    gathered = _Outcomes()
    whole = len(recipes) * len(folds)
    repeats = 1 + max(fold.repeat for fold in folds)
    done_repeats = 0
    scheduler = Scheduler(recipes, jobs, deadline)
    told = _reporter(problem, recipes, folds, whole, watch)
    with parallel(problem, jobs, backend) as run_all:
        for repeat in range(repeats):
            here = [(i, fold) for i, fold in enumerate(folds) if fold.repeat == repeat]
            left = [r for r in recipes if r.label not in scheduler.left_out and r.label not in gathered.failures]
            pending = _pending(left, here, store, gathered, scheduler)
            if not scheduler.begins(recipe.label for recipe, _, _ in pending):
                break
            told(gathered)
            _repeat(pending, store, run_all, gathered, scheduler, told)
            done_repeats += 1
    late = scheduler.late
    kept = [fold for fold in folds if fold.repeat < done_repeats]
    in_time = [recipe for recipe in recipes if recipe.label not in scheduler.left_out]
    study = _study(problem, in_time, kept, gathered)
    remarks = {recipe.label: _remark(recipe, gathered) for recipe in in_time}
    return TrainingResults(
        study, {k: v for k, v in remarks.items() if v}, repeats - done_repeats, tuple(scheduler.left_out), late
    )


def _pending(
    recipes: Sequence[Recipe],
    folds: Sequence[tuple[int, Fold]],
    store: Store,
    gathered: _Outcomes,
    scheduler: Scheduler,
) -> list[Unit]:
    """What is to be run of these folds; what was kept is taken."""
    pending = []
    for index, fold in folds:
        for recipe in recipes:
            known = store.find(recipe, fold)
            if known is None:
                pending.append((recipe, index, fold))
            else:
                gathered.outcomes[recipe.label, index] = known
                scheduler.took(recipe.label, known.seconds)
    return pending


def _repeat(
    pending: Sequence[Unit],
    store: Store,
    run_all: RunAll,
    gathered: _Outcomes,
    scheduler: Scheduler,
    told: Callable[[_Outcomes], None],
) -> None:
    by_index = {index: fold for _, index, fold in pending}
    # Lazily: what has failed on one fold, or takes too long, is not sent to the next.
    wanted = (
        (recipe, index, fold)
        for recipe, index, fold in pending
        if recipe.label not in gathered.failures and scheduler.goes_on(recipe.label)
    )
    for recipe, index, outcome in run_all(wanted):
        if isinstance(outcome, str):
            gathered.failures.setdefault(recipe.label, outcome)
            scheduler.failed(recipe.label)
        else:
            gathered.outcomes[recipe.label, index] = outcome
            store.keep(recipe, by_index[index], outcome)
            scheduler.took(recipe.label, outcome.seconds)
        told(gathered)


# What came of it.


def _study(problem: Problem, recipes: Sequence[Recipe], folds: Sequence[Fold], gathered: _Outcomes) -> Study:
    predictions, seconds = {}, {}
    repeats = 1 + max(fold.repeat for fold in folds)
    for recipe in recipes:
        mine = [(fold, gathered.outcomes.get((recipe.label, i))) for i, fold in enumerate(folds)]
        there = [(fold, outcome) for fold, outcome in mine if outcome is not None]
        if not there or recipe.label in gathered.failures:
            continue
        shape = there[0][1].predictions.shape[1:]
        found = np.full((repeats, problem.y.size, *shape), np.nan)
        for fold, outcome in there:
            found[fold.repeat, fold.test] = outcome.predictions
        predictions[recipe.label] = found
        seconds[recipe.label] = float(sum(outcome.seconds for _, outcome in there))
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
        failures=dict(gathered.failures),
        seed=problem.seed,
        ordered=problem.ordered,
        groups=problem.groups,
    )


def _remark(recipe: Recipe, gathered: _Outcomes) -> str:
    told = [o.remark for (label, _), o in gathered.outcomes.items() if label == recipe.label and o.remark]
    return f"{told[0]} on {len(told)} folds" if told else ""


def _reporter(
    problem: Problem, recipes: Sequence[Recipe], folds: Sequence[Fold], whole: int, watch: Watch | None
) -> Callable[[_Outcomes], None]:
    """Tells how far it is, and who leads on the folds that all have finished."""
    if watch is None:
        return lambda gathered: None
    known: dict[tuple[str, int], float] = {}

    def told(gathered: _Outcomes) -> None:
        for (label, index), outcome in gathered.outcomes.items():
            if (label, index) not in known:
                known[label, index] = _fold_score(problem, recipes, label, folds[index], outcome)
        best, score = _leader(recipes, gathered, known)
        watch(Progress(len(gathered.outcomes), whole, best, score, _name(problem)))

    return told


def _leader(recipes: Sequence[Recipe], gathered: _Outcomes, known: dict[tuple[str, int], float]) -> tuple[str, float]:
    folds_of = {r.label: {i for label, i in known if label == r.label} for r in recipes}
    running = [r.label for r in recipes if r.label not in gathered.failures and folds_of[r.label]]
    if not running:
        return "", float("nan")
    most = max(len(folds_of[label]) for label in running)
    full = [label for label in running if len(folds_of[label]) >= max(1, most - 1)]
    shared = set.intersection(*(folds_of[label] for label in full))
    if not shared:
        return "", float("nan")
    means = {label: float(np.mean([known[label, i] for i in shared])) for label in full}
    best = min(means, key=lambda label: (not np.isfinite(means[label]), means[label]))
    return best, means[best]


def _fold_score(problem: Problem, recipes: Sequence[Recipe], label: str, fold: Fold, outcome: Outcome) -> float:
    """The first yardstick's mean on one fold."""
    mine = next(r.candidate for r in recipes if r.label == label)
    rows = fold.test
    weight = None if problem.weight is None else problem.weight[rows]
    alone = Study(
        want=problem.want,
        y=problem.y[rows],
        weight=weight,
        folds=(Fold(np.empty(0, dtype=np.int64), np.arange(rows.size)),),
        candidates=(mine,),
        predictions={label: outcome.predictions[None]},
        constants=outcome.predictions[:1],  # nobody looks at it, but it must be possible
        classes=problem.classes,
    )
    first = _primary_yardstick(problem)
    found = score_candidates(alone, first).by_candidate.get(label)
    return float("inf") if found is None else first.read(float(np.average(found[0], weights=weight)))


def _primary_yardstick(problem: Problem) -> Any:
    none = Study(problem.want, problem.y, problem.weight, (), (), {}, np.empty(0), problem.classes)
    return panel(none)[0]


def _name(problem: Problem) -> str:
    return str(_primary_yardstick(problem).shown)
