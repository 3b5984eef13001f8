"""The time budget: what is left out when fits take longer than anybody thought. The clock is the test's."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("jinja2")

from lossary.choosing.choose import compare_and_decide
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.scheduling import budget, scheduler
from lossary.choosing.scheduling.engine import compare_candidates
from lossary.choosing.scheduling.scheduler import Scheduler
from lossary.choosing.scheduling.store import Store
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.choosing.training import fold_fit
from lossary.choosing.training.recipes import recipe

ROWS, FOLDS = 200, 4
ABC = [SimpleNamespace(label=label, candidate=SimpleNamespace(loss=label)) for label in "abc"]


@pytest.fixture
def clock(monkeypatch):
    found = SimpleNamespace(now=100.0)
    monkeypatch.setattr(scheduler, "time", SimpleNamespace(monotonic=lambda: found.now))
    return found


@pytest.fixture
def inspected():
    draw = np.random.default_rng(8)
    x = draw.normal(size=ROWS)
    data = prepare_data(pl.DataFrame({"x": x, "y": 3.0 + x + draw.normal(size=ROWS)}), "y")
    return inspect_and_plan(data, parse_question("mean"), models=["linear"], folds=FOLDS, repeats=2)


@pytest.fixture
def slow(monkeypatch, clock):
    """Seconds of a fit by the label's beginning, in place of what they take; all others take one."""
    costs = {}

    def run(problem, recipe, fold, real=fold_fit.run):
        outcome = real(problem, recipe, fold)
        took = next((cost for name, cost in costs.items() if recipe.label.startswith(name)), 1.0)
        clock.now += took
        return fold_fit.Outcome(outcome.predictions, took, outcome.remark)

    monkeypatch.setattr(fold_fit, "run", run)
    return costs


def train(inspected, deadline, folder=None):
    recipes = [
        r for r in inspected.workload.recipes if r.candidate.loss in ("squared_error", "huber", "absolute_error")
    ]
    labels = [r.label for r in recipes]
    assert labels[0] == "squared_error, linear"
    assert len(labels) == 3
    runs = compare_candidates(
        inspected.problem, recipes, inspected.plan.folds, store=Store(folder, inspected.problem), deadline=deadline
    )
    return runs, labels


def test_with_time_enough_all_is_run(inspected, slow, clock):
    runs, labels = train(inspected, 100.0 + 2 * FOLDS * 3)
    assert (runs.left_out, runs.repeats_left_out, runs.late) == ((), 0, 0.0)
    assert set(runs.study.predictions) == set(labels)
    assert clock.now == 100.0 + 2 * FOLDS * 3


def test_a_repeat_begins_only_where_it_would_end_in_time(inspected, slow, clock):
    runs, _ = train(inspected, 100.0 + 2 * FOLDS * 3 - 1)
    assert (runs.left_out, runs.repeats_left_out) == ((), 1)
    assert clock.now == 100.0 + FOLDS * 3
    assert all(p.shape == (1, ROWS) and np.isfinite(p).all() for p in runs.study.predictions.values())


def test_the_slowest_is_left_out_of_the_first_repeat(inspected, slow, clock):
    slow["huber"] = 50.0
    runs, labels = train(inspected, 100.0 + 2 * FOLDS + 50)
    huber = next(label for label in labels if label.startswith("huber"))
    assert runs.left_out == (huber,)
    assert (
        set(runs.study.predictions) == {candidate.label for candidate in runs.study.candidates} == set(labels) - {huber}
    )
    assert all(np.isfinite(p).all() for p in runs.study.predictions.values())
    assert clock.now == 100.0 + 2 * FOLDS + 50


def test_two_are_compared_whatever_it_takes_and_the_first_is_one(inspected, slow, clock):
    slow.update(squared_error=30.0, huber=2.0)
    runs, labels = train(inspected, 100.0)
    assert labels[0] in runs.study.predictions
    assert len(runs.study.predictions) == 2
    assert len(runs.left_out) == 1
    assert runs.late == clock.now - 100.0 > FOLDS * 30.0
    assert runs.repeats_left_out == 1


