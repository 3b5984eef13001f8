"""The report's code, run: what it fits predicts what the comparison's own training does."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from lossary.choosing.candidates import candidates
from lossary.choosing.comparison.study import Fold, Study
from lossary.choosing.comparison.thresholds import decided_classes
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.diagnosis.shape import Power, StudentT
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.judging.averaging import Average, Member
from lossary.choosing.judging.significance import TTest
from lossary.choosing.report.code import networks, winner
from lossary.choosing.report.code.average import average_recipe
from lossary.choosing.report.code.blocks import recipes
from lossary.choosing.report.code.table import Columns, Source, encoding
from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.features import features_of
from lossary.choosing.table.frames import columns_of
from lossary.choosing.table.task import parse_question, task_of
from lossary.choosing.training import fold_fit, linear_models
from lossary.choosing.training.problem import Problem, subset
from lossary.choosing.training.training_set import TreeSettings

torch = pytest.importorskip("torch")
pytest.importorskip("lightgbm")
pytest.importorskip("xgboost")

PROOF = "tests/choose/test_report_code.py::test_every_block_predicts_what_was_compared"
ROWS = 800
ALL = Fold(np.arange(ROWS), np.arange(ROWS))


FEW_ROUNDS = TreeSettings(rate=0.1, rounds=40)


def table_of() -> pl.DataFrame:
    draw = np.random.default_rng(7)
    x = draw.normal(size=ROWS)
    colour = draw.choice(["red", "green", "blue"], size=ROWS)
    level = 0.6 * x + 0.5 * (colour == "red")
    named = 4.0 * level + draw.logistic(size=ROWS)
    return pl.DataFrame(
        {
            "x": [None if gone else v for v, gone in zip(x, draw.uniform(size=ROWS) < 0.05, strict=True)],
            "colour": [None if gone else c for c, gone in zip(colour, draw.uniform(size=ROWS) < 0.05, strict=True)],
            "amount": 20.0 * np.exp(level) * draw.gamma(4.0, 0.25, size=ROWS),
            "count": draw.poisson(3.0 * np.exp(level)) + 1,
            "number": 50.0 + 10.0 * level + 5.0 * draw.standard_t(4, size=ROWS),
            "share": 1.0 / (1.0 + np.exp(-level - draw.normal(size=ROWS))),
            "two": np.where(named > 0.7, "yes", "no"),
            "grade": np.digitize(named, [0.7, 4.0]) + 1,
            "opinion": np.array(["low", "medium", "high"])[np.digitize(named, [0.7, 4.0])],
            "percent": 100.0 / (1.0 + np.exp(-level - draw.normal(size=ROWS))),
            "flag": (named > 0.7).astype(float),
            "stars": np.digitize(named, [-1.0, 1.0, 3.0]) + 1,
        }
    )


TABLE = table_of()
TOLD = Diagnosis(
    (new_finding("contamination", "made up", 0.1, 0.01), new_finding("label_noise", "made up", 0.1, 0.05)),
    Settings(spread=4.0, power=Power(1.5, 0.1), student=StudentT(4.0, 4.0)),
)
STEEP = Diagnosis((), Settings(spread=4.0, power=Power(3.0, 0.1)))
QUESTIONS = {
    "counts": ("count", "mean", {}, TOLD),
    "amounts": ("amount", "mean", {}, STEEP),
    "shares": ("share", "mean", {}, Diagnosis((), Settings(spread=0.2))),
    "percent": ("percent", "mean", {}, Diagnosis((), Settings(spread=20.0))),
    "mean of a flag": ("flag", "mean", {}, Diagnosis((), Settings(spread=0.2))),
    "mean of stars": ("stars", "mean", {}, Diagnosis((), Settings(spread=1.0))),
    "median": ("amount", "median", {}, TOLD),
    "quantile": ("number", "quantile:0.9", {}, TOLD),
    "quantile of amounts": ("amount", "quantile:0.8", {}, STEEP),
    "interval": ("amount", "interval:0.8", {}, STEEP),
    "probability": ("two", "probability", {}, TOLD),
    "label": ("two", "label", {"cost_under": 3.0, "cost_over": 1.0}, Diagnosis((), Settings())),
    "grade": ("grade", "label", {}, TOLD),
    "opinion": ("opinion", "label", {}, TOLD),
    "chances of opinions": ("opinion", "probability", {}, Diagnosis((), Settings())),
}


def asked(name: str, model: str):
    target, words, costs, told = QUESTIONS[name]
    features = features_of(columns_of(TABLE.select("x", "colour")))
    task = task_of(target, columns_of(TABLE)[target], words in ("probability", "label"))
    want = parse_question(words, **costs)
    problem = Problem(features, task.y, task.classes, None, want, None, False, 0, f"{name}", FEW_ROUNDS)
    return problem, candidates(want, task, told, [model])


def study_of(problem: Problem) -> Study:
    return Study(problem.want, problem.y, problem.weight, [ALL], [], {}, np.empty(0), problem.classes)


def code_of(problem: Problem, candidate, target: str) -> dict[str, str]:
    features = problem.features
    encoded = encoder(features, ALL.train, for_trees=False)(features.matrix[:1]).shape[1]
    columns = Columns(features.names, features.kinds, {}, encoded)
    source = Source(target, weight=None if problem.weight is None else "")
    return {r.host: (r.code, r.note) for r in recipes(study_of(problem), candidate, columns, source, FEW_ROUNDS)}


def run(problem: Problem, codes, host: str, table=TABLE):
    """Predictions of the code, and the labels it decides on, as numbers."""
    known = {"table": table, "new": table}
    exec(compile(codes["The table"][0], "table", "exec"), known)
    exec(compile(codes[host][0], host, "exec"), known)
    labels = known.get("labels")
    if labels is not None:
        places = {name: float(place) for place, name in enumerate(problem.classes)}
        labels = np.array([places[str(label)] for label in labels])
    return known.get("predictions"), labels


def cost(problem: Problem, recipe, predictions, labels=None) -> float:
    study = study_of(problem)
    if problem.want.functional == "label":
        predictions = decided_classes(study, predictions, recipe.candidate.threshold) if labels is None else labels
    return float(np.mean(panel(study)[0].score(problem.y, predictions)))


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    """Fewer rounds and epochs, and one thread: what is tested is that they teach, not how far they come."""
    monkeypatch.setattr(networks, "EPOCHS", 10)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1), warnings.catch_warnings():
        # Warnings of the hosts about each other's versions are theirs.
        warnings.simplefilter("ignore")
        yield
    torch.set_num_threads(threads)


def skills(problem, recipe, codes, names):
    """The comparison's own skill on all rows, and that of each host's code; with the comparison's predictions."""
    own = fold_fit.run(problem, recipe, ALL).predictions
    constant = cost(problem, recipe, np.broadcast_to(fold_fit.constants(problem, [ALL])[0], own.shape))
    told = {name: run(problem, codes, name) for name in names if codes[name][0]}
    found = {name: 1.0 - cost(problem, recipe, *answer) / constant for name, answer in told.items()}
    return 1.0 - cost(problem, recipe, own) / constant, found, own, told


