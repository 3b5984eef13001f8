"""The report's code from a file on: weights, dates and constants are those of the comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GroupKFold, TimeSeriesSplit

pytest.importorskip("jinja2")

from lossary.choosing.choose import choose, compare_and_decide
from lossary.choosing.comparison.study import Candidate, Fold, Study
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.report.code.blocks import recipes
from lossary.choosing.report.code.table import Columns, Source
from lossary.choosing.report.content import content
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.task import parse_question
from lossary.choosing.training import fold_fit
from lossary.cli.data import read_frame

ROWS = 400
PLAN = {"models": ["linear"], "folds": 2, "repeats": 1}
ONE_LOSS = {"mean": "squared_error", "probability": "logistic"}
"""What is compared with the constant, where a test is about the table: few or many others do not change its code."""


def codes_of(choice) -> dict[str, str]:
    return {r.host: r.code for r in content(choice.decision, choice._supplement).recipes}


def compared(path, want, target="y", plan=None, **given):
    """What the command does with a file."""
    data = prepare_data(read_frame(path, [target]).frame, target, **given)
    plan = PLAN | (one_loss(want) if plan is None else plan)
    return compare_and_decide(inspect_and_plan(data, parse_question(want), **plan), data=path.name)


def one_loss(want):
    """A comparison of one loss with the constant."""
    return {"losses": [ONE_LOSS[want]], "only": True}


def run(codes, *hosts, **known):
    for host in ("The table", *hosts):
        exec(compile(codes[host], host, "exec"), known)
    return known


def own(choice):
    """The comparison's predictions where the recommended candidate learns from all rows, and predicts them."""
    problem, label = choice.inspection.problem, choice.verdict.recommended.label
    recipe = next(r for r in choice.inspection.workload.recipes if r.label == label)
    rows = np.arange(problem.y.size)
    return fold_fit.run(problem, recipe, Fold(rows, rows)).predictions


