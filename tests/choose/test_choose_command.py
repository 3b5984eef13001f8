"""``lossary choose``: outcomes on standard output, everything else beside it, mistakes in one line."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from lossary.cli.main import app

ROWS = 120


def run(*arguments):
    return CliRunner().invoke(app, ["choose", *map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of every kind of target."""
    place, draw = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    x = draw.normal(size=ROWS)
    targets = {
        "numbers": 2.0 * x + draw.normal(size=ROWS),
        "constant": np.ones(ROWS),
        "names": [f"row {i}" for i in range(ROWS)],
        "two": np.where(x + draw.logistic(size=ROWS) > 0.0, "yes", "no"),
        "forty": [f"c{i % 40:02d}" for i in range(ROWS)],
    }
    for name, y in targets.items():
        pl.DataFrame({"x": x, "colour": ["red", "green", None] * 40, "target": y}).write_csv(place / f"{name}.csv")
    pl.read_csv(place / "numbers.csv").head(10).write_csv(place / "ten.csv")
    pl.DataFrame({"x": [None] * ROWS, "target": targets["numbers"]}).write_csv(place / "missing.csv")
    return place


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("constant", (), "'target' is 1 in every row"),
        ("ten", (), "10 rows with a target are too few"),
        ("names", (), "120 different values in 120 rows"),
        ("missing", (), "no feature is left to predict from: x was left out: all its values are missing"),
        ("numbers", ("--want", "mode"), "nothing called 'mode' can be wanted"),
        ("numbers", ("--models", "trees"), "no model is called 'trees'"),
        ("numbers", ("--group", "colours"), "did you mean colour?"),
        ("two", ("--want", "median"), "2 classes: no, yes; ask for their probability or label"),
    ],
)
def test_mistakes_are_one_line(folder, tmp_path, monkeypatch, file, options, message):
    monkeypatch.chdir(tmp_path)
    answer = run(folder / f"{file}.csv", "--target", "target", *options)
    assert answer.exit_code == 2
    assert answer.stderr.startswith("lossary: ")
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_unknown_target_names_the_nearest(folder):
    answer = run(folder / "numbers.csv", "--target", "targt")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "has no column 'targt'; did you mean target?" in answer.stderr


@pytest.mark.parametrize(("file", "kind"), [("two", "2 classes: no, yes"), ("forty", "40 classes: c00, c01")])
def test_text_is_classes(folder, file, kind):
    answer = run(folder / f"{file}.csv", "--target", "target", "--inspect", "--json", "--models", "linear")
    assert answer.exit_code == 0, answer.stderr
    plan = json.loads(answer.stdout)
    assert plan["task"].startswith(kind)
    assert plan["want"] == "probability"
    assert plan["stated"] is False
    assert plan["fits"] == len(plan["candidates"]) * plan["folds"] * plan["repeats"]


def test_a_comparison_prints_and_writes_the_same(folder, tmp_path):
    asked = (folder / "numbers.csv", "--target", "target", "--models", "linear", "--folds", "3", "--repeats", "1")
    answer = run(*asked, "--want", "median", "--out", tmp_path / "out", "--json")
    assert answer.exit_code == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert told["want"]["functional"] == "median"
    assert told["verdict"]["code"] in ("keep", "tie")
    assert len(list((tmp_path / "out" / "predictions").glob("*.npz"))) == 3 * len(told["inspection"]["candidates"])
    told.pop("reports")
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written.items() >= told.items()
    assert written["features"] == ["x", "colour"]
    assert written["influential_rows"]
    assert len(written["costly_rows"]) == 10
    page = (tmp_path / "out" / "report.html").read_text()
    assert told["verdict"]["headline"].split(":")[0] in page
    assert len(page) < 2_000_000
