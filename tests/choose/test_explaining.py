"""What predictions depend on: importances by the question's yardstick, and mean predictions along a column."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error

import lossary
from lossary.choosing.comparison.study import Fold
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.explaining import explain as explaining
from lossary.choosing.explaining.columns import table_columns
from lossary.choosing.explaining.dependence import mean_predictions, values_along
from lossary.choosing.explaining.explain import ALWAYS, SHARE, explain
from lossary.choosing.explaining.held_out import HeldOut, held_out
from lossary.choosing.explaining.importance import Shuffling
from lossary.choosing.explaining.related import related_columns

ROWS = 300
DRAW = np.random.default_rng(3)
X, Z, NOISE = DRAW.normal(size=(3, ROWS))
COLOUR = np.array(["blue", "green", "red"], dtype=object)[DRAW.integers(0, 3, ROWS)]
WHEN = np.datetime64("2024-01-01") + DRAW.integers(0, 700, ROWS).astype("timedelta64[D]")
SEASON = np.sin(2.0 * np.pi * (WHEN - np.datetime64("2024-01-01")).astype(float) / 365.0)
TABLE = {"x": X, "z": Z, "colour": COLOUR, "when": WHEN}
NUMBERS = 2.0 * X + 1.5 * (COLOUR == "red") + 1.0 * SEASON + 0.5 * NOISE
TWO = np.where(NUMBERS > 0.0, "yes", "no").astype(object)
THREE = np.array(["a", "b", "c"], dtype=object)[np.digitize(NUMBERS, [-1.0, 1.5])]


class Known:
    """A predictor whose formula is known: twice the first column of the matrix, and once the second."""

    def predict(self, features):
        return 2.0 * features[:, 0] + features[:, 1]


class AsEstimator(RegressorMixin, BaseEstimator):
    """The same as scikit-learn takes it."""

    coef_ = 1.0

    def fit(self, X, y):
        return self

    def predict(self, X):
        return Known().predict(X)


@pytest.fixture(scope="module")
def choice():
    return lossary.choose(TABLE, NUMBERS, models=["linear"], want="mean", repeats=1)


@pytest.fixture(scope="module")
def plain():
    """A comparison of two numeric columns."""
    return lossary.choose({"x": X, "z": Z}, 2.0 * X + Z + 0.1 * NOISE, models=["linear"], want="mean", repeats=1)


def shuffled(choice, repeats=5, study=None, rows=None):
    """Importances by the known predictor, of some rows."""
    problem, candidate = choice.inspection.problem, choice.study.candidates[0]
    shuffling = Shuffling(problem, study or choice.study, candidate, choice.leaderboard.primary, repeats)
    held = HeldOut(Known(), np.arange(ROWS) if rows is None else rows)
    shuffling.add(held, table_columns(problem.features, choice.inspection.data))
    return shuffling


# Importances.


def test_importances_are_scikit_learns_by_the_same_score(plain):
    matrix, y = plain.inspection.problem.features.matrix, plain.inspection.problem.y
    found = {each.column: each for each in shuffled(plain, repeats=40).importances()}
    theirs = permutation_importance(
        AsEstimator().fit(matrix, y), matrix, y, scoring="neg_mean_squared_error", n_repeats=40, random_state=1
    )
    base = mean_squared_error(y, Known().predict(matrix))
    for name, increase in zip(("x", "z"), theirs.importances_mean, strict=True):
        read = np.sqrt(base + increase) - np.sqrt(base)
        assert abs(found[name].increase - read) < 0.03 * read
        assert found[name].low < read < found[name].high


def test_a_linear_model_owes_twice_the_squared_coefficient_to_each_column(plain):
    for each, coefficient, values in zip(shuffled(plain, 40).importances(), (2.0, 1.0), (X, Z), strict=True):
        expected = np.sqrt(2.0 * coefficient**2 * np.var(values) + 0.01) - 0.1
        assert each.increase == pytest.approx(expected, rel=0.05)


def test_columns_are_those_of_the_table(choice):
    features = choice.inspection.features
    assert len(features.names) > 4
    columns = table_columns(features, choice.inspection.data)
    assert [(c.name, c.kind) for c in columns] == [
        ("x", "number"),
        ("z", "number"),
        ("colour", "category"),
        ("when", "date"),
    ]
    assert sorted(position for c in columns for position in c.positions) == list(range(len(features.names)))
    named = choice.importances
    assert {each.column for each in named.columns} == set(TABLE)
    assert named.columns[0].column == "x"


def test_parts_of_a_date_stay_those_of_one_day(choice):
    problem, data = choice.inspection.problem, choice.inspection.data
    date = next(c for c in table_columns(problem.features, data) if c.kind == "date")
    days = {tuple(cells) for cells in problem.features.matrix[:, date.positions].tolist()}
    seen = []

    class Watching:
        def predict(self, features):
            seen.append(features)
            return features[:, 0]

    shuffling = Shuffling(problem, choice.study, choice.study.candidates[0], choice.leaderboard.primary, 3)
    shuffling.add(HeldOut(Watching(), np.arange(ROWS)), [date])
    assert len(seen) == 4
    for matrix in seen[1:]:
        assert {tuple(cells) for cells in matrix[:, date.positions].tolist()} == days
        assert not np.array_equal(matrix[:, date.positions], seen[0][:, date.positions])
        others = [j for j in range(matrix.shape[1]) if j not in date.positions]
        np.testing.assert_array_equal(matrix[:, others], seen[0][:, others])


def test_a_column_that_says_nothing_may_be_worth_nothing(choice):
    by_name = {each.column: each for each in choice.importances.columns}
    assert by_name["z"].low <= 0.0 <= by_name["z"].high or abs(by_name["z"].increase) < 0.01
    for name in ("x", "colour", "when"):
        assert by_name[name].low > 0.0


def test_intervals_hold_what_all_rows_would_say(plain):
    """Of parts of many rows: 95% of intervals hold the importance in all of them, give or take."""
    parts = np.random.default_rng(0).permutation(ROWS).reshape(-1, 30)
    whole = {each.column: each.increase for each in shuffled(plain, 40).importances()}
    held = [
        each.low <= whole[each.column] <= each.high
        for part in parts
        for each in shuffled(plain, 20, rows=part).importances()
    ]
    assert np.mean(held) >= 0.8  # a tenth of the rows at a time; without what rows give to others it is 0.6


def test_rows_that_belong_together_count_as_one(plain):
    alone = shuffled(plain).importances()
    copies = np.repeat(np.arange(ROWS // 10), 10)
    together = shuffled(plain, study=replace(plain.study, groups=copies)).importances()
    repeated = replace(plain.study, groups=np.zeros(ROWS, dtype=np.int64))
    assert [each.increase for each in alone] == [each.increase for each in together]
    assert together[0].low != alone[0].low
    assert np.isnan(shuffled(plain, study=repeated).importances()[0].low)


def test_weights_count(plain):
    weight = np.where(np.arange(ROWS) < 150, 1.0, 1e-12)
    weighted = shuffled(plain, 1, study=replace(plain.study, weight=weight))
    half = float(np.mean((2.0 * X + Z - plain.study.y)[:150] ** 2)) ** 0.5
    assert weighted.score == pytest.approx(half)


def test_what_has_no_score_has_no_importance(plain):
    gamma = next(y for y in panel(replace(plain.study, y=np.abs(plain.study.y))) if y.name == "gamma deviance")
    problem = replace(plain.inspection.problem, y=np.abs(plain.study.y))
    shuffling = Shuffling(problem, plain.study, plain.study.candidates[0], gamma, 1)
    shuffling.add(HeldOut(Known(), np.arange(ROWS)), table_columns(problem.features, plain.inspection.data))
    assert all(np.isnan(each.increase) for each in shuffling.importances())


def test_the_same_run_gives_the_same_numbers(choice):
    again = lossary.choose(TABLE, NUMBERS, models=["linear"], want="mean", repeats=1, jobs=2)
    assert again.importances == choice.importances
    for one, other in zip(again.effects, choice.effects, strict=True):
        for label, curve in one.curves.items():
            np.testing.assert_array_equal(curve, other.curves[label])


# Effects.


def test_effects_are_scikit_learns_where_it_can(plain):
    problem = plain.inspection.problem
    column = table_columns(problem.features, plain.inspection.data)[0]
    values = values_along(problem, column)
    ours = mean_predictions(problem, HeldOut(Known(), np.arange(ROWS)), column, values, None)
    grid = problem.features.matrix[values, 0]
    theirs = partial_dependence(
        LinearRegression().fit(problem.features.matrix, Known().predict(problem.features.matrix)),
        problem.features.matrix,
        [0],
        custom_values={0: grid},
    )
    np.testing.assert_allclose(ours, theirs["average"][0], atol=1e-9)


def test_effects_have_the_values_of_the_table(choice):
    by_name = {effect.column: effect for effect in choice.effects}
    assert set(by_name) == {"x", "colour", "when"}
    assert sorted(by_name["colour"].values) == ["blue", "green", "red"]
    assert set(by_name["when"].values) <= {str(day) for day in WHEN}
    assert list(by_name["when"].values) == sorted(by_name["when"].values)
    recommended = choice.verdict.recommended.label
    red = by_name["colour"].values.index("red")
    for effect in by_name.values():
        assert next(iter(effect.curves)) == recommended
        assert len(effect.curves) == 2
        assert all(curve.shape == (len(effect.values),) for curve in effect.curves.values())
    differences = by_name["colour"].curves[recommended][red] - np.delete(by_name["colour"].curves[recommended], red)
    np.testing.assert_allclose(differences, 1.5, atol=0.3)


# A comparison.


@pytest.mark.parametrize(
    ("y", "words", "loss"),
    [
        (NUMBERS, "quantile:0.8", "quantile"),
        (NUMBERS, "interval:0.8", "quantile"),
        (TWO, "probability", "logistic"),
        (TWO, "label", "hinge"),
        (THREE, "label", "softmax_cross_entropy"),
    ],
)
def test_every_question_is_explained_by_its_own_yardstick(y, words, loss, tmp_path):
    few = {"losses": [loss], "only": True}
    asked = lossary.choose(TABLE, y, models=["linear"], want=words, repeats=1, folds=3, **few)
    found = asked.importances
    assert found.yardstick == asked.leaderboard.primary.shown
    assert found.columns[0].column == "x"
    assert found.columns[0].low > 0.0
    ends = {curve.ndim for effect in asked.effects for curve in effect.curves.values()}
    assert ends == ({2} if words.startswith("interval") else {1})
    page = asked.report()
    assert "What predictions depend on" in page
    told = json.loads(asked.report(tmp_path / "report.json").read_text())
    assert [each["column"] for each in told["importances"]["columns"]] == [each.column for each in found.columns]
    assert [each["column"] for each in told["effects"]] == [effect.column for effect in asked.effects]
    assert "| x |" in asked.report(tmp_path / "report.md").read_text()


def test_a_constant_depends_on_nothing():
    asked = lossary.choose({"x": X[:60]}, NOISE[:60], models=["linear"], want="mean", repeats=1)
    assert asked.verdict.code == "constant"
    assert asked.importances is None
    assert asked.effects == ()
    assert "What predictions depend on" not in asked.report()


def test_little_is_trained_again(monkeypatch):
    """By the plan's own seconds: no clock settles it, and what is asked for twice is done once."""
    few = {"losses": ["squared_error", "huber"], "only": True}
    asked = lossary.choose(TABLE, NUMBERS, models=["linear", "boosting"], want="mean", repeats=2, **few)
    trained = []

    def counted(problem, recipe, folds, most_rows):
        for held in held_out(problem, recipe, folds, most_rows):
            trained.append(recipe.label)
            yield held

    monkeypatch.setattr(explaining, "held_out", counted)
    assert explain(asked.decision, asked.inspection) is not None
    workload = asked.inspection.workload
    seconds = sum(workload.seconds_of_fits[label] for label in trained)
    assert seconds <= max(ALWAYS, SHARE * workload.seconds)
    assert len(trained) >= 2
    assert asked.importances is asked.importances
    slow = replace(workload, seconds_of_fits=dict.fromkeys(workload.seconds_of_fits, 1000.0))
    trained.clear()
    explain(asked.decision, replace(asked.inspection, workload=slow))
    assert trained == [asked.decision.shown_label]