@pytest.fixture
def weighted(tmp_path, monkeypatch):
    """Rows of weight 9 follow another line than the others; some have no weight to speak of, some no target."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(3)
    x, heavy = draw.normal(size=ROWS), draw.uniform(size=ROWS) < 0.5
    y = np.where(heavy, 5.0 + 3.0 * x, 2.0 * x) + draw.normal(size=ROWS)
    weight = np.where(heavy, 9.0, 1.0)
    weight[:5] = 0.0
    y[:5] = 1000.0
    table = pl.DataFrame({"x": x, "the weight": weight, "y": [None, *y[1:]]})
    table.write_csv("wt.csv")
    return table


def test_weights_of_a_column_are_read_from_it(weighted, tmp_path):
    choice = compared(tmp_path / "wt.csv", "mean", sample_weight="the weight")
    codes = codes_of(choice)
    known = run(codes, "scikit-learn")
    expected = own(choice)
    np.testing.assert_array_equal(known["weight"], weighted["the weight"].to_numpy()[5:])
    assert known["X"].shape == (ROWS - 5, 1)
    np.testing.assert_allclose(known["predictions"][5:], expected, atol=1e-3 * expected.std())
    plain = run({**codes, "The table": codes["The table"] + "\nweight = np.ones(len(y))"}, "scikit-learn")
    assert np.abs(plain["predictions"][5:] - expected).max() > 0.1


def test_weights_that_are_no_column_must_be_filled_in(weighted):
    table = weighted[5:]
    weight = table["the weight"].to_numpy()
    choice = choose(table.drop("the weight"), "y", want="mean", sample_weight=weight, **PLAN, **one_loss("mean"))
    codes = codes_of(choice)
    with pytest.raises(NameError, match="weights_of_the_comparison"):
        run(codes, table=table, new=table)
    known = run(codes, "scikit-learn", table=table, new=table, weights_of_the_comparison=weight)
    np.testing.assert_array_equal(known["weight"], weight)


CONSTANTS = [
    ("mean", {}, "prediction", lambda y, w: np.average(y, weights=w)),
    ("median", {}, "prediction", lambda y, w: quantile(y, w, 0.5)),
    ("quantile", {"cost_under": 4.0, "cost_over": 1.0}, "prediction", lambda y, w: quantile(y, w, 0.8)),
    ("interval:0.8", {}, "prediction", lambda y, w: [quantile(y, w, 0.1), quantile(y, w, 0.9)]),
]


def quantile(y, weight, level):
    order = np.argsort(y)
    return y[order][np.searchsorted(np.cumsum(weight[order]), level * weight.sum())]


def constant(want, columns, classes=(), weight=None, name="", target="y"):
    study = Study(want, np.zeros(ROWS), weight, [], [], {}, np.empty(0), classes)
    weighed = None if weight is None else name
    winner = Candidate("constant", "", {}, "constant", "identity", kind="constant")
    return {r.host: r.code for r in recipes(study, winner, columns, Source(target, "wt.csv", weighed, incomplete=True))}


@pytest.mark.parametrize(("words", "costs", "name", "expected"), CONSTANTS)
def test_the_constant_is_that_of_the_question(weighted, words, costs, name, expected):
    columns = Columns(("x",), ("number",))
    kept = weighted.drop_nulls("y")
    y, weight = kept["y"].to_numpy(), kept["the weight"].to_numpy()
    plain = run(constant(parse_question(words, **costs), columns), "Python")
    np.testing.assert_allclose(plain[name], expected(y, np.ones(y.size)), rtol=0.02)
    weighed = run(constant(parse_question(words, **costs), columns, weight=weight, name="the weight"), "Python")
    np.testing.assert_allclose(weighed[name], expected(y, weight), rtol=0.02)


@pytest.mark.parametrize(
    ("share", "want", "expected"),
    [
        (0.2, parse_question("label", 9.0, 1.0), "yes"),  # above 1/10
        (0.2, parse_question("label", 1.0, 1.0), "no"),
        (0.7, parse_question("label", 1.0, 9.0), "no"),  # below 9/10
        (0.7, parse_question("label"), "yes"),
    ],
)
def test_the_constant_label_is_that_of_least_cost(tmp_path, monkeypatch, share, want, expected):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": np.arange(ROWS), "y": ["yes" if i < share * ROWS else "no" for i in range(ROWS)]}).write_csv(
        "wt.csv"
    )
    columns, classes = Columns(("x",), ("number",)), ("no", "yes")
    known = run(constant(want, columns, classes), "Python")
    assert known["label"] == expected
    assert "predictions" not in known
    shares = run(constant(parse_question("probability"), columns, classes), "Python")["predictions"]
    assert shares["yes"] == pytest.approx(share)


def test_the_constant_label_of_many_classes_is_the_heaviest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grade = ["a"] * 200 + ["b"] * 150 + ["c"] * 50
    weight = np.repeat([1.0, 2.0, 1.0], (200, 150, 50))
    pl.DataFrame({"x": np.arange(ROWS), "y": grade, "w": weight}).write_csv("wt.csv")
    columns, classes = Columns(("x",), ("number",)), ("a", "b", "c")
    assert run(constant(parse_question("label"), columns, classes), "Python")["label"] == "a"
    assert run(constant(parse_question("label"), columns, classes, weight, "w"), "Python")["label"] == "b"


def test_a_file_that_tells_nothing_has_code_for_its_constant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(1)
    y = draw.normal(3.0, 1.0, size=ROWS)
    pl.DataFrame({"x": draw.normal(size=ROWS), "y": y}).write_csv("noise.csv")
    choice = compared(tmp_path / "noise.csv", "mean", plan={})
    assert choice.verdict.code == "constant"
    assert run(codes_of(choice), "Python")["prediction"] == pytest.approx(y.mean())


def dated() -> pl.DataFrame:
    """Days and moments, some missing, of a target that follows time, weekday and hour."""
    draw = np.random.default_rng(5)
    hours = np.sort(draw.choice(24 * 300, ROWS, replace=False))
    moment = np.datetime64("2023-03-04T05:30:00", "us") + hours.astype("timedelta64[h]")
    day = moment.astype("datetime64[D]")
    y = 0.05 * hours / 24.0 + 3.0 * np.is_busday(day) + np.sin(hours % 24 / 4.0) + 0.3 * draw.normal(size=ROWS)
    gone = draw.uniform(size=(2, ROWS)) < 0.03
    day[gone[0]], moment[gone[1]] = np.datetime64("NaT"), np.datetime64("NaT")
    return pl.DataFrame({"sent on": day, "at": moment, "y": y})[draw.permutation(ROWS)]


@pytest.mark.parametrize("model", ["linear", "boosting"])
def test_dates_become_the_columns_of_the_comparison(tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    table = dated()
    table.write_csv("sent.csv")
    monkeypatch.setitem(PLAN, "models", [model])
    choice = compared(tmp_path / "sent.csv", "mean")
    codes = codes_of(choice)
    assert choice.inspection.features.dates == ("sent on", "at")
    assert "'sent on': '2023-03-04'" in codes["The table"]
    assert f"'at': '{str(table['at'].min()).replace(' ', 'T')}" in codes["The table"]
    known = run(codes, "scikit-learn")
    expected, y = own(choice), table["y"].to_numpy()
    same_span(known["X"], matrix(choice, model == "boosting"))
    assert np.corrcoef(known["predictions"], expected)[0, 1] > 0.98
    assert np.mean((y - known["predictions"]) ** 2) < 0.2 * y.var()
    assert known["table"].columns[3:] == [
        f"{date}.{part}"
        for date in ("sent on", "at")
        for part in ("days", "month", "day", "yearday", "weekday", "hour")
    ]
    made = known["table"].drop_nulls(["sent on", "at"])
    for date, name in (("sent on", "sent on"), ("at", "at")):
        read = made[date]
        np.testing.assert_array_equal(made[f"{name}.month"], read.dt.month())
        np.testing.assert_array_equal(made[f"{name}.weekday"], read.dt.weekday() - 1)
        np.testing.assert_array_equal(made[f"{name}.hour"], read.dt.hour())


def matrix(choice, for_trees=False):
    features = choice.inspection.features
    return encoder(features, np.arange(ROWS), for_trees)(features.matrix)


def same_span(found, expected):
    """Which of a category's columns is left out differs, but lines through both are the same."""
    assert found.shape == expected.shape
    one, other = (np.column_stack([m, np.ones(ROWS)]) for m in (found, expected))
    ranks = {np.linalg.matrix_rank(m) for m in (one, other, np.column_stack([one, other]))}
    assert len(ranks) == 1