def require_alike(recipe, found, own, share):
    """Up to a share of their spread; but corrections by rows held out may differ a little, as those rows do."""
    if recipe.shifted or recipe.smeared:
        found, own = (np.log1p(p) if recipe.candidate.target else p for p in (found, own))
        shift = np.mean(found - own)
        assert abs(shift) < 0.25 * own.std(), recipe.label
        found = found - shift
    np.testing.assert_allclose(found, own, atol=share * own.std(), err_msg=recipe.label)


@pytest.mark.slow(PROOF)
@pytest.mark.parametrize("name", QUESTIONS)
def test_code_of_a_linear_winner_fits_what_was_compared(name):
    problem, recipes_ = asked(name, "linear")
    for recipe in recipes_:
        codes = code_of(problem, recipe.candidate, QUESTIONS[name][0])
        own, found, predicted, told = skills(problem, recipe, codes, ["scikit-learn", "PyTorch"])
        assert found["scikit-learn"] == pytest.approx(own, abs=0.02), recipe.label
        if not problem.classes and problem.want.functional != "interval":  # ends that cross are exchanged
            require_alike(recipe, told["scikit-learn"][0], predicted, 1e-4)
        assert ("PyTorch" in found) == (recipe.candidate.loss != "cumulative_logit")
        assert found.get("PyTorch", own) > 0.5 * own, recipe.label
        assert own > 0.1


