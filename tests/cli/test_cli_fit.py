"""``lossary fit``: published coefficients, rows left out, pictures, and what is refused."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.support.places import DATA
from typer.testing import CliRunner

from lossary.cli.main import app
from lossary.evaluate.registry import get
from lossary.fit import linear

ENGEL = ("fit", DATA / "engel.csv", "--target", "foodexp")


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def answer(*arguments: object):
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout, parse_constant=pytest.fail)


def refusal(*arguments: object) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@pytest.fixture(scope="module")
def labels(tmp_path_factory) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 2))
    label = rng.random(150) < 1.0 / (1.0 + np.exp(-3.0 * x[:, 0]))
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.where(label, 1, -1)}).write_csv(path)
    return path


def test_engel_by_least_squares_has_the_textbook_standard_errors():
    shown = answer(*ENGEL)
    assert shown["intercept"] == pytest.approx(147.47539, abs=1e-5)
    assert shown["coefficients"]["income"] == pytest.approx(0.48517842, abs=1e-8)
    # statsmodels' summary of the same regression
    assert shown["standard_errors"]["intercept"] == pytest.approx(15.957, abs=1e-3)
    assert shown["standard_errors"]["coefficients"]["income"] == pytest.approx(0.014, abs=5e-4)
    assert shown["converged"]
    assert shown["certificate"]["value"] <= shown["certificate"]["tolerance"]
    assert shown["scores"]["model"]["RMSE"] < 0.6 * shown["scores"]["best_constant"]["RMSE"]


def test_scores_are_those_of_folds_done_by_hand():
    shown = answer(*ENGEL, "--folds", 4, "--seed", 3)
    frame = pl.read_csv(DATA / "engel.csv")
    X, y = frame[["income"]].to_numpy(), frame["foodexp"].to_numpy()
    left_out = np.empty(len(y))
    for part in np.array_split(np.random.default_rng(3).permutation(len(y)), 4):
        kept = np.setdiff1d(np.arange(len(y)), part)
        slope, intercept = np.polyfit(X[kept, 0], y[kept], 1)
        left_out[part] = intercept + slope * X[part, 0]
    assert shown["scores"]["model"]["mean_loss"] == pytest.approx(np.mean((left_out - y) ** 2), rel=1e-9)
    assert shown["scores"]["model"]["MAE"] == pytest.approx(np.mean(np.abs(left_out - y)), rel=1e-9)


def test_a_penalised_fit_is_that_of_the_library_and_says_why_it_has_no_standard_errors():
    shown = answer(*ENGEL, "--penalty", "l2", "--alpha", 100.0)
    frame = pl.read_csv(DATA / "engel.csv")
    fit = linear(frame[["income"]].to_numpy(), frame["foodexp"].to_numpy(), alpha=100.0)
    assert shown["coefficients"]["income"] == fit.coef[0]
    assert shown["standard_errors"] is None
    assert any("no standard errors" in note for note in shown["notes"])


def test_the_page_shows_numbers_certificate_and_files(tmp_path):
    picture, model = tmp_path / "curve.png", tmp_path / "model.json"
    result = invoke(*ENGEL, "--trace", picture, "--out", model)
    assert result.exit_code == 0, result.stderr
    for expected in ("147.475", "0.4852", "standard error", "gradient norm", "best constant", "RMSE", str(picture)):
        assert expected in result.stdout
    assert picture.stat().st_size > 10_000
    written = json.loads(model.read_text())
    assert written["coefficients"]["income"] == pytest.approx(0.48517842, abs=1e-8)
    assert written["loss"] == "squared_error"


def test_the_trace_of_a_teaching_solver_is_its_own(tmp_path):
    picture = tmp_path / "curve.svg"
    result = invoke(*ENGEL, "--solver", "gradient_descent", "--trace", picture)
    assert result.exit_code == 0, result.stderr
    drawing = picture.read_text()
    assert "gradient_descent" in drawing
    assert "newton" not in drawing
    invoke(*ENGEL, "--trace", picture)
    drawing = picture.read_text()
    assert all(name in drawing for name in ("newton", "gradient_descent", "sgd"))


@pytest.fixture
def prices(tmp_path):
    """Counts of some ten thousands, and features in units of their own."""
    draw = np.random.default_rng(0)
    size, age = draw.normal(5000.0, 1000.0, 200), draw.normal(3.0, 0.01, 200)
    price = draw.poisson(np.exp(10.5 + 0.0005 * (size - 5000.0)))
    path = tmp_path / "prices.csv"
    pl.DataFrame({"size": size, "age": age, "price": price}).write_csv(path)
    return path


def test_a_trace_on_raw_units_has_every_solver(prices, tmp_path):
    for loss in ("poisson", "huber", "gamma"):
        picture = tmp_path / f"{loss}.svg"
        result = invoke("fit", prices, "--target", "price", "--loss", loss, "--trace", picture)
        assert result.exit_code == 0, result.stderr
        assert result.stderr == ""
        assert all(name in picture.read_text() for name in ("newton", "gradient_descent", "sgd"))


def test_a_trace_that_fails_costs_the_trace_only(prices, tmp_path, monkeypatch):
    from lossary.cli import trace  # noqa: PLC0415  needs matplotlib

    ask = ("fit", prices, "--target", "price", "--loss", "poisson", "--trace")
    followed = trace.fit_linear

    def fails(loss, features, y, options):
        if options.get("solver") == failing:
            raise ValueError("it went too far")
        return followed(loss, features, y, options)

    monkeypatch.setattr(trace, "fit_linear", fails)
    failing = "sgd"
    result = invoke(*ask, tmp_path / "lacking.svg")
    assert result.exit_code == 0
    assert "the trace lacks sgd: it went too far" in result.stderr
    assert "newton" in (tmp_path / "lacking.svg").read_text()
    assert "sgd" not in (tmp_path / "lacking.svg").read_text().replace("of sgd", "")
    monkeypatch.setattr(trace, "_draw_lines", lambda *_: 1 / 0)
    result = invoke(*ask, tmp_path / "none.svg")
    assert result.exit_code == 0
    assert "there is no trace: division by zero" in result.stderr
    assert "coefficient" in result.stdout
    assert "none.svg" not in result.stdout
    assert not (tmp_path / "none.svg").exists()
    shown = invoke(*ask, tmp_path / "none.svg", "--json")
    assert "trace" not in json.loads(shown.stdout)


def test_labels_are_judged_as_labels(labels):
    shown = answer("fit", labels, "--target", "y", "--loss", "logistic")
    assert list(shown["yardsticks"]) == ["errors", "Brier", "log loss", "bias"]
    assert shown["scores"]["model"]["errors"] < 0.3 < shown["scores"]["best_constant"]["errors"]
    assert shown["scores"]["model"]["log loss"] == pytest.approx(shown["scores"]["model"]["mean_loss"])
    assert shown["coefficients"]["a"] > 2.0


@pytest.mark.skipif(find_spec("lightgbm") is None and find_spec("xgboost") is None, reason="no booster")
def test_boosted_trees_tell_the_feature_that_matters(labels, tmp_path):
    picture = tmp_path / "rounds.png"
    shown = answer("fit", labels, "--target", "y", "--loss", "logistic", "--model", "boosting", "--trace", picture)
    assert shown["importances"]["a"] > 0.1 > abs(shown["importances"]["b"])
    assert shown["scores"]["model"]["errors"] < 0.3
    assert picture.stat().st_size > 5_000


@pytest.mark.skipif(find_spec("torch") is None, reason="no PyTorch")
def test_a_network_learns(labels, tmp_path):
    picture = tmp_path / "curve.png"
    ask = ("fit", labels, "--target", "y", "--loss", "logistic", "--model", "mlp", "--folds", 2, "--trace", picture)
    shown = answer(*ask)
    assert shown["importances"]["a"] > abs(shown["importances"]["b"])
    assert shown["scores"]["model"]["errors"] < 0.35
    assert picture.stat().st_size > 5_000


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--model", "forest"], "linear, boosting, mlp"),
        (["--model", "boosting", "--alpha", 1], "--alpha is for linear models"),
        (["--model", "mlp", "--out", "m.json"], "m.json would hold a linear model"),
        (["--penalty", "l1"], "--alpha"),
        (["--penalty", "l3", "--alpha", 1], "l1"),
        (["--solver", "newtown"], "newton"),
        (["--loss", "hubr"], "did you mean huber"),
        (["--loss", "softmax_cross_entropy"], "which are no classes"),
        (["--loss", "hinge"], "takes targets in {-1, 1}"),
        (["--trace", "curve.bmp"], ".png"),
    ],
)
def test_mistakes_take_one_line(options, expected):
    assert expected in refusal(*ENGEL, *options)


def test_the_loss_has_the_name_it_was_asked_by():
    assert answer(*ENGEL, "--loss", "mse")["name"] == get("mse").name
