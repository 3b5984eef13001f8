"""What a time budget allows: how many repeats, rows and candidates, from one timed fit of each model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.scheduling.scheduler import FEWEST, given_up
from lossary.choosing.training import fold_fit
from lossary.choosing.training.problem import Problem, subset
from lossary.choosing.training.recipes import Recipe

TIMED_ROWS = 2000
FEWEST_ROWS = 5000
SHARE = 0.8
"""Of the budget, what looking and fitting may fill: estimates are rough, and a report has to be written."""

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
class Allowance:
    """What is to be run, and the seconds that is likely to take on ``jobs`` processors."""

    recipes: tuple[Recipe, ...]
    repeats: int
    rows: int
    folds: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def fits(self) -> int:
        """How many models are trained: candidates times folds times repeats."""
        return len(self.recipes) * self.folds * self.repeats


def allowed(
    problem: Problem, recipes: Sequence[Recipe], folds: int, repeats: int, until: float | None, jobs: int
) -> Allowance:
    """Time one fit of each model, then leave out repeats, rows and candidates, in this order, until the plan fits.

    Candidates of the costliest model go first. ``until`` is when fits have to be done, by ``time.monotonic``.
    """
    rows = problem.y.size
    a_row = {model: _seconds_a_row(problem, recipes, model) for model in dict.fromkeys(r.model for r in recipes)}
    found = list(recipes)

    def likely(repeats: int, rows: int) -> float:
        trained = rows * (1.0 - 1.0 / folds)
        alone = sum(a_row[r.model] * SLOWER.get(r.candidate.loss, 1.0) * len(r.parts) * trained for r in found)
        return alone * folds * repeats / jobs

    notes = []
    if until is not None:
        room = max(0.0, until - time.monotonic())
        fewer = repeats
        while fewer > 1 and likely(fewer, rows) > room:
            fewer -= 1
        if fewer < repeats:
            notes.append(
                f"{fewer} repeat{'s' * (fewer > 1)} of the folds in place of {repeats}, to stay in the time budget"
            )
        repeats = fewer
        if likely(repeats, rows) > room and rows > FEWEST_ROWS:
            part = max(FEWEST_ROWS, int(rows * room / likely(repeats, rows)))
            notes.append(f"{part:,} of {rows:,} rows, drawn at random, to stay in the time budget")
            rows = part
        while len(found) > FEWEST and likely(repeats, rows) > room:
            found.remove(given_up(found, lambda recipe: a_row[recipe.model]))
        gone = [r.label for r in recipes if r not in found]
        if gone:
            notes.append(f"left out, to stay in the time budget: {', '.join(gone)}")
    return Allowance(tuple(found), repeats, rows, folds, likely(repeats, rows), tuple(notes))


def _seconds_a_row(problem: Problem, recipes: Sequence[Recipe], model: str) -> float:
    """Seconds a training row of one fit of the model: of a loss with a log link, if there is one."""
    mine = [r for r in recipes if r.model == model]
    chosen = next((r for r in mine if r.candidate.link == "log"), mine[0])
    small = problem
    if problem.y.size > TIMED_ROWS:
        draw = np.random.default_rng(problem.seed)
        small = subset(problem, np.sort(draw.choice(problem.y.size, TIMED_ROWS, replace=False)))
    rows = np.random.default_rng(problem.seed).permutation(small.y.size)
    fold = Fold(rows[rows.size // 5 :], rows[: rows.size // 5])
    try:
        fold_fit.run(small, chosen, fold)  # the first fit compiles
        began = time.perf_counter()
        fold_fit.run(small, chosen, fold)
    except (ValueError, ArithmeticError, RuntimeError, np.linalg.LinAlgError):
        return 1e-4
    return (time.perf_counter() - began) / fold.train.size