@pytest.mark.slow(PROOF)
@pytest.mark.parametrize("name", QUESTIONS)
def test_code_of_trees_that_won_learns_as_much(name):
    problem, recipes_ = asked(name, "boosting")
    for recipe in recipes_:
        codes = code_of(problem, recipe.candidate, QUESTIONS[name][0])
        own, found, _, _ = skills(problem, recipe, codes, ["scikit-learn", "LightGBM", "XGBoost"])
        assert {"LightGBM", "XGBoost"} <= set(found)
        for host, skill in found.items():
            assert skill >= 0.6 * own, (recipe.label, host)
        assert all(note for code, note in codes.values() if not code)


@pytest.mark.parametrize(("name", "loss"), [("median", "absolute_error"), ("quantile", "huber"), ("grade", "softmax")])
def test_code_of_a_network_that_won_learns_as_much(name, loss):
    problem, recipes_ = asked(name, "mlp")
    recipe = next(r for r in recipes_ if r.candidate.loss.startswith(loss))
    codes = code_of(problem, recipe.candidate, QUESTIONS[name][0])
    own, found, _, _ = skills(problem, recipe, codes, ["scikit-learn", "PyTorch"])
    assert found["scikit-learn"] > 0.75 * own
    assert found["PyTorch"] > 0.5 * own
    assert "trees, where a network won" in codes["LightGBM"][1]


def test_weights_are_in_the_code_of_every_host():
    weight = np.where(TABLE["colour"].to_numpy() == "red", 5.0, 1.0)
    for name, model in (("amounts", "linear"), ("amounts", "boosting"), ("label", "linear"), ("label", "boosting")):
        problem, recipes_ = asked(name, model)
        problem = Problem(**{**vars(problem), "weight": weight})
        weighed = next((r for r in recipes_ if r.weights), recipes_[0])
        written = recipes(study_of(problem), weighed.candidate, None, trees=FEW_ROUNDS)
        codes = {r.host: (r.code, r.note) for r in written}
        X = encoder(problem.features, ALL.train, model == "boosting")(problem.features.matrix)
        for host in ("scikit-learn", "LightGBM", "XGBoost", "PyTorch"):
            y = TABLE[QUESTIONS[name][0]].to_numpy()
            known, plain = {"X": X, "X_new": X, "y": y, "weight": weight}, {}
            exec(codes[host][0], known)
            plain = {"X": X, "X_new": X, "y": y, "weight": np.ones(ROWS)}
            exec(codes[host][0], plain)
            assert np.abs(known["predictions"] - plain["predictions"]).max() > 1e-3, (name, host)
        own = fold_fit.run(problem, weighed, ALL).predictions
        if model == "linear":
            exec(codes["scikit-learn"][0], known)
            np.testing.assert_allclose(known["predictions"], own, atol=0.02 * own.std())


