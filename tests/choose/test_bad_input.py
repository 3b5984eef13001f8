"""What is wrong with a file or an option ends in one line, and what is interrupted goes on to the same result."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from lossary.choosing.comparison.folds import group_numbers
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.cli.main import app

ROWS = 80
CHEAP = ("--models", "linear", "--folds", "2", "--repeats", "1")


def numbers():
    draw = np.random.default_rng(0)
    x = draw.normal(size=ROWS)
    return x, 2.0 * x + draw.normal(size=ROWS)


def run(*arguments):
    return CliRunner().invoke(app, ["choose", *map(str, arguments), "--target", "y"])


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(answer, *words):
    assert answer.exit_code == 2, answer.output
    last = answer.stderr.splitlines()[-1]
    assert last.startswith("lossary: ")
    assert last.isprintable()
    assert "Traceback" not in answer.stderr
    for word in words:
        assert word in last, last


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"x,y\n", "has a header but no rows"),
        ("a.csv", bytes(range(256)) * 40, "a.csv is not text, nor any other table"),
        ("a.csv", b"<html>\n<body>hello, world</body></html>\n", "has no column 'y'; it has <html>"),
        ("a.csv", b"x,y\n" + b"1,2\n" * ROWS + b"1,2,3,4\n", "cannot be read as CSV"),
        ("a.parquet", b"x,y\n1,2\n", "cannot be read as Parquet"),
    ],
)
def test_files_that_are_no_table(place, name, content, words):
    Path(name).write_bytes(content)
    refused(run(name), words)
    assert [path.name for path in Path().iterdir()] == [name]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--backend", "smoke"), "the backend must be one of loky, threading, dask, ray, not 'smoke'"),
        (("--primary", "charm"), "no yardstick of this question is called 'charm'; there are 'squared error'"),
        (("--models", "forest"), "no model is called 'forest'"),
        (("--models", ","), "name a model at least"),
        (("--want", "quantile:2"), "must lie between 0 and 1"),
        (("--cost-under", "-1"), "costs must be positive numbers, not -1 and 1"),
        (("--weight", "w"), "the weight in row 4 is -1; weights are zero or more"),
        (("--time", "late"), "has no column 'late'"),
    ],
)
def test_options_that_cannot_be(place, options, words):
    x, y = numbers()
    weight = np.where(np.arange(ROWS) == 3, -1.0, 1.0)
    pl.DataFrame({"x": x, "y": y, "w": weight}).write_csv("data.csv")
    refused(run("data.csv", *CHEAP, *options), words)
    refused(run("data.csv", *CHEAP, *options, "--inspect"), words)
    assert not list(Path().glob("**/*.npz"))


def test_infinite_targets_and_features_name_the_row(place):
    x, y = numbers()
    y[5] = np.inf
    pl.DataFrame({"x": x, "y": y}).write_csv("target.csv")
    refused(run("target.csv"), "the target 'y' is inf in row 6")
    pl.DataFrame({"x": y, "y": x}).write_csv("feature.csv")
    refused(run("feature.csv"), "'x' is inf in row 6")


def test_a_column_of_nothing_is_left_out_and_told_of(place):
    x, y = numbers()
    pl.DataFrame({"x": x, "none": [None] * ROWS, "y": y}).write_csv("data.csv")
    answer = run("data.csv", *CHEAP, "--inspect", "--json")
    assert answer.exit_code == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert told["features"] == ["x"]
    assert "none was left out: all its values are missing" in told["notes"]


def test_copies_of_a_row_are_never_on_both_sides_of_a_split():
    x, y = numbers()
    twice = {"x": np.concatenate([x, x[:40]]), "y": np.concatenate([y, y[:40]])}
    inspected = inspect_and_plan(
        prepare_data(twice, "y"), parse_question("mean"), models=["linear"], folds=4, repeats=3
    )
    alike = group_numbers(inspected.features.matrix, inspected.problem.y, None)
    assert np.unique(alike).size == ROWS
    assert len(inspected.plan.folds) == 12
    for fold in inspected.plan.folds:
        assert not set(alike[fold.train]) & set(alike[fold.test])


def test_an_interrupted_command_goes_on_to_the_same_bits(place):
    x, y = numbers()
    pl.DataFrame({"x": x, "y": y}).write_csv("data.csv")
    command = [sys.executable, "-m", "lossary", "choose", "data.csv", "--target", "y", "--models", "linear"]
    command += ["--want", "median", "--loss", "huber", "--only", "--repeats", "6", "--json"]
    kept = Path("stopped/predictions")
    with subprocess.Popen([*command, "--out", "stopped"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as going:
        while len(list(kept.glob("*.npz"))) < 3 and going.poll() is None:
            time.sleep(0.01)
        going.send_signal(signal.SIGINT)
        told = going.communicate()[1].decode()
    assert going.returncode == 130, told
    assert "goes on from there" in told
    assert "Traceback" not in told
    before = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.npz")}
    answers = [
        json.loads(subprocess.run([*command, "--out", out], check=True, capture_output=True).stdout)
        for out in ("stopped", "whole")
    ]
    assert len(before) >= 3
    after = {path.name: path for path in kept.glob("*.npz")}
    assert all(after[name].stat().st_mtime_ns == then for name, then in before.items())
    whole = {path.name: path for path in Path("whole/predictions").glob("*.npz")}
    assert set(whole) == set(after)
    for name, path in whole.items():
        np.testing.assert_array_equal(np.load(path)["predictions"], np.load(after[name])["predictions"])
    assert answers[0]["verdict"] == answers[1]["verdict"]


def test_a_folder_that_cannot_be_is_refused_before_any_fit(place):
    (place / "taken").write_text("a file")
    x, y = numbers()
    pl.DataFrame({"x": x, "y": y}).write_csv("a.csv")
    refused(run("a.csv", *CHEAP, "--out", "taken"), "taken cannot hold the results", "--out")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--drop", "x"), "no column is left to predict from"),
        (("--group", "y"), "'y' is the target; it cannot be the groups too"),
        (("--folds", "900"), "cannot be split into 900 folds"),
    ],
)
def test_roles_and_folds_that_cannot_be(place, options, words):
    x, y = numbers()
    pl.DataFrame({"x": x, "y": y}).write_csv("a.csv")
    refused(run("a.csv", "--models", "linear", *options), words)


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.5, float("nan")])
def test_a_time_budget_of_nothing_is_refused_from_python_too(seconds):
    x, y = numbers()
    data = prepare_data({"x": x, "y": y}, "y")
    with pytest.raises(ValueError, match="time_budget is in seconds, 1 at least"):
        inspect_and_plan(data, parse_question("mean"), models=["linear"], time_budget=seconds)
