"""``lossary choose``: outcomes on standard output, everything else beside it, mistakes in one line."""

from __future__ import annotations

import json
import re
import shlex

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import lossary
from lossary.choosing.models.model import ChosenModel
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
    page = (tmp_path / "out" / "report.html").read_text()
    assert f"lossary predict {shlex.quote(told['model'])} new.csv" in page
    model = lossary.load(told.pop("model"))
    table = pl.read_csv(folder / "numbers.csv", infer_schema=False)
    assert model.label == told["verdict"]["recommended"]["label"]
    assert np.corrcoef(model.predict(table), table["target"].cast(pl.Float64))[0, 1] > 0.8
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written.items() >= told.items()
    assert written["features"] == ["x", "colour"]
    assert written["influential_rows"]
    assert len(written["costly_rows"]) == 10
    assert told["verdict"]["headline"].split(":")[0] in page
    assert len(page) < 2_000_000
    assert '<a href="explorer.html">' in page
    (opened_with,) = re.findall(r'data-start="([^"]*)"', (tmp_path / "out" / "explorer.html").read_text())
    assert opened_with.startswith("loss=")
    assert "colour" not in opened_with


def test_without_a_file_of_the_model_there_is_a_report_and_the_reason(folder, tmp_path, monkeypatch):
    """An earlier model does not stay beside another report."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "model.lossary").write_bytes(b"of an earlier run")

    def refuse(self, path):
        raise ValueError("the model cannot be saved: its trees are scikit-learn's")

    monkeypatch.setattr(ChosenModel, "save", refuse)
    asked = ("--target", "target", "--models", "linear", "--folds", "2", "--repeats", "1", "--out", out)
    answer = run(folder / "numbers.csv", *asked)
    assert answer.exit_code == 0, answer.stderr
    assert "there is no file of the model: the model cannot be saved" in answer.stderr
    assert "The report is" in answer.stdout
    assert "The model is" not in answer.stdout
    assert "lossary predict" not in (out / "report.html").read_text()
    assert sorted(path.name for path in out.iterdir()) == [
        "explorer.html",
        "predictions",
        "report.html",
        "report.json",
        "report.md",
    ]