@pytest.mark.parametrize("name", ["counts", "amounts", "median", "quantile"])
def test_penalties_are_those_of_the_comparison_in_other_units(name, monkeypatch):
    problem, recipes_ = asked(name, "linear")
    few = np.arange(60)
    for chosen in recipes_:
        if chosen.candidate.loss == "tukey_biweight":  # has several minima, found from starts in other units
            continue
        monkeypatch.setattr(linear_models, "PENALTIES", (0.1,))
        monkeypatch.setattr(winner, "PENALTIES", (0.1,))
        small = subset(problem, few)
        own = fold_fit.run(small, chosen, Fold(few, few)).predictions
        study = Study(problem.want, small.y, None, [Fold(few, few)], [], {}, np.empty(0))
        X = encoder(small.features, few, for_trees=False)(small.features.matrix)
        columns = Columns(small.features.names, small.features.kinds, {}, X.shape[1])
        code = {r.host: r.code for r in recipes(study, chosen.candidate, columns)}["scikit-learn"]
        known = {"X": X, "X_new": X, "y": small.y}
        exec(code, known)
        assert "alpha" in code
        require_alike(chosen, known["predictions"], own, 0.01)


@pytest.mark.parametrize("for_trees", [False, True])
def test_the_table_becomes_the_comparisons_matrix(tmp_path, monkeypatch, for_trees):
    monkeypatch.chdir(tmp_path)
    odd = "it's odd\\"
    table = TABLE.select(odd_x="x", whole=pl.Series(np.arange(ROWS) % 4), flag=pl.Series(np.arange(ROWS) % 3 == 0))
    table = table.with_columns(TABLE["colour"], TABLE["amount"]).rename({"odd_x": odd})
    table.write_csv("a table.csv")
    features = features_of(columns_of(table.drop("amount")))
    assert "levels" in features.kinds
    expected = encoder(features, ALL.train, for_trees)(features.matrix)
    columns = Columns(features.names, features.kinds)
    read = {}
    exec(encoding(columns, Source("amount", "a table.csv"), for_trees), read)
    of_pandas = pd.DataFrame(table.to_dict(as_series=False))  # to_pandas would ask for PyArrow
    given = {"table": of_pandas, "new": of_pandas}
    exec(encoding(columns, Source("amount"), for_trees), given)
    for known in (read, given):
        # Which of a category's columns is left out differs: missing values stand last here, first there.
        both = np.column_stack([known["X"], expected, np.ones(ROWS)])
        ranks = [np.linalg.matrix_rank(np.column_stack([m, np.ones(ROWS)])) for m in (known["X"], expected, both)]
        assert ranks[0] == ranks[1] == ranks[2]
        assert known["X"].shape == expected.shape
        np.testing.assert_array_equal(known["X"], known["X_new"])
        np.testing.assert_allclose(known["y"], TABLE["amount"])


@pytest.mark.parametrize("name", ["amounts", "grade", "interval"])
def test_code_of_an_average_averages_its_members(name):
    """Of each model the first: what lines predict is reproduced, and the whole learns as much."""
    problem, lines = asked(name, "linear")
    _, trees = asked(name, "boosting")
    members = (lines[0], trees[0])
    weights = (0.75, 0.25)
    own = [fold_fit.run(problem, recipe, ALL).predictions for recipe in members]
    average = Average(
        tuple(Member(recipe.label, weight) for recipe, weight in zip(members, weights, strict=True)),
        members[0].label,
        0.0,
        TTest(0.0, 0.0, 0.0, 1, 1.0),
        0.1,
        1.0,
        pays=True,
    )
    study = replace(study_of(problem), candidates=[recipe.candidate for recipe in members])
    features = problem.features
    columns = Columns(features.names, features.kinds, {}, 1)
    told = average_recipe(study, average, columns, Source(QUESTIONS[name][0]), FEW_ROUNDS)
    known = {"table": TABLE, "new": TABLE}
    exec(compile(told.code, "average", "exec"), known)
    expected = weights[0] * own[0] + weights[1] * own[1]
    constant = cost(problem, members[0], np.broadcast_to(fold_fit.constants(problem, [ALL])[0], expected.shape))
    skill = 1.0 - cost(problem, members[0], known["predictions"]) / constant
    assert skill >= 0.8 * (1.0 - cost(problem, members[0], expected) / constant) > 0.05
