"""What a column is taken for: years are no row numbers, amounts no groups, pixels no categories."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_digits
from tests.support.places import DATA
from typer.testing import CliRunner

from lossary.choosing.choose import choose
from lossary.choosing.diagnosis.levels import with_levels_settled
from lossary.choosing.diagnosis.shape import is_sorted
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.report.content import content
from lossary.choosing.report.influential_rows import influential_rows
from lossary.choosing.report.largest_losses import largest_losses
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.features import features_of
from lossary.choosing.table.frames import columns_of
from lossary.choosing.table.task import parse_question
from lossary.choosing.training.problem import subset
from lossary.cli.main import app

ROWS = 300


@pytest.fixture
def x(random):
    return random.normal(size=ROWS)


def inspected(table, want="mean", **given):
    return inspect_and_plan(prepare_data(table, "y", **given), parse_question(want), models=["linear"])


def found(inspection, name):
    return [finding for finding in inspection.diagnosis.findings if finding.kind.name == name]


@pytest.mark.parametrize("first", [1701.0, 2.0, -3.0])
def test_consecutive_years_are_a_feature(first, x):
    years = first + np.arange(ROWS)
    assert features_of({"year": years, "x": x}).names == ("year", "x")
    assert features_of({"year": years}).names == ("year",)


@pytest.mark.parametrize("first", [0.0, 1.0])
def test_row_numbers_are_left_out_unless_they_are_all_there_is_or_the_order_asked_for(first, x):
    row = first + np.arange(ROWS)
    features = features_of({"row": row, "x": x})
    assert features.names == ("x",)
    assert features.notes == ("row was left out: it numbers the rows",)
    assert features_of({"row": row}).names == ("row",)
    assert features_of({"row": row, "x": x}, times="row").names == ("row", "x")


def test_row_numbers_are_known_where_rows_are_left_out_or_out_of_order(x):
    y = np.where(np.arange(ROWS) % 5 == 0, np.nan, x)
    data = prepare_data({"row": np.arange(ROWS), "x": x**2, "y": y}, "y")
    assert features_of(data.columns, data.rows).names == ("x",)
    data = prepare_data({"row": np.arange(ROWS), "x": x**2, "when": -np.arange(ROWS), "y": x}, "y", time="when")
    assert "row" not in features_of(data.columns, data.rows, data.times).names


def test_rows_are_called_by_their_number_in_the_table(x):
    y = 3.0 * x + np.random.default_rng(1).normal(size=ROWS)
    y[:40] = np.nan
    table = {"x": x, "y": y}
    choice = choose(table, "y", want="mean", models=["linear"], folds=2, time=-np.arange(ROWS))
    numbers = choice.inspection.features.row_numbers
    np.testing.assert_array_equal(numbers, np.arange(ROWS, 40, -1))
    drawn = np.array([3, 5, 200])
    np.testing.assert_array_equal(subset(choice.inspection.problem, drawn).features.row_numbers, numbers[drawn])
    costly = largest_losses(choice.decision)
    assert [y[row.row - 1] for row in costly] == [row.target for row in costly]
    rows = influential_rows(choice.inspection)
    assert [(x[row.row - 1], y[row.row - 1]) for row in rows] == [tuple(row.values.values()) for row in rows]


@pytest.mark.parametrize("values", ["1e309", "-inf"])
def test_infinite_cells_are_placed_in_the_table(values, x):
    table = {"x": [*x[:-1].tolist(), float(values)], "y": [None] * 10 + x[10:].tolist()}
    with pytest.raises(ValueError, match=f"'x' is -?inf in row {ROWS}"):
        inspected(table)
    with pytest.raises(ValueError, match=f"the target 'y' is -?inf in row {ROWS}"):
        inspected({"x": x, "y": [None] * 10 + [*x[10:-1].tolist(), float(values)]})


# Whole numbers of few values.


def settled(columns, y, classes=0):
    features = with_levels_settled(features_of(columns), np.asarray(y, dtype=np.float64), classes, 0)
    return {name for name, kind in zip(features.names, features.kinds, strict=True) if kind == "levels"}, features


def test_hours_are_categories_to_a_line_and_pixels_and_heights_are_numbers(random):
    bikes = pl.read_csv(DATA / "bikeshare.csv")
    names, features = settled(columns_of(bikes.drop("bikers")), bikes["bikers"])
    assert names == {"hr"}
    assert "hr: whole numbers of few values, which linear models and networks take for categories" in features.notes
    pixels, digits = load_digits(return_X_y=True)
    assert settled(columns_of(pixels), digits, 10)[0] == set()
    height = np.clip(np.round(random.normal(170.0, 5.0, 3000)), 160.0, 180.0)
    assert settled({"height": height}, height + random.normal(size=3000))[0] == set()


def test_codes_are_categories_to_a_line_also_behind_others(random):
    code, hour = random.integers(0, 9, 3000) * 1.0, random.integers(0, 24, 3000) * 1.0
    y = 9.0 * np.sin(hour) + random.normal(size=9)[code.astype(int)] + 0.1 * random.normal(size=3000)
    assert settled({"code": code, "hour": hour}, y)[0] == {"code", "hour"}
    assert settled({"code": code, "hour": hour}, random.normal(size=3000))[0] == set()


# Groups and order.


def test_groups_are_codes_and_not_amounts(random):
    number = random.integers(0, 60, ROWS)
    effect, x = random.normal(size=60), random.normal(size=ROWS)
    y = 3.0 * effect[number] + 0.3 * random.normal(size=ROWS)
    amounts = np.sort(random.integers(1000, 100_000, 60))[random.permutation(60)]
    assert [f.about for f in found(inspected({"x": x, "shop": number, "y": y}), "groups")] == ["shop"]
    assert found(inspected({"x": x, "income": amounts[number], "y": y}), "groups") == []
    assert "income" not in features_of(columns_of({"x": x, "income": amounts[number]})).codes


@pytest.mark.parametrize("order", [1, -1])
def test_rows_sorted_by_the_target_are_not_in_order_of_time(random, order):
    x, steps = random.normal(size=ROWS), random.normal(size=ROWS)
    y = x + steps
    by_target = np.argsort(order * y)
    assert found(inspected({"x": x[by_target], "y": y[by_target]}), "time_order") == []
    walk = np.cumsum(steps)
    assert found(inspected({"x": x, "y": walk}), "time_order")
    labels = np.sort(y > 0.0)[::order]
    assert found(inspected({"x": x, "y": labels * 1.0}, "probability"), "time_order") == []


def test_what_wanders_is_not_sorted(random):
    assert is_sorted(np.arange(9.0))
    assert is_sorted(-np.arange(9.0))
    assert is_sorted(np.repeat([2.0, 0.0, 1.0], 200))
    assert not is_sorted(np.sin(np.arange(500.0) / 20.0))
    assert not is_sorted(random.normal(size=ROWS))


# Wide tables.


@pytest.mark.parametrize("classes", [False, True])
def test_the_pilot_takes_the_columns_that_tell_something_of_thousands(random, classes):
    wide = random.normal(size=(80, 3000))
    y = wide[:, 1234] + 0.1 * random.normal(size=80)
    inspection = inspected(dict(enumerate(wide.T)) | {"y": np.where(y > 0.0, "b", "a") if classes else y}, None)
    pilot = inspection.pilot
    errors = pilot.probabilities[:, 1] - pilot.y if classes else pilot.mean - pilot.y
    assert np.var(errors) < 0.6 * np.var(pilot.y)


# A leak, and the positive class.


def test_a_leak_is_the_first_thing_said(random):
    x = random.normal(size=ROWS)
    y = np.exp(x + random.normal(size=ROWS))
    table = {"x": x, "paid on": y * 1.01, "y": y}
    assert inspected(table).diagnosis.findings[0].kind.name == "leak"
    choice = choose(table, "y", want="mean", models=["linear"], folds=2, repeats=1)
    assert choice.verdict.reasons[0].kind.name == "leak"
    text = choice.verdict.reasons[0].text
    assert text.startswith("paid on alone explains")
    assert text.endswith("leave it out (--drop 'paid on').")
    page = choice.report()
    assert 0 < page.index('class="leak"') < page.index(choice.verdict.headline.split(":")[0])


def test_ties_among_targets_are_no_order_that_a_column_could_leak(random):
    counts = np.sort(random.poisson(0.3, ROWS)) * 1.0
    assert (
        found(inspected({"x": random.normal(size=ROWS), "row": np.arange(ROWS) * 2.0 + 7.0, "y": counts}), "leak") != []
    )
    shuffled = random.permutation(counts)
    assert found(inspected({"x": random.normal(size=ROWS), "y": shuffled}), "leak") == []


@pytest.mark.parametrize("names", [("no", "yes"), (0, 1)])
def test_which_class_is_positive_can_be_said(random, names):
    x = random.normal(size=ROWS)
    y = [names[int(each)] for each in x + random.logistic(size=ROWS) > 0.8]
    given = {"want": "label", "cost_under": 5.0, "models": ["linear"], "folds": 2, "repeats": 1}
    usual, other = (choose({"x": x, "y": y}, "y", positive=each, **given) for each in (None, names[0]))
    assert usual.study.classes == tuple(map(str, names))
    assert other.study.classes == tuple(map(str, names))[::-1]
    assert f"missed {str(names[0])!r}" in other.decision.question
    assert choose({"x": x, "y": y}, "y", positive=names[1], **given).study.classes == usual.study.classes
    np.testing.assert_array_equal(other.study.y, 1.0 - usual.study.y)
    with pytest.raises(ValueError, match="has no class 'maybe' to be the positive one: its classes are"):
        choose({"x": x, "y": y}, "y", positive="maybe", **given)


def test_the_code_of_the_report_keeps_to_the_positive_class(random):
    x = random.normal(size=ROWS)
    table = pl.DataFrame({"x": x, "y": np.where(x + 0.3 * random.logistic(size=ROWS) > 0.5, "yes", "no")})
    choice = choose(table, "y", want="probability", positive="no", models=["linear"], folds=2, repeats=1)
    codes = {recipe.host: recipe.code for recipe in content(choice.decision, choice._supplement).recipes}
    known = {"table": table, "new": table}
    for host in ("The table", "scikit-learn"):
        exec(compile(codes[host], host, "exec"), known)
    expected = choice.study.predictions[choice.verdict.recommended.label][0]
    assert np.corrcoef(known["predictions"], expected)[0, 1] > 0.98


def test_a_positive_class_is_one_of_two(random, tmp_path):
    x = random.normal(size=ROWS)
    with pytest.raises(ValueError, match="a positive class is one of two, but the target 'y' has 3 classes"):
        choose({"x": x, "y": list("abc") * 100}, "y", positive="a")
    with pytest.raises(ValueError, match="a positive class is one of two, but the target 'y' has numbers"):
        choose({"x": x, "y": x**3}, "y", positive="a")
    pl.DataFrame({"x": x, "y": np.where(x > random.normal(size=ROWS), "yes", "no")}).write_csv(tmp_path / "a.csv")
    asked = ["choose", str(tmp_path / "a.csv"), "--target", "y", "--inspect", "--json", "--models", "linear"]
    answer = CliRunner().invoke(app, [*asked, "--positive", "no"])
    assert json.loads(answer.stdout)["task"] == "2 classes: yes, no"
    assert "has no class 'maybe'" in CliRunner().invoke(app, [*asked, "--positive", "maybe"]).stderr