def test_what_was_kept_takes_no_time(inspected, slow, clock, tmp_path):
    whole, _ = train(inspected, None, tmp_path)
    clock.now = 1e6
    again, labels = train(inspected, 1e6, tmp_path)
    assert clock.now == 1e6
    assert (again.left_out, again.repeats_left_out) == ((), 0)
    for label in labels:
        np.testing.assert_array_equal(again.study.predictions[label], whole.study.predictions[label])


def test_what_failed_costs_no_more(clock):
    tracked = Scheduler(ABC, 1, deadline=100.0 + 6.0)
    assert tracked.begin_repeat(["a", "b", "c"] * 3)
    for label in "abc":
        tracked.record_time(label, 1.0)
    assert tracked.may_begin_fit("c")  # six fits are left, six seconds too
    clock.now += 0.5
    tracked.record_failure("b")
    assert tracked.may_begin_fit("c")


def test_more_processors_do_more(clock):
    for jobs, expected in ((1, False), (2, True)):
        tracked = Scheduler(ABC, jobs, deadline=100.0 + 3.0)
        tracked.begin_repeat(["a", "b", "c"] * 3)
        for label in "abc":
            tracked.record_time(label, 1.0)
        assert tracked.may_begin_fit("c") == expected


def test_what_was_left_out_is_said(inspected, slow, clock, tmp_path):
    slow["huber"] = 1000.0
    choice = compare_and_decide(inspected, deadline=600.0)
    told = [note for note in choice.notes if note.startswith("fits took longer than expected")]
    assert len(told) == 1
    assert "huber" in told[0]
    assert not any(entry.label.startswith("huber") for entry in choice.leaderboard.entries)
    assert told[0] in choice.report(tmp_path / "report.md").read_text()
    curves = [label for drawn in choice._supplement.curves for label in drawn.curves]
    assert curves[0] == "squared_error, linear"
    assert not any(label.startswith("huber") for label in curves)


def test_the_costliest_model_goes_first_from_a_budget(inspected, monkeypatch, clock):
    """And one loss beside the usual one always stays: there would be nothing to compare."""
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: clock.now))
    paces = {"linear": 1e-5, "boosting": 1e-4, "mlp": 1e-1}
    monkeypatch.setattr(budget, "_seconds_a_row", lambda problem, recipes, model: paces[model])
    recipes = [recipe(loss, model) for loss in ("squared_error", "huber", "gamma") for model in paces]
    cheap = 3 * (1e-5 + 1e-4) * 0.75 * ROWS * FOLDS
    wanted_work = budget.Workload(tuple(recipes), FOLDS, repeats=1, rows=inspected.problem.y.size)
    found = budget.within_budget(inspected.problem, wanted_work, clock.now + 1.01 * cheap, jobs=1)
    assert [r.label for r in found.recipes] == [r.label for r in recipes if r.model != "mlp"]
    assert "mlp" in found.notes[0]
    least = budget.within_budget(inspected.problem, wanted_work, clock.now, jobs=1)
    assert [r.label for r in least.recipes] == ["squared_error, linear", "huber, linear"]


def test_another_loss_is_always_compared(clock):
    """However slow it is: the same loss under another model tells nothing of losses."""
    recipes = [recipe("squared_error", "linear"), recipe("squared_error", "boosting"), recipe("huber", "linear")]
    tracked = Scheduler(recipes, 1, deadline=101.0)
    tracked.begin_repeat([r.label for r in recipes] * 4)
    for made, seconds in zip(recipes, (1.0, 1.0, 50.0), strict=True):
        tracked.record_time(made.label, seconds)
    assert tracked.may_begin_fit("huber, linear")
    assert tracked.left_out == ["squared_error, boosting"]
