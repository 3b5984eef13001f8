"""What is compared within a time: repeats, rows and candidates, planned from what was counted.

No clock is read for a plan, so that the same table and budget give the same one; the clock may only stop, at the
deadline, and plans leave slack so that it seldom does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from joblib import cpu_count

from lossary.choosing.scheduling.costs import Costs, inspection_seconds
from lossary.choosing.scheduling.counts import Table
from lossary.choosing.scheduling.leaving_out import FEWEST, costliest_model, next_left_out
from lossary.choosing.training.recipes import Recipe

SHARE = 0.8
"""The share of the budget until which fits may last: a report has to be written."""

PLANNED = 0.55
"""The share of the budget that is planned: what fits take is known to a factor of two at best."""

USUAL_LIMIT = 480.0
"""Seconds that fits are planned to take where nobody named a budget."""

MANY_ROWS, FEWEST_ROWS = 20_000, 5000
"""Rows beyond which more of them decide little, and rows that only candidates are worth."""

MODEL_SHARE = 0.1
"""The share of the budget that training the model on all rows may take, where fewer were compared."""

ENOUGH_CANDIDATES = 3
"""Candidates under a model that rows are not given up for: the usual loss and the two likeliest others."""

SPLIT_ONCE = 5000
"""Rows above which folds are drawn once, if nobody says how often."""
REPEATS = 2

PROCESS = 3.0
WORTH_PROCESSES = 15.0
"""Seconds that another process takes to start, and seconds of work from which it is worth them."""


def fits_end(budget: float | None, began: float | None = None) -> float | None:
    """When fits have to be done, by ``time.monotonic``, of a budget that counts from ``began`` (or from now)."""
    return None if budget is None else (time.monotonic() if began is None else began) + SHARE * budget


@dataclass(frozen=True)
class Workload:
    """What is to be trained: every recipe on every fold of every repeat, so many fits at a time.

    ``seconds`` is what that is likely to take, with one more fit for the model that is kept, ``seconds_of_fits`` what
    one fit of each recipe takes, by label, and ``seconds_of_model`` the longest of them on all rows that there are.
    """

    recipes: tuple[Recipe, ...]
    folds: int
    repeats: int
    rows: int
    jobs: int = 1
    seconds: float = 0.0
    seconds_of_fits: Mapping[str, float] = field(default_factory=dict)
    seconds_of_model: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def fits(self) -> int:
        """How many models are trained: candidates times folds times repeats."""
        return len(self.recipes) * self.folds * self.repeats


def usual_repeats(rows: int, budget: float | None) -> int:
    """How often folds are drawn if nobody says it."""
    return 1 if rows > SPLIT_ONCE and budget is None else REPEATS


def plan_work(table: Table, asked_for: Workload, budget: float | None, jobs: int | None) -> Workload:
    """What is compared by so many processes at a time; by default one a core, where the work is worth them."""
    if jobs is not None:
        return within_budget(table, replace(asked_for, jobs=jobs), budget)
    alone = within_budget(table, asked_for, budget)
    if alone.seconds < WORTH_PROCESSES and (budget is None or alone.fits == asked_for.fits):
        return alone
    return within_budget(table, replace(asked_for, jobs=cpu_count()), budget)


def within_budget(table: Table, asked_for: Workload, budget: float | None) -> Workload:
    """Leave out repeats, then rows, then candidates, until the rest is planned to take its share of the budget.

    Without a budget there is a limit of some minutes, and networks, by far the costliest, get a few candidates.
    """
    plan = _Plan(table, asked_for)
    workload = asked_for if budget is not None else _few_networks(asked_for)
    available = USUAL_LIMIT if budget is None else max(0.0, PLANNED * budget - inspection_seconds(table.rows))
    for leave_out in (
        plan.fewer_repeats,
        plan.fewer_rows(MANY_ROWS),
        plan.fewer_candidates(ENOUGH_CANDIDATES),
        plan.fewer_rows(FEWEST_ROWS),
        plan.fewer_candidates(FEWEST),
        plan.fewer_models,
    ):
        workload = leave_out(workload, available)
    costs = plan.costs(workload)
    return replace(
        workload,
        seconds=plan.seconds(workload),
        seconds_of_fits={recipe.label: costs.of_fit(recipe) for recipe in workload.recipes},
        seconds_of_model=max(map(plan.costs(replace(workload, rows=table.rows)).of_fit, workload.recipes)),
        notes=(*workload.notes, *_notes(asked_for, workload, budget)),
    )


def _few_networks(workload: Workload) -> Workload:
    """Networks under a few losses, where other models take part as well."""
    networks = [recipe for recipe in workload.recipes if recipe.model == "mlp"]
    if len(networks) <= ENOUGH_CANDIDATES or len(networks) == len(workload.recipes):
        return workload
    left = list(networks)
    while len(left) > ENOUGH_CANDIDATES and (last := next_left_out(left, lambda _: 1.0)):
        left.remove(last)
    kept = tuple(recipe for recipe in workload.recipes if recipe.model != "mlp" or recipe in left)
    return replace(workload, recipes=kept)


_LeaveOut = Callable[[Workload, float], Workload]


class _Plan:
    """Ways to leave something out of a workload until it takes no more than so many seconds."""

    def __init__(self, table: Table, asked_for: Workload) -> None:
        self._table, self._asked_for = table, asked_for
        self._costs: dict[int, Costs] = {}

    def costs(self, workload: Workload) -> Costs:
        """What fits take on so many rows."""
        rows = workload.rows
        if rows not in self._costs:
            self._costs[rows] = Costs(self._table.of_fold(rows, workload.folds))
        return self._costs[rows]

    def seconds(self, workload: Workload) -> float:
        """What a workload is likely to take, and then the fit of whichever recipe is recommended."""
        fits = [self.costs(workload).of_fit(recipe) for recipe in workload.recipes]
        start = PROCESS if workload.jobs > 1 else 0.0
        return start + sum(fits) * workload.folds * workload.repeats / workload.jobs + max(fits, default=0.0)

    def fewer_repeats(self, workload: Workload, available: float) -> Workload:
        while workload.repeats > 1 and self.seconds(workload) > available:
            workload = replace(workload, repeats=workload.repeats - 1)
        return workload

    def fewer_rows(self, least: int) -> _LeaveOut:
        def leave_out(workload: Workload, available: float) -> Workload:
            while workload.rows > least and self.seconds(workload) > available:
                workload = replace(workload, rows=max(least, workload.rows * 9 // 10))
            return workload

        return leave_out

    def fewer_candidates(self, fewest: int) -> _LeaveOut:
        def leave_out(workload: Workload, available: float) -> Workload:
            cost = self.costs(workload).of_fit
            while self.seconds(workload) > available and (last := next_left_out(workload.recipes, cost, fewest)):
                workload = replace(workload, recipes=tuple(r for r in workload.recipes if r != last))
            return workload

        return leave_out

    def fewer_models(self, workload: Workload, available: float) -> Workload:
        cost = self.costs(workload).of_fit
        while self.seconds(workload) > available and (model := costliest_model(workload.recipes, cost)):
            workload = replace(workload, recipes=tuple(r for r in workload.recipes if r.model != model))
        return workload


# What is said of it.


def _notes(asked_for: Workload, planned: Workload, budget: float | None) -> list[str]:
    """What was left out, why, and how to have more."""
    why = "to stay in the time budget"
    if budget is None:
        why = f"to take some {USUAL_LIMIT / 60.0:.0f} minutes at most; a time budget of your own changes that"
    notes = []
    if planned.repeats < asked_for.repeats:
        some = f"{planned.repeats} repeat{'s' * (planned.repeats > 1)}"
        notes.append(f"{some} of the folds in place of {asked_for.repeats}, {why}")
    if planned.rows < asked_for.rows:
        notes.append(f"{planned.rows:,} of {asked_for.rows:,} rows, drawn at random, {why}")
    left_out = [recipe for recipe in asked_for.recipes if recipe not in planned.recipes]
    networks = [recipe.name for recipe in left_out if recipe.model == "mlp"] if budget is None else []
    others = [recipe.name for recipe in left_out if recipe.name not in networks]
    if networks:
        notes.append(
            f"networks take longest, so these were left out, unless a time budget asks for them: {'; '.join(networks)}"
        )
    if others:
        notes.append(f"left out, {why}: {'; '.join(others)}")
    return notes
