"""``lossary fit`` of text, dates, gaps and classes: what is trained, judged, written, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

pytest.importorskip("sklearn")

import lossary
from lossary.cli.main import app

QUICK = ("--folds", "2")


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


def answer(*arguments: object) -> dict:
    result = invoke("fit", *arguments, *QUICK, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout, parse_constant=pytest.fail)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    draw = np.random.default_rng(3)
    rows = 90
    town = draw.choice(["Ulm", "Bonn", "Kiel"], rows)
    size = draw.gamma(4.0, 20.0, rows)
    price = 60.0 + 2.4 * size + 30.0 * (town == "Bonn") + draw.normal(size=rows) * 15.0
    table = pl.DataFrame(
        {
            "town": town.tolist(),
            "size": [None if i % 17 == 0 else round(s, 1) for i, s in enumerate(size)],
            "day": [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(rows)],
            "price": price.round(2),
            "kind": np.select([price > 300.0, price > 220.0], ["dear", "fair"], "cheap").tolist(),
        }
    )
    path = tmp_path_factory.mktemp("shop") / "shop.csv"
    table.write_csv(path)
    return path


def test_text_dates_and_gaps_are_taken_and_the_file_predicts(shop, tmp_path):
    out = tmp_path / "m.lossary"
    told = answer(shop, "-t", "price", "--drop", "kind", "--loss", "huber", "--out", out)
    assert (told["loss"], told["want"], told["out"]) == ("huber", "mean", str(out))
    assert told["features"] == ["town", "size", "day"]
    assert told["scores"]["model"]["squared error"] < 0.3 * told["scores"]["best_constant"]["squared error"]
    model = lossary.load(out)
    assert model.label.startswith("huber(")
    predicted = invoke("predict", out, shop)
    assert predicted.exit_code == 0, predicted.stderr
    numbers = np.array(predicted.stdout.split()[1:], dtype=float)
    assert np.corrcoef(numbers, pl.read_csv(shop)["price"])[0, 1] > 0.8


@pytest.mark.parametrize(
    ("loss", "want"),
    [("softmax_cross_entropy", "probability"), ("multiclass_hinge", "label")],
)
def test_losses_of_classes_are_taken(shop, loss, want):
    told = answer(shop, "-t", "kind", "--drop", "price", "--loss", loss)
    assert (told["loss"], told["want"], told["classes"]) == (loss, want, ["cheap", "dear", "fair"])


def test_the_page_says_what_was_fitted_and_what_predicts(shop, tmp_path):
    out = tmp_path / "m.lossary"
    result = invoke("fit", shop, "-t", "price", "--feature", "size", "--loss", "quantile:0.9", "--out", out, *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "90 rows" in result.stdout
    assert "the quantile 0.9 is predicted" in result.stdout
    assert "best constant" in result.stdout
    assert f"lossary predict {out} NEW.csv" in result.stdout


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-t", "kind", "--loss", "softmax_cross_entropy", "--alpha", 1], "takes a row of scores"),
        (["-t", "price", "--alpha", 1], "column 'town' holds text"),
        (["-t", "price", "--trace", "t.png"], "column 'town' holds text"),
        (["-t", "price", "--out", "m.json"], "column 'town' holds text"),
        (["-t", "price", "--loss", "softmax_cross_entropy"], "names rows more than it classes them"),
        (["-t", "price", "--want", "mode"], "nothing called 'mode'"),
    ],
)
def test_mistakes_take_one_line(shop, options, expected):
    result = invoke("fit", shop, *options)
    assert result.exit_code == 2
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
