"""``lossary evaluate``: scores of new rows beside promised ones, in a table or as JSON, a part at a time."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from tests.support.chosen import CASES
from typer.testing import CliRunner

from lossary.choosing.models.model import ChosenModel
from lossary.cli.main import app
from lossary.tables import streams


def invoke(*arguments: object, **settings: object):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], catch_exceptions=False, **settings)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> tuple[ChosenModel, Path]:
    chosen = CASES["interval"].choice().model
    return chosen, chosen.save(tmp_path_factory.mktemp("model") / "model.lossary")


@pytest.fixture
def table(monkeypatch) -> pl.DataFrame:
    """More rows of the same kind, read in parts of 32."""
    monkeypatch.setattr(streams, "CELLS", 32)
    monkeypatch.setattr(streams, "FEWEST", 32)
    return CASES["interval"].table().with_columns(w=pl.int_range(240) % 3)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_json_has_what_python_has(model, table, tmp_path, ending):
    data = tmp_path / f"new.{ending}"
    table.write_csv(data) if ending == "csv" else table.write_parquet(data)
    printed = invoke(model[1], data, "--json")
    assert (printed.exit_code, printed.stderr) == (0, "")
    found = json.loads(printed.stdout, parse_constant=pytest.fail)
    expected = model[0].evaluate(table, "y").to_dict()
    assert found["verdict"] == expected["verdict"] == "as promised"
    assert [each["score"] for each in found["scores"]] == [each["score"] for each in expected["scores"]]
    assert found["coverage"] == expected["coverage"]
    assert (found["rows"], found["target"], found["drift"]) == (240, "y", [])
    weighted = json.loads(invoke(model[1], data, "--weight", "w", "--json").stdout)
    by_hand = model[0].evaluate(table, "y", table["w"].to_numpy())
    assert weighted["scores"][0]["score"] == by_hand.scores[0].score != expected["scores"][0]["score"]


def test_the_page_says_what_changed(model, table):
    text = table.with_columns(pl.col("x") + 4.0, y=pl.when(pl.int_range(240) == 3).then(None).otherwise("y"))
    printed = invoke(model[1], "-", input=text.write_csv().encode())
    assert printed.exit_code == 0
    lines = " ".join(printed.stdout.split())
    assert lines.startswith("Worse than promised: the mean interval score is")
    assert re.search(
        r"what changed in the columns is below; but [0-9.]+% of the targets are covered where 80% should be\.", lines
    )
    assert "239 rows; 1 without a target were left out" in lines
    assert "of the targets are covered" in lines
    assert "80% were asked for" in lines
    assert "x: " in lines
    assert "the most that training had" in lines


def test_mistakes_are_one_line(model, table, tmp_path):
    data = tmp_path / "new.csv"
    for change, message in (
        (table.drop("y"), "has no column 'y'; it has"),
        (table.drop("x"), "the table has no column 'x', which the model needs"),
        (table.clear(), "has a header but no rows"),
        (table.with_columns(y=pl.lit(None)), "no row has a target: every cell of 'y' is empty"),
        (table.with_columns(y=pl.lit("high")), "column 'y' has 'high' in row 1, where training had numbers"),
    ):
        change.write_csv(data)
        printed = invoke(model[1], data)
        assert (printed.exit_code, printed.stdout) == (2, "")
        assert message in printed.stderr
        assert printed.stderr.count("\n") == 1
    table.rename({"y": "seen"}).write_csv(data)
    assert invoke(model[1], data, "--target", "seen").exit_code == 0
