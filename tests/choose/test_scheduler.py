"""The deadline: what is left out when fits take longer than was planned. The clock is the test's."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("jinja2")

from lossary.choosing.choose import compare_and_decide
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.scheduling import scheduler
from lossary.choosing.scheduling.engine import compare_candidates
from lossary.choosing.scheduling.scheduler import Scheduler
from lossary.choosing.scheduling.store import Store
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.choosing.training import fold_fit
from lossary.choosing.training.recipes import recipe

ROWS, FOLDS = 200, 4
LINES = [recipe(loss, "linear") for loss in ("squared_error", "absolute_error", "huber")]
LABELS = [made.label for made in LINES]


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


def train(inspected, deadline, folder=None, planned=None):
    recipes = [
        r for r in inspected.workload.recipes if r.candidate.loss in ("squared_error", "huber", "absolute_error")
    ]
    labels = [r.label for r in recipes]
    assert labels[0] == "squared_error, linear"
    assert len(labels) == 3
    runs = compare_candidates(
        inspected.problem,
        recipes,
        inspected.plan.folds,
        store=Store(folder, inspected.problem),
        deadline=deadline,
        planned=planned or dict.fromkeys(labels, 1.0),
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


def test_where_fits_are_slower_than_planned_the_last_in_order_is_left_out(inspected, slow, clock):
    """What is left out follows from the plan: the clock says that it is too much, not what is to go."""
    slow["squared_error"] = 20.0
    runs, labels = train(inspected, 100.0 + FOLDS * 21 + 3)
    assert runs.left_out == (labels[2],)
    assert set(runs.study.predictions) == {candidate.label for candidate in runs.study.candidates} == set(labels[:2])
    assert all(np.isfinite(p).all() for p in runs.study.predictions.values())


def test_two_are_compared_whatever_it_takes_and_the_first_is_one(inspected, slow, clock):
    slow.update(squared_error=30.0, huber=2.0)
    runs, labels = train(inspected, 100.0)
    assert set(runs.study.predictions) == set(labels[:2])
    assert runs.left_out == (labels[2],)
    assert runs.late == clock.now - 100.0 > FOLDS * 30.0
    assert runs.repeats_left_out == 1


def test_a_compiler_at_the_first_fit_is_not_taken_for_the_pace(inspected, slow, clock, monkeypatch):
    """Planned 24 seconds, and 40 there: one fit that waits four seconds more leaves nothing out."""
    waits = iter([4.0])

    def run(*given, run=fold_fit.run):
        outcome = run(*given)
        wait = next(waits, 0.0)
        clock.now += wait
        return fold_fit.Outcome(outcome.predictions, outcome.seconds + wait)

    monkeypatch.setattr(fold_fit, "run", run)
    runs, _ = train(inspected, 140.0)
    assert (runs.left_out, runs.repeats_left_out) == ((), 0)


def test_a_repeat_that_turns_slow_is_stopped_and_not_counted(inspected, slow, clock, monkeypatch):
    """A fit that would end after the deadline is not begun, and half a repeat is none."""
    more = iter([0.0] * 3 * FOLDS + [4.0] * 3 * FOLDS)

    def run(*given, run=fold_fit.run):
        clock.now += next(more)
        return run(*given)

    monkeypatch.setattr(fold_fit, "run", run)
    deadline = 100.0 + 2 * FOLDS * 3 + 1.0
    runs, _ = train(inspected, deadline)
    assert (runs.repeats_left_out, runs.left_out) == (1, ())
    assert deadline - 5.0 < clock.now < deadline + 5.0
    assert all(p.shape == (1, ROWS) for p in runs.study.predictions.values())


def test_what_was_kept_takes_no_time(inspected, slow, clock, tmp_path):
    whole, _ = train(inspected, None, tmp_path)
    clock.now = 1e6
    again, labels = train(inspected, 1e6, tmp_path)
    assert clock.now == 1e6
    assert (again.left_out, again.repeats_left_out) == ((), 0)
    for label in labels:
        np.testing.assert_array_equal(again.study.predictions[label], whole.study.predictions[label])


def test_what_failed_costs_no_more(clock):
    tracked = Scheduler(LINES, 1, deadline=100.0 + 6.0)
    assert tracked.begin_repeat(LABELS * 3)
    for label in LABELS:
        tracked.record_time(label, 1.0)
    assert tracked.may_begin_fit(LABELS[2])  # six fits are left, six seconds too
    clock.now += 0.5
    tracked.record_failure(LABELS[1])
    assert tracked.may_begin_fit(LABELS[2])


def test_more_processors_do_more(clock):
    for jobs, expected in ((1, False), (2, True)):
        tracked = Scheduler(LINES, jobs, deadline=100.0 + 3.0)
        tracked.begin_repeat(LABELS * 3)
        for label in LABELS:
            tracked.record_time(label, 1.0)
        assert tracked.may_begin_fit(LABELS[2]) == expected


def test_a_slower_and_a_faster_clock_leave_out_in_the_same_order(clock):
    """Of the costliest model first, whatever its fits took; and each model keeps the usual loss and another."""
    losses = ("squared_error", "huber", "poisson", "gamma")
    recipes = [recipe(loss, model) for loss in losses for model in ("linear", "boosting")]
    planned = {made.label: 0.1 if made.model == "linear" else 3.0 for made in recipes}
    orders = []
    for pace in (0.7, 1.0, 40.0):
        tracked = Scheduler(recipes, 1, deadline=0.0, planned=planned)
        tracked.begin_repeat([made.label for made in recipes] * 4)
        for made in recipes:  # lines take longer than trees: nobody planned that
            tracked.record_time(made.label, pace * (5.0 if made.model == "linear" else 1.0))
        tracked.may_begin_fit(recipes[0].label)
        orders.append(tracked.left_out)
    assert orders[0] == orders[1] == orders[2]
    assert orders[0][:2] == ["gamma, boosting", "poisson, boosting"]
    assert [r.label for r in recipes if r.label not in orders[0]] == ["squared_error, linear", "huber, linear"]


def test_what_was_left_out_is_said(inspected, slow, clock, tmp_path):
    slow[""] = 1000.0
    choice = compare_and_decide(inspected, deadline=600.0)
    told = [note for note in choice.notes if note.startswith("fits took longer than expected")]
    assert len(told) == 1
    left, name = inspected.workload.recipes[-1].label, inspected.workload.recipes[-1].name
    assert name in told[0]
    assert left not in {entry.label for entry in choice.leaderboard.entries}
    assert told[0] in choice.report(tmp_path / "report.md").read_text().replace("\\_", "_")
    curves = [label for drawn in choice._supplement.curves for label in drawn.curves]
    assert curves[0] == "squared_error, linear"
    assert left not in curves
