"""What a time budget allows: how many repeats, rows and candidates, from one timed fit of each model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.scheduling.scheduler import FEWEST, candidate_to_drop
from lossary.choosing.training import fold_fit
from lossary.choosing.training.problem import Problem, subset
from lossary.choosing.training.recipes import Recipe

TIMED_ROWS = 2000
FEWEST_ROWS = 5000
SHARE = 0.8
"""The share of the budget for inspection and fits: estimates are rough, and a report has to be written."""

SLOWER = {
    "absolute_error": 2.0,
    "quantile": 2.0,
    "hinge": 3.0,
    "multiclass_hinge": 40.0,
    "tukey_biweight": 4.0,
    "student_t_nll": 3.0,
}
"""Times of linear fits beside squared error's with a log link, roughly."""


def fits_end(budget: float | None, began: float | None = None) -> float | None:
    """When fits have to be done, by ``time.monotonic``, of a budget that counts from ``began`` (or from now)."""
    return None if budget is None else (time.monotonic() if began is None else began) + SHARE * budget


@dataclass(frozen=True)
class Workload:
    """What is to be trained: every recipe on every fold of every repeat. ``seconds`` is what that is likely to take."""

    recipes: tuple[Recipe, ...]
    folds: int
    repeats: int
    rows: int
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def fits(self) -> int:
        """How many models are trained: candidates times folds times repeats."""
        return len(self.recipes) * self.folds * self.repeats


@dataclass(frozen=True)
class _Speed:
    """Seconds a training row of one fit of each model, and how many fits run at a time."""

    seconds_a_row: Mapping[str, float]
    jobs: int

    def seconds(self, workload: Workload) -> float:
        """How long a workload is likely to take."""
        trained = workload.rows * (1.0 - 1.0 / workload.folds)
        once = sum(
            self.seconds_a_row[r.model] * SLOWER.get(r.candidate.loss, 1.0) * len(r.parts) * trained
            for r in workload.recipes
        )
        return once * workload.folds * workload.repeats / self.jobs

    def of_model(self, recipe: Recipe) -> float:
        """What a recipe's model takes."""
        return self.seconds_a_row[recipe.model]


def within_budget(problem: Problem, asked_for: Workload, until: float | None, jobs: int) -> Workload:
    """Time one fit of each model, then leave out repeats, rows and candidates, in this order, until the rest fits.

    Candidates of the costliest model go first. ``until`` is when fits have to be done, by ``time.monotonic``.
    """
    models = dict.fromkeys(recipe.model for recipe in asked_for.recipes)
    speed = _Speed({model: _seconds_a_row(problem, asked_for.recipes, model) for model in models}, jobs)
    workload = asked_for
    if until is not None:
        available = max(0.0, until - time.monotonic())
        for leave_out in (_fewer_repeats, _fewer_rows, _fewer_candidates):
            workload = leave_out(workload, speed, available)
    return replace(workload, seconds=speed.seconds(workload))


def _fewer_repeats(workload: Workload, speed: _Speed, available: float) -> Workload:
    repeats = workload.repeats
    while repeats > 1 and speed.seconds(replace(workload, repeats=repeats)) > available:
        repeats -= 1
    if repeats == workload.repeats:
        return workload
    some = f"{repeats} repeat{'s' * (repeats > 1)}"
    note = f"{some} of the folds in place of {workload.repeats}, to stay in the time budget"
    return replace(workload, repeats=repeats, notes=(*workload.notes, note))


def _fewer_rows(workload: Workload, speed: _Speed, available: float) -> Workload:
    seconds = speed.seconds(workload)
    if seconds <= available or workload.rows <= FEWEST_ROWS:
        return workload
    rows = max(FEWEST_ROWS, int(workload.rows * available / seconds))
    note = f"{rows:,} of {workload.rows:,} rows, drawn at random, to stay in the time budget"
    return replace(workload, rows=rows, notes=(*workload.notes, note))


def _fewer_candidates(workload: Workload, speed: _Speed, available: float) -> Workload:
    recipes = list(workload.recipes)
    while len(recipes) > FEWEST and speed.seconds(replace(workload, recipes=tuple(recipes))) > available:
        recipes.remove(candidate_to_drop(recipes, speed.of_model))
    left_out = [recipe.label for recipe in workload.recipes if recipe not in recipes]
    if not left_out:
        return workload
    note = f"left out, to stay in the time budget: {', '.join(left_out)}"
    return replace(workload, recipes=tuple(recipes), notes=(*workload.notes, note))


def _seconds_a_row(problem: Problem, recipes: Sequence[Recipe], model: str) -> float:
    """Seconds a training row of one fit of the model: of a loss with a log link, if there is one."""
    of_model = [recipe for recipe in recipes if recipe.model == model]
    timed = next((recipe for recipe in of_model if recipe.candidate.link == "log"), of_model[0])
    sample = problem
    if problem.y.size > TIMED_ROWS:
        draw = np.random.default_rng(problem.seed)
        sample = subset(problem, np.sort(draw.choice(problem.y.size, TIMED_ROWS, replace=False)))
    rows = np.random.default_rng(problem.seed).permutation(sample.y.size)
    fold = Fold(rows[rows.size // 5 :], rows[: rows.size // 5])
    try:
        fold_fit.run(sample, timed, fold)  # the first fit compiles
        began = time.perf_counter()
        fold_fit.run(sample, timed, fold)
    except (ValueError, ArithmeticError, RuntimeError, np.linalg.LinAlgError):
        return 1e-4
    return (time.perf_counter() - began) / fold.train.size