# Columns that follow from each other.


@pytest.mark.parametrize(
    ("other", "follow"),
    [
        (X + 0.05 * NOISE, True),
        (np.exp(3.0 * X), True),
        (np.where(X > 0.0, "high", "low").astype(object), False),
        (Z, False),
        (X + 2.0 * NOISE, False),
    ],
)
def test_two_columns_that_nearly_follow_from_each_other_are_told(other, follow):
    table = {"x": X, "other": other}
    asked = lossary.choose(table, NUMBERS, models=["linear"], want="mean", repeats=1, folds=2)
    problem = asked.inspection.problem
    sentences = related_columns(problem, table_columns(problem.features, asked.inspection.data))
    assert bool(sentences) == (follow or other.dtype == object)
    for sentence in sentences:
        assert sentence.startswith("x and other nearly follow from each other")


def test_rows_held_out_were_not_trained_on(choice):
    problem = choice.inspection.problem
    recipe = choice.inspection.workload.recipes[0]
    fold = Fold(np.arange(100, ROWS), np.arange(100))
    (held,) = held_out(problem, recipe, [fold], most_rows=20)
    assert held.rows.size == 20
    assert set(held.rows) <= set(range(100))


def test_a_twin_that_trees_never_use_is_told_too():
    draw = np.random.default_rng(0)
    x, other = draw.normal(size=(2, 200))
    table = {"x": x, "twin": x, "other": other}
    y = 3.0 * x + other + 0.5 * draw.normal(size=200)
    choice = lossary.choose(table, y, want="mean", models=["boosting"], folds=3, repeats=1, losses=["huber"], only=True)
    worth = {each.column: each.increase for each in choice.importances.columns}
    assert min(worth["x"], worth["twin"]) == 0.0
    assert any("x" in said and "twin" in said for said in choice.importances.related)
