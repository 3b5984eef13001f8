"""Plans: what a time leaves room for, from counts alone. No clock is asked, so a plan is the same on any day."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("jinja2")

from lossary.choosing.choose import choose
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.scheduling import budget, scheduler
from lossary.choosing.scheduling.budget import Workload, plan_work, usual_repeats, within_budget
from lossary.choosing.scheduling.costs import Costs
from lossary.choosing.scheduling.counts import Counts, Table
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.task import parse_question
from lossary.choosing.training import fold_fit
from lossary.choosing.training.recipe_fit import task_of
from lossary.choosing.training.recipes import MODELS, recipe

LOSSES = ("squared_error", "poisson", "gamma", "huber", "absolute_error")
RECIPES = tuple(recipe(loss, model, reference=loss == LOSSES[0]) for loss in LOSSES for model in MODELS)


@dataclass(frozen=True)
class MadeTable:
    """A table of so many rows, and nothing in them."""

    rows: int
    rounds: int = 200

    def of_fold(self, rows: int, folds: int) -> Counts:
        trained = rows * (folds - 1) // folds
        return Counts(trained, dict.fromkeys(MODELS, 20), 0, 1, self.rounds, 31, 30, False)


def asked_for(rows: int, repeats: int = 2) -> Workload:
    return Workload(RECIPES, 5, repeats, rows)


def table_of(rows: int = 200, seed: int = 8) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    x, z = draw.normal(size=(2, rows))
    return pl.DataFrame({"x": x, "z": z, "y": 3.0 + x + 0.1 * z + draw.normal(size=rows)})


@pytest.mark.parametrize("rows", [500, 8000, 100_000, 2_000_000])
@pytest.mark.parametrize("seconds", [5.0, 60.0, 600.0, None])
def test_every_model_that_is_compared_has_the_usual_loss_and_another(rows, seconds):
    planned = within_budget(MadeTable(rows), asked_for(rows), seconds)
    for model in {made.model for made in planned.recipes}:
        losses = [made.candidate.loss for made in planned.recipes if made.model == model]
        assert losses[0] == "squared_error"
        assert len(set(losses)) >= 2


@pytest.mark.parametrize("rows", [500, 8000, 100_000, 2_000_000])
def test_plans_keep_to_their_share_and_more_time_leaves_out_less(rows):
    work = []
    for seconds in (60.0, 300.0, 1200.0, 1e6):
        planned = within_budget(MadeTable(rows), asked_for(rows), seconds)
        least = planned.repeats == 1 and len(planned.recipes) == 2
        assert planned.seconds <= budget.PLANNED * seconds or least
        work.append(planned.rows * len(planned.recipes) * planned.repeats)
    assert work == sorted(work)
    assert replace(planned, notes=(), seconds=0.0, seconds_of_fits={}, seconds_of_model=0.0) == asked_for(rows)


def test_repeats_go_first_then_rows_that_decide_little_then_the_costliest_models_last_candidates():
    rows, seconds = 100_000, 1e6
    seen = []
    while seconds > 5.0:
        planned = within_budget(MadeTable(rows), asked_for(rows), seconds)
        seen.append((planned.repeats, planned.rows, len(planned.recipes)))
        if planned.rows < rows:
            assert planned.repeats == 1
        if len(planned.recipes) < len(RECIPES):
            assert planned.rows <= budget.MANY_ROWS
            dropped = [made for made in RECIPES if made not in planned.recipes]
            assert "absolute_error, mlp" in {made.label for made in dropped}
        if planned.rows < budget.MANY_ROWS:
            of_model = [[made for made in planned.recipes if made.model == model] for model in MODELS]
            assert all(len(made) <= budget.ENOUGH_CANDIDATES for made in of_model)
        seconds *= 0.8
    assert {repeats for repeats, _, _ in seen} == {1, 2}
    assert min(rows for _, rows, _ in seen) == budget.FEWEST_ROWS
    assert len({count for _, _, count in seen}) > 4


def test_what_was_left_out_is_said_and_how_to_have_more():
    planned = within_budget(MadeTable(100_000), asked_for(100_000), 120.0)
    assert planned.rows < 100_000
    notes = " ".join(planned.notes)
    assert "1 repeat of the folds in place of 2, to stay in the time budget" in notes
    assert f"{planned.rows:,} of 100,000 rows" in notes
    assert all(made.name in notes for made in RECIPES if made not in planned.recipes)


def test_by_default_large_tables_take_minutes_and_networks_few_losses():
    for rows in (500, 100_000, 2_000_000):
        planned = within_budget(MadeTable(rows), replace(asked_for(rows), jobs=2), None)
        assert planned.seconds <= budget.USUAL_LIMIT
        networks = [made.candidate.loss for made in planned.recipes if made.model == "mlp"]
        assert networks in (["squared_error", "poisson", "gamma"], ["squared_error", "poisson"])
        assert any("networks take longest" in note and "Huber loss, neural network" in note for note in planned.notes)
    assert any("time budget of your own" in note for note in planned.notes)
    assert usual_repeats(5000, None) == 2
    assert usual_repeats(5001, None) == 1
    assert usual_repeats(5001, 60.0) == 2


def test_networks_alone_are_compared_under_all_losses():
    networks = tuple(made for made in RECIPES if made.model == "mlp")
    planned = within_budget(MadeTable(500), Workload(networks, 5, 2, 500), None)
    assert planned.recipes == networks


def test_processes_are_started_where_the_work_is_worth_them(monkeypatch):
    monkeypatch.setattr(budget, "cpu_count", lambda: 4)
    lines = tuple(made for made in RECIPES if made.model == "linear")
    assert plan_work(MadeTable(500), Workload(lines, 5, 2, 500), None, None).jobs == 1
    assert plan_work(MadeTable(100_000), asked_for(100_000), None, None).jobs == 4
    assert plan_work(MadeTable(500), Workload(lines, 5, 2, 500), None, 3).jobs == 3


def test_costs_grow_with_all_that_makes_work():
    small = Counts(1000, dict.fromkeys(MODELS, 10), 0, 1, 100, 8, 30, False)
    larger = [
        replace(small, rows=20_000),
        replace(small, columns=dict.fromkeys(MODELS, 200)),
        replace(small, classes=10),
        replace(small, parts=5, penalised=True),
    ]
    for model in MODELS:
        made = recipe("huber", model)
        grown = [Costs(counts).of_fit(made) / Costs(small).of_fit(made) for counts in larger]
        assert min(grown[:3]) > 1.0
        assert grown[3] > 2.0 or model == "mlp"  # networks hold out one part alone
    interval = recipe("quantile", "boosting", levels=(0.1, 0.9))
    assert Costs(small).of_fit(interval) > 1.5 * Costs(small).of_fit(recipe("quantile", "boosting"))


def test_counts_are_those_of_what_is_trained():
    data = prepare_data(table_of(), "y")
    inspected = inspect_and_plan(data, parse_question("mean"), models=["linear", "boosting"], folds=4)
    counts = Table(inspected.problem, inspected.workload.recipes).of_fold(200, 4)
    train = inspected.plan.folds[0].train
    encode = encoder(inspected.problem.features, train, for_trees=False)
    matrix = encode(inspected.features.matrix[train])
    task = task_of(inspected.problem, inspected.workload.recipes[0], train, encode, matrix)
    assert counts.rows == task.y.size
    assert counts.columns["linear"] == task.matrix.shape[1]
    assert counts.parts == len(task.splits)
    assert counts.penalised is False
    assert 1 <= counts.rounds <= inspected.problem.trees.rounds


def test_the_same_budget_gives_the_same_plan_and_verdict_by_a_slow_and_a_fast_clock(monkeypatch):
    """Of two runs with the same budget the verdicts differed: one fit of each model was timed."""
    plans, verdicts = [], []
    for pace in (0.2, 3.0):
        clock = SimpleNamespace(now=100.0)

        def ticking(clock=clock, pace=pace):
            clock.now += 0.01 * pace
            return clock.now

        fake = SimpleNamespace(monotonic=ticking, perf_counter=ticking)
        for module in (scheduler, budget, fold_fit):
            monkeypatch.setattr(module, "time", fake)
        monkeypatch.setattr(time, "monotonic", ticking)
        choice = choose(table_of(), "y", want="mean", models=["linear"], time_budget=9.0)
        plans.append((choice.inspection.workload, choice.inspection.notes))
        verdicts.append(choice.to_dict())
    assert plans[0] == plans[1]
    for found in verdicts:
        assert found["verdict"] == verdicts[0]["verdict"]
    assert [c["label"] for c in verdicts[0]["inspection"]["candidates"]] == [
        c["label"] for c in verdicts[1]["inspection"]["candidates"]
    ]