def test_dates_of_tables_at_hand_may_have_a_zone():
    table = dated().with_columns(pl.col("at").dt.replace_time_zone("Europe/Berlin", non_existent="null"))
    choice = choose(table, "y", want="mean", **PLAN, **one_loss("mean"))
    codes, expected = codes_of(choice), own(choice)
    of_pandas = pd.DataFrame(table.to_dict(as_series=False))  # to_pandas would ask for PyArrow
    for given in (table, of_pandas):
        known = run(codes, "scikit-learn", table=given, new=given)
        same_span(known["X"], matrix(choice))
        assert np.corrcoef(known["predictions"], expected)[0, 1] > 0.98


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_are_brought_into_the_order_of_time(tmp_path, monkeypatch, ending):
    table = dated().drop_nulls("at")
    path = tmp_path / f"shuffled.{ending}"
    table.write_csv(path) if ending == "csv" else table.write_parquet(path)
    monkeypatch.chdir(tmp_path)
    codes = codes_of(compared(path, "mean", time="at"))
    known = run(codes)
    assert not table["at"].is_sorted()
    np.testing.assert_array_equal(known["y"], table.sort("at")["y"])
    np.testing.assert_array_equal(known["new"]["y"], table["y"])  # what is to be predicted stays as it is
    assert "the last rows are held" in codes["LightGBM"]


