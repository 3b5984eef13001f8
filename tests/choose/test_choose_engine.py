"""The engine: what it trains is what others train, and a run that was cut short goes on where it stopped."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lossary.choosing.candidates import candidates, left_out
from lossary.choosing.choose import choose
from lossary.choosing.comparison.scores import score_candidates
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.scheduling.engine import compare_candidates
from lossary.choosing.scheduling.progress import primary_yardstick
from lossary.choosing.scheduling.store import Store
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.choosing.training import fold_fit
from lossary.choosing.training.recipes import recipe
from lossary.choosing.training.training_set import TreeSettings

ROWS = 240


@pytest.fixture(scope="module")
def table():
    draw = np.random.default_rng(3)
    x, z = draw.uniform(0.0, 2.0, ROWS), draw.normal(size=ROWS)
    return pl.DataFrame({"x": x, "z": z, "y": 1.0 + 2.0 * x - z + draw.normal(size=ROWS)})


@pytest.fixture(scope="module")
def inspected(table):
    data = prepare_data(table, "y")
    return inspect_and_plan(data, parse_question("mean"), models=["linear"], folds=4, repeats=1)


LINES = (
    recipe("squared_error", "linear", reference=True),
    recipe("squared_error", "linear", target="log1p"),
    recipe("absolute_error", "linear"),
)


def run(inspected, recipes, folder=None, watch=None, **more):
    problem = inspected.problem
    return compare_candidates(
        problem, recipes, inspected.plan.folds, store=Store(folder, problem), watch=watch, **more
    ).study


def test_out_of_fold_predictions_are_those_of_least_squares(inspected, table):
    study = run(inspected, LINES[:1])
    design = np.column_stack([np.ones(ROWS), table["x"], table["z"]])
    y = table["y"].to_numpy()
    expected = np.empty(ROWS)
    for fold in study.folds:
        expected[fold.test] = design[fold.test] @ np.linalg.lstsq(design[fold.train], y[fold.train])[0]
    np.testing.assert_allclose(study.predictions[LINES[0].label][0], expected, rtol=1e-6)
    np.testing.assert_allclose(study.constants, [y[fold.train].mean() for fold in study.folds])


def test_an_interrupted_run_goes_on_where_it_stopped(inspected, tmp_path, monkeypatch):
    whole = run(inspected, LINES[::2])

    def stop(state):
        if state.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(inspected, LINES[::2], tmp_path, stop)
    trained = []
    monkeypatch.setattr(
        fold_fit, "run", lambda *given, real=fold_fit.run: (trained.append(given[1].label), real(*given))[1]
    )
    study = run(inspected, LINES[::2], tmp_path)
    assert len(trained) == 8 - 5
    for label, predictions in whole.predictions.items():
        np.testing.assert_array_equal(study.predictions[label], predictions)


def test_a_damaged_file_is_made_again(inspected, tmp_path):
    run(inspected, LINES[:1], tmp_path)
    file = next((tmp_path / "predictions").glob("*.npz"))
    file.write_bytes(file.read_bytes()[:40])
    assert np.isfinite(run(inspected, LINES[:1], tmp_path).predictions[LINES[0].label]).all()


def test_other_data_and_other_recipes_find_nothing(inspected, tmp_path):
    fold, problem = inspected.plan.folds[0], inspected.problem
    store = Store(tmp_path, problem)
    store.keep(LINES[0], fold, fold_fit.Outcome(np.ones(3), 1.0))
    assert store.find(LINES[0], fold) is not None
    assert store.find(LINES[2], fold) is None
    assert store.find(LINES[0], inspected.plan.folds[1]) is None
    other = replace(problem, y=problem.y + 1.0, key="")
    assert Store(tmp_path, other).find(LINES[0], fold) is None


def test_what_fails_is_recorded_and_the_others_go_on(inspected):
    impossible = recipe("poisson", "linear")  # some targets are negative
    assert inspected.problem.y.min() < 0.0
    study = run(inspected, [LINES[0], impossible])
    assert "poisson" in study.failures[impossible.label]
    assert np.isfinite(study.predictions[LINES[0].label]).all()
    assert impossible.label not in study.predictions


def test_threads_give_what_one_process_gives(inspected):
    alone, together = run(inspected, LINES[:1]), run(inspected, LINES[:1], jobs=2, backend="threading")
    label = LINES[0].label
    np.testing.assert_array_equal(alone.predictions[label], together.predictions[label])
    with pytest.raises(ValueError, match="the backend must be one of"):
        run(inspected, LINES[:1], backend="smoke signals")


def test_the_best_so_far_is_the_best_in_the_end(inspected):
    seen = []
    study = run(inspected, LINES[::2], watch=seen.append)
    assert (seen[-1].done, seen[-1].total) == (8, 8)
    yardstick = primary_yardstick(inspected.problem)
    rows = score_candidates(study, yardstick).by_candidate
    best = min(rows, key=lambda label: np.mean([rows[label][0, fold.test].mean() for fold in study.folds]))
    assert seen[-1].best == study.name_of(best)


def test_weights_count_in_training_and_rows_without_any_are_not_there(table):
    weight = np.where(np.arange(ROWS) < 100, 0.0, 1.0)
    spoiled = table.with_columns(y=pl.when(pl.int_range(pl.len()) < 100).then(1e6).otherwise(pl.col("y")))
    data = prepare_data(spoiled, "y", weight)
    assert data.y.size == ROWS - 100
    assert data.y.max() < 1e5


@pytest.mark.parametrize("columns", [{"y": "nowhere"}, {"y": "y", "groups": "q"}, {"y": np.ones(3)}])
def test_columns_that_are_not_there_are_named(table, columns):
    with pytest.raises(ValueError, match=r"there is no column|y has 3 values, but X has 240 rows"):
        prepare_data(table, **columns)


def test_choose_from_start_to_end(table, tmp_path):
    choice = choose(table, "y", models=["linear"], folds=4, repeats=1)
    assert choice.verdict.code == "keep"
    assert choice.verdict.recommended.loss == "squared_error"
    assert "question_by_default" in {finding.kind.name for finding in choice.findings}
    assert choice.leaderboard.entries[-1].candidate.kind == "constant"
    assert choice.report(tmp_path / "report.md").read_text(encoding="utf-8").startswith("#")
    assert "squared error, linear model" in choice._repr_html_()
    assert "squared error, linear model" in repr(choice)


def asking(inspected, words):
    """The same inspection with another question."""
    return replace(
        inspected, want=parse_question(words), problem=replace(inspected.problem, want=parse_question(words), key="")
    )


def test_without_lightgbm_scikit_learns_trees_stand_in(inspected, monkeypatch):
    for module in ("training.trees", "candidates"):
        monkeypatch.setattr(f"lossary.choosing.{module}.has_lightgbm", lambda: False)
    asked = asking(inspected, "quantile:0.8")
    offered = candidates(asked.want, asked.task, asked.diagnosis, ["boosting"])
    assert [made.candidate.loss for made in offered] == ["quantile", "squared_error", "absolute_error"]
    assert any("Huber loss" in name for name in left_out(asked.want, asked.task, asked.diagnosis, ["boosting"]))
    few = replace(asked, problem=replace(asked.problem, trees=TreeSettings(rate=0.1, rounds=60), key="few trees"))
    study = run(few, offered[:1])
    assert not study.failures
    assert np.mean(study.y <= study.predictions[offered[0].label][0]) == pytest.approx(0.8, abs=0.12)


def test_residual_quantiles_around_a_centre_of_trees_cover_what_they_should(inspected):
    pytest.importorskip("lightgbm")
    asked = asking(inspected, "interval:0.8")
    centre = recipe("squared_error", "boosting", shifted=True)
    predictions = run(asked, [centre]).predictions[centre.label][0]
    y = asked.problem.y
    inside = (predictions[:, 0] <= y) & (y <= predictions[:, 1])
    assert inside.mean() == pytest.approx(0.8, abs=0.15)


def test_networks_take_part(inspected):
    pytest.importorskip("torch")
    network = recipe("squared_error", "mlp")
    study = run(inspected, [LINES[0], network])
    assert not study.failures
    off = {label: float(np.mean((p[0] - study.y) ** 2)) for label, p in study.predictions.items()}
    assert off[network.label] < 1.5 * off[LINES[0].label]


@pytest.mark.parametrize(
    ("want", "loss"),
    [
        ("mean", "squared_error"),
        ("median", "absolute_error"),
        ("interval:0.8", "quantile"),
        ("probability", "logistic"),
        ("label", "hinge"),
    ],
)
def test_a_choice_can_be_pickled(want, loss):
    draw = np.random.default_rng(2)
    x = draw.normal(size=(120, 2))
    y = np.exp(x[:, 0] + 0.5 * draw.normal(size=120))
    y = np.where(y > 1.0, "large", "small") if want in ("probability", "label") else y
    choice = choose(x, y, want=want, models=["linear"], folds=3, repeats=1, losses=[loss], only=True)
    again = pickle.loads(pickle.dumps(choice))
    assert again.to_dict() == choice.to_dict()


def test_pandas_rows_are_paired_by_their_labels_or_not_at_all():
    table = pd.DataFrame({"x": np.arange(50.0)})
    y = pd.Series(np.arange(50.0) % 7)
    with pytest.raises(ValueError, match=r"the index of y is not that of X: in row 1 it is 49, there 0"):
        choose(table, y[::-1], want="mean")
    with pytest.raises(ValueError, match=r"one column is wanted, but this table has 2"):
        choose(table, pd.DataFrame({"a": y, "b": y}), want="label")
    with pytest.raises(ValueError, match=r"models is a sequence of names and estimators: \['linear'\]"):
        choose(table, y, models="linear")


def test_zero_weights_are_not_missing_targets(table):
    weight = np.where(np.arange(ROWS) < 30, 0.0, 1.0)
    data = prepare_data(
        table.with_columns(y=pl.when(pl.int_range(pl.len()) < 7).then(None).otherwise(pl.col("y"))), "y", weight
    )
    assert (data.missing, data.unweighted) == (7, 23)
    assert "23 rows of weight zero were left out" in inspect_and_plan(data, models=["linear"]).notes
