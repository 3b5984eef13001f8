"""The command line: what it prints, what it refuses, and that its fits are the optima."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.support.places import DATA
from typer.testing import CliRunner

from lossary.cli.main import app
from lossary.cli.models import fit_linear
from lossary.cli.tables import aligned
from lossary.evaluate.registry import catalogue, get
from lossary.fit.straight.pieces import is_piecewise_linear
from lossary.tables import streams

ENGEL = DATA / "engel.csv"


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def answer(*arguments: object):
    """What a command prints as JSON."""
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


def refusal(*arguments: object) -> str:
    """The one line on stderr of a command that is refused."""
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("lossary: ")
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@pytest.fixture
def table(tmp_path):
    def write(text: str, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def synthetic(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 2)) * [1.0, 30.0] + [5.0, -100.0]
    return features, 3.0 + features @ [2.0, 0.1] + rng.standard_t(2, size=n)


def written(tmp_path: Path, **columns: np.ndarray) -> Path:
    path = tmp_path / "written.csv"
    pl.DataFrame(columns).write_csv(path)
    return path


# list and show


def test_list_names_every_loss():
    result = invoke("list")
    assert result.exit_code == 0
    words = set(result.stdout.split())
    assert {loss.name for loss in catalogue()} <= words


def test_list_as_json_and_filtered():
    assert [loss["name"] for loss in answer("list")] == [loss.name for loss in catalogue()]
    assert {loss["functional"] for loss in answer("list", "--functional", "median")} == {"median"}
    robust = answer("list", "--family", "robust", "--claim", "convex")
    assert "huber" in {loss["name"] for loss in robust}
    assert "cauchy" not in {loss["name"] for loss in robust}


@pytest.mark.parametrize("option", [["--family", "robst"], ["--functional", "moan"], ["--claim", "pretty"]])
def test_list_refuses_unknown_words(option):
    assert option[1] in refusal("list", *option)


@pytest.mark.parametrize("name", [loss.name for loss in catalogue()])
def test_show_tells_what_is_recorded(name):
    loss, shown = get(name), answer("show", name)
    assert shown["name"] == name
    assert shown["aliases"] == list(loss.aliases)
    assert [p["name"] for p in shown["parameters"]] == [p.name for p in loss.parameters]
    assert set(shown["formulas"]) >= {"value", "gradient", "curvature"}
    assert shown["use_when"]
    assert shown["see_also"]
    assert all(shown["formulas"].values())
    assert shown["latex"]


def test_show_prints_a_page():
    page = invoke("show", "huber:delta=2").stdout
    for expected in ("huber(delta=2)", "delta = 2", "HuberLoss", "doi:10.1214/aoms/1177703732", "gradient at most"):
        assert expected in page
    assert all(line == line.rstrip() for line in page.splitlines())


def test_show_writes_the_page_as_a_file(tmp_path):
    path = tmp_path / "softmax.html"
    assert invoke("show", "softmax_cross_entropy", "--html", path).exit_code == 0
    assert "-sum_j y_j log(p_j)" in path.read_text()
    assert "cannot" in refusal("show", "huber", "--html", tmp_path / "nowhere" / "huber.html")


def test_unknown_losses_name_the_nearest():
    assert "did you mean huber" in refusal("show", "hubr")
    assert "delta" in refusal("show", "huber:dleta=2")
    assert "(0, inf)" in refusal("show", "huber:delta=-1")
    assert "twice" in refusal("plot", "mae", "absolute_error")


# plot


@pytest.mark.parametrize(
    "names", [["huber", "absolute_error"], ["logistic", "hinge"], ["poisson_deviance"], ["sparsemax"]]
)
def test_plot_draws(tmp_path, names):
    path = tmp_path / "curves.svg"
    result = invoke("plot", *names, "-o", path)
    assert result.exit_code == 0, result.stderr
    assert str(path) in result.stdout
    drawing = path.read_text()
    assert all(word in drawing for word in ["value", "gradient", "curvature", *names])
    assert drawing.count("<!-- legend_") + drawing.count('id="legend_') == 1


def test_plot_is_reproducible(tmp_path):
    for name in ("a.png", "b.png"):
        assert invoke("plot", "huber", "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_plot_refuses(tmp_path):
    assert ".png" in refusal("plot", "huber", "-o", tmp_path / "curves.jpeg2000")
    assert "no folder" in refusal("plot", "huber", "-o", tmp_path / "nowhere" / "curves.png")
    assert "empty" in refusal("plot", "huber", "-o", tmp_path / "c.png", "--range", 1, 1)
    assert "poisson" in refusal("plot", "poisson", "-o", tmp_path / "c.png", "--target", -1)
    assert "none is between" in refusal("plot", "brier", "-o", tmp_path / "c.png", "--range", 2, 3)


# eval


def test_eval_is_the_cost_of_the_library(tmp_path):
    features, y = synthetic()
    weight = np.abs(features[:, 0])
    path = written(tmp_path, y=y, p=features[:, 0], w=weight)
    shown = answer(
        "eval", path, "--target", "y", "--prediction", "p", "--loss", "huber", "--loss", "rmse", "--weight", "w"
    )
    assert shown["rows"] == len(y)
    for entry in shown["losses"]:
        assert entry["cost"] == get(entry["loss"].split("(")[0]).cost(y, features[:, 0], sample_weight=weight)


def test_eval_does_not_depend_on_chunks_or_on_the_format(tmp_path, monkeypatch):
    features, y = synthetic(n=500)
    frame = pl.DataFrame({"y": y, "p": features[:, 0]})
    frame.write_csv(tmp_path / "d.csv")
    frame.write_parquet(tmp_path / "d.parquet")
    ask = ("--target", "y", "--prediction", "p", "--loss", "squared_error")
    whole = answer("eval", tmp_path / "d.csv", *ask)["losses"]
    assert answer("eval", tmp_path / "d.parquet", *ask)["losses"] == whole
    monkeypatch.setattr(streams, "CELLS", 7)
    monkeypatch.setattr(streams, "FEWEST", 7)
    assert answer("eval", tmp_path / "d.csv", *ask)["losses"] == whole


def test_eval_reads_text_that_turns_out_not_to_be_utf8(tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes(b"y,p\n" + b"1.5,2.5\n" * 10_000 + b"1.5,\x8012.5\n")  # a euro sign beyond the beginning
    shown = answer("eval", path, "--target", "y", "--prediction", "p", "--loss", "squared_error")
    assert shown["losses"][0]["cost"] == (10_000 + 121.0) / 10_001


def test_eval_prints_a_table(table):
    path = table("y,p\n1,2\n3,5\n")
    result = invoke("eval", path, "--target", "y", "--prediction", "p", "--loss", "squared_error")
    assert "2.5" in result.stdout
    assert "2 rows" in result.stdout


def test_eval_refuses_targets_outside_the_domain(table):
    path = table("y,p\n1,2\n-3,5\n")
    assert "-3" in refusal("eval", path, "--target", "y", "--prediction", "p", "--loss", "poisson")


# compare: the published fits


@pytest.fixture(scope="module")
def engel():
    losses = ("squared_error", "absolute_error", "quantile:0.75", "quantile:0.9")
    shown = answer("compare", ENGEL, "--target", "foodexp", *(a for loss in losses for a in ("--loss", loss)))
    return {entry["loss"]: entry for entry in shown["losses"]} | {"": shown}


@pytest.mark.parametrize(
    ("loss", "intercept", "slope"),
    [
        ("squared_error", 147.47539, 0.48517842),
        ("absolute_error", 81.48225, 0.56018),
        ("quantile(tau=0.75)", 62.39659, 0.64401),
        ("quantile(tau=0.9)", 67.35087, 0.68630),
    ],
)
def test_engel_has_its_published_coefficients(engel, loss, intercept, slope):
    assert engel[loss]["converged"]
    assert engel[loss]["intercept"] == pytest.approx(intercept, abs=1e-5)
    assert engel[loss]["coefficients"]["income"] == pytest.approx(slope, abs=5e-6)


def test_engel_is_judged_on_every_yardstick(engel):
    assert set(engel[""]["yardsticks"]) == {"MAE", "RMSE", "pinball 0.75", "pinball 0.9", "bias"}
    assert engel[""]["best"]["pinball 0.9"] == ["quantile(tau=0.9)"]
    assert engel[""]["best"]["MAE"] == ["absolute_error"]
    for entry in engel[""]["losses"]:
        assert len(entry["scores_by_fold"]["MAE"]) == engel[""]["folds"] == 5
        assert np.mean(entry["scores_by_fold"]["MAE"]) == pytest.approx(entry["scores"]["MAE"])


def test_compare_prints_the_published_lines(tmp_path):
    picture = tmp_path / "fits.png"
    losses = ("squared_error", "absolute_error", "huber", "quantile:0.9")
    result = invoke(
        "compare", ENGEL, "--target", "foodexp", *(a for loss in losses for a in ("--loss", loss)), "--plot", picture
    )
    assert result.exit_code == 0, result.stderr
    for expected in ("147.48", "0.4852", "81.48", "0.5602", "0.9-quantile", "pinball 0.9", str(picture), "delta=1"):
        assert expected in result.stdout
    assert result.stderr == ""
    assert picture.stat().st_size > 10_000


def test_compare_is_decided_by_its_seed():
    ask = ("compare", ENGEL, "--target", "foodexp", "--loss", "squared_error")
    first, again, other = answer(*ask), answer(*ask, "--seed", 0), answer(*ask, "--seed", 1)
    assert first == again
    assert first["losses"][0]["scores"] != other["losses"][0]["scores"]
    assert first["losses"][0]["coefficients"] == other["losses"][0]["coefficients"]


# compare: optima, links, labels


def slack_of(name: str, fit, features, y, rng, tries: int = 200) -> float:
    """How far below the fit's cost a nearby model's is: not at all, at an optimum."""
    loss = get(name)
    best = loss.cost(y, fit.predict(features))
    lowest = math.inf
    for _ in range(tries):
        step = rng.normal(size=features.shape[1] + 1) * 10.0 ** rng.uniform(-8, 0)
        moved = fit.intercept + step[0] - step[1:] @ features.mean(axis=0) + features @ (fit.coef + step[1:])
        lowest = min(lowest, loss.cost(y, moved))
    return (best - lowest) / max(abs(best), 1e-300)


@pytest.mark.parametrize(
    "name", ["absolute_error", "quantile:0.2", "epsilon_insensitive:0.5", "huber", "squared_error"]
)
def test_fits_are_optima(name):
    features, y = synthetic()
    assert slack_of(name, fit_linear(get(name), features, y), features, y, np.random.default_rng(1)) <= 1e-12


def test_a_fit_that_is_no_optimum_is_seen():
    features, y = synthetic()
    wrong = fit_linear(get("squared_error"), features, y)
    assert slack_of("absolute_error", wrong, features, y, np.random.default_rng(1)) > 1e-6


def test_median_regression_goes_through_as_many_rows_as_it_has_coefficients():
    features, y = synthetic()
    assert is_piecewise_linear(get("absolute_error"))
    assert not is_piecewise_linear(get("huber"))
    residuals = np.abs(fit_linear(get("absolute_error"), features, y).predict(features) - y)
    assert np.count_nonzero(residuals < 1e-9) == 3
    residuals = np.abs(fit_linear(get("squared_error"), features, y).predict(features) - y)
    assert np.count_nonzero(residuals < 1e-9) == 0


def test_log_links_are_judged_on_the_scale_of_the_target(tmp_path):
    rng = np.random.default_rng(2)
    x = rng.normal(size=200)
    path = written(tmp_path, x=x, n=rng.poisson(np.exp(1.0 + 0.5 * x)))
    shown = answer("compare", path, "--target", "n", "--loss", "poisson", "--loss", "squared_log_error")
    poisson, logs = shown["losses"]
    assert poisson["intercept"] == pytest.approx(1.0, abs=0.1)
    assert poisson["coefficients"]["x"] == pytest.approx(0.5, abs=0.1)
    assert abs(poisson["scores"]["bias"]) < 0.1 < abs(logs["scores"]["bias"])
    assert any("by exp" in note for note in shown["notes"])


@pytest.mark.parametrize("code", [(0, 1), (-1, 1)])
def test_labels_may_be_coded_either_way(tmp_path, code):
    rng = np.random.default_rng(3)
    x = rng.normal(size=120)
    label = rng.random(120) < 1.0 / (1.0 + np.exp(-2.0 * x))
    path = written(tmp_path, x=x, y=np.where(label, code[1], code[0]))
    shown = answer(
        "compare", path, "--target", "y", "--loss", "logistic", "--loss", "hinge", "--loss", "logistic_margin"
    )
    logistic, hinge, margin = shown["losses"]
    assert list(shown["yardsticks"]) == ["errors", "Brier", "log loss", "bias"]
    assert logistic["coefficients"]["x"] == pytest.approx(margin["coefficients"]["x"], rel=1e-6)
    assert logistic["scores"]["errors"] < 0.35
    assert hinge["scores"]["errors"] < 0.35
    assert logistic["scores"]["log loss"] < 0.6
    assert hinge["scores"]["log loss"] == "inf"


def test_labels_that_can_be_told_apart_are_fitted_and_said(tmp_path):
    x = np.arange(20.0)
    path = written(tmp_path, x=x, y=(x > 9.5).astype(int))
    shown = answer("compare", path, "--target", "y", "--loss", "logistic")
    assert shown["losses"][0]["converged"]
    assert any("separate" in note for note in shown["notes"])


# Mistakes: one line that says what to do.


@pytest.mark.parametrize(
    ("text", "target", "losses", "expected"),
    [
        ("", "y", ["squared_error"], ["is empty", "header"]),
        ("x,y\n", "y", ["squared_error"], ["no rows"]),
        ("x,y\n1,2\n", "y", ["squared_error"], ["1 row ", "at least"]),
        ("x,y\n" + "1,2\n2,5\n3,1\n" * 5, "z", ["squared_error"], ["no column 'z'", "x, y"]),
        ("x,yield\n" + "1,2\n2,5\n3,1\n" * 5, "yeild", ["squared_error"], ["did you mean yield"]),
        ("x,y\n" + "1,2\n2,5\na,1\n" * 5, "y", ["squared_error"], ["'x' holds text", "'a'", "row 3", "--drop x"]),
        ("x,y\n" + "1,2\n2,5\n3,b\n" * 5, "y", ["squared_error"], ["'y' holds text", "'b'", "row 3"]),
        ("x,y\n" + "1,2\n,5\n3,1\n" * 5, "y", ["squared_error"], ["'x' has 5 empty cells", "row 2"]),
        ("x,y\n" + "1,2\nNaN,5\n3,1\n" * 5, "y", ["squared_error"], ["'x' has 5 empty cells", "row 2"]),
        ("x,y\n" + "1,2\n2,NA\n3,1\n" * 5, "y", ["squared_error"], ["'y' has 5 empty cells", "drop or fill"]),
        ("x,y\n" + "1,2\n2,inf\n3,1\n" * 5, "y", ["squared_error"], ["infinite"]),
        ("x,c,y\n" + "1,7,2\n2,7,5\n3,7,1\n" * 5, "y", ["squared_error"], ["'c' is 7 in every row", "--drop c"]),
        ("x,d,y\n" + "1,2,2\n2,4,5\n3,6,1\n" * 5, "y", ["squared_error"], ["linear combination", "--drop"]),
        ("x,y\n" + "1,2\n2,2\n3,2\n" * 5, "y", ["squared_error"], ["2 in every row", "nothing to predict"]),
        ("y\n" + "1\n2\n" * 9, "y", ["squared_error"], ["no feature"]),
        ("x,y\n" + "1,2\n2,-5\n3,1\n" * 5, "y", ["poisson"], ["poisson takes targets in [0, inf)", "-5", "row 2"]),
        ("x,y\n" + "1,2\n2,5\n3,1\n" * 5, "y", ["hinge"], ["hinge takes targets in {-1, 1}"]),
        ("x,y\n" + "1,2\n2,5\n3,1\n" * 5, "y", ["squared_eror"], ["did you mean", "squared_error"]),
        ("x,y\n1,2,3\n", "y", ["squared_error"], ["cannot be read as CSV"]),
    ],
)
def test_compare_refuses_in_one_line(table, text, target, losses, expected):
    options = [a for loss in losses for a in ("--loss", loss)]
    message = refusal("compare", table(text), "--target", target, *options)
    for words in expected:
        assert words in message


def test_files_that_are_not_there(tmp_path, table):
    path = table("x,y\n1,2\n", "losses.csv")
    ask = ("--target", "y", "--loss", "mae")
    assert f"did you mean {path}" in refusal("compare", tmp_path / "loses.csv", *ask)
    assert "is a folder" in refusal("compare", tmp_path, *ask)
    (tmp_path / "noise.parquet").write_bytes(b"no such format")
    assert "cannot be read as Parquet" in refusal("compare", tmp_path / "noise.parquet", *ask)


def test_a_picture_of_several_features_is_refused_before_any_fit(tmp_path, table):
    path = table("a,b,y\n" + "1,2,2\n2,9,5\n3,6,1\n" * 5)
    ask = ("compare", path, "--target", "y", "--loss", "mae", "--plot", tmp_path / "f.png")
    assert "one feature, not 2" in refusal(*ask)
    assert invoke(*ask, "--feature", "a").exit_code == 0


def test_good_input_is_not_refused(table):
    path = table("x,y\n" + "1,2\n2,5\n3,1\n" * 5)
    assert invoke("compare", path, "--target", "y", "--loss", "squared_error").exit_code == 0


# The look of numbers.


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([147.4753, 81.4822], ["147.48", "81.48"]),
        ([0.48517, 0.56018], ["0.4852", "0.5602"]),
        ([1e-9, 2e-9], ["1.000e-09", "2.000e-09"]),
        ([float("nan"), 2.0], ["-", "2.000"]),
        ([0.0], ["0.000"]),
    ],
)
def test_columns_are_aligned(numbers, shown):
    assert aligned(numbers) == shown


# --missing


def test_rows_without_a_target_are_left_out_and_counted(table):
    gaps = table("y,p,x\n1,2,0\n,5,1\n3,3,2\n4,4,3\nNA,1,4\n2,2,5\n5,1,6\n2,2,7\n", "gaps.csv")
    whole = table("y,p,x\n1,2,0\n3,3,2\n4,4,3\n2,2,5\n5,1,6\n2,2,7\n", "whole.csv")
    ask = ["--target", "y", "--prediction", "p", "--loss", "squared_error"]
    found, wanted = answer("eval", gaps, *ask, "--missing", "nan"), answer("eval", whole, *ask)
    assert (found["losses"], found["rows"], found["missing"]) == (wanted["losses"], 8, 2)
    assert "8 rows, 2 of them without a target" in invoke("eval", gaps, *ask, "--missing", "nan").stdout
    assert "leave these rows out with --missing nan" in refusal("eval", gaps, *ask)
    ask = ["--target", "y", "--feature", "x", "--loss", "squared_error", "--folds", "2"]
    for command in ("fit", "compare"):
        found, wanted = answer(command, gaps, *ask, "--missing", "nan"), answer(command, whole, *ask)
        assert {**found, "file": ""} == {**wanted, "file": ""}
    assert "--missing must be error or nan, not drop" in refusal("fit", gaps, *ask, "--missing", "drop")
    nothing = table("y,x\n,1\n,2\n")
    assert "no row with a target" in refusal("fit", nothing, "-t", "y", "--missing", "nan")