def test_order_is_asked_of_tables_at_hand():
    table = dated().drop_nulls("at")
    choice = choose(table, "y", want="mean", time=table["at"].to_numpy(), **PLAN, **one_loss("mean"))
    assert codes_of(choice)["The table"].count("rows in order of time") == 1


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
@pytest.mark.parametrize("classes", [False, True])
def test_rows_without_a_target_are_left_out_of_tables_at_hand(make, classes):
    draw = np.random.default_rng(4)
    x = draw.normal(size=ROWS)
    y = x + draw.normal(size=ROWS)
    targets = ["yes" if value > 0.0 else "no" for value in y] if classes else y.tolist()
    table = make({"x": x, "y": [None if i % 10 == 0 else t for i, t in enumerate(targets)]})
    want = "probability" if classes else "mean"
    choice = choose(table, "y", want=want, **PLAN, **one_loss(want))
    known = run(codes_of(choice), "scikit-learn", table=table, new=table)
    kept = np.arange(ROWS) % 10 > 0
    np.testing.assert_array_equal(known["y"], np.array(targets)[kept])
    assert np.corrcoef(known["X"][:, 0], x[kept])[0, 1] > 0.999
    assert len(known["X_new"]) == ROWS


def panel(classes=False) -> pl.DataFrame:
    """Rows of 40 firms that differ, and of which a feature tells which one it is."""
    draw = np.random.default_rng(6)
    firm = np.repeat(np.arange(40), ROWS // 40)
    level, name = draw.normal(size=40), draw.permutation(40) + 0.0
    x = draw.normal(size=ROWS)
    y = 4.0 * x + 2.0 * level[firm] + 0.5 * draw.normal(size=ROWS)
    noise = {f"n{j}": draw.normal(size=ROWS) for j in range(20)}  # rows are few for as many columns
    target = np.where(y > 0.0, "yes", "no") if classes else y
    return pl.DataFrame(
        {"x": x, "name": name[firm] + 0.01 * draw.normal(size=ROWS), "firm": firm, "y": target, **noise}
    )


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("model", ["linear", "boosting"])
def test_groups_stay_whole_in_the_code_too(tmp_path, monkeypatch, model, classes):
    monkeypatch.chdir(tmp_path)
    panel(classes).write_csv("panel.csv")
    monkeypatch.setitem(PLAN, "models", [model])
    choice = compared(tmp_path / "panel.csv", "probability" if classes else "mean", groups="firm")
    codes = codes_of(choice)
    hosts = ("LightGBM", "XGBoost") if model == "boosting" else ("scikit-learn",)
    for host in hosts:
        known = run(codes, host)
        np.testing.assert_array_equal(known["groups"], panel()["firm"])
        if model == "boosting":
            assert not np.intersect1d(known["groups"][known["learn"]], known["groups"][known["held"]]).size
        else:
            assert isinstance(known["model"].cv, GroupKFold)


@pytest.mark.parametrize("classes", [False, True])
def test_groups_that_are_no_column_must_be_filled_in(classes):
    table, want = panel(classes).drop("firm"), "probability" if classes else "mean"
    choice = choose(table, "y", want=want, groups=panel()["firm"].to_numpy(), **PLAN, **one_loss(want))
    assert "groups = groups_of_the_comparison  # fill in" in codes_of(choice)["The table"]


def test_penalties_are_chosen_in_the_order_of_time():
    table = dated().drop_nulls("at")
    choice = choose(table, "y", want="mean", time="at", **PLAN, **one_loss("mean"))
    known = run(codes_of(choice), "scikit-learn", table=table, new=table)
    assert isinstance(known["model"].cv, TimeSeriesSplit)
