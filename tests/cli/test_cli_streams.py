"""Tables larger than memory: commands take files a part at a time, and memory does not grow with the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.support.processes import run_python

import lossary
from lossary.tables.streams import write_table

PART = 250_000
SCHEMA = pl.Schema(dict.fromkeys(("a", "b", "c", "y"), pl.Float64))
ALLOWED = 1 << 30
"""Bytes that a command may take, whatever the table."""

COMMAND = """
import re, resource, sys
from pathlib import Path
from lossary.cli.main import app

app(sys.argv[1:], standalone_mode=False)
status = Path("/proc/self/status")
# getrusage tells of the process before exec, too, which was a copy of the tests' own.
if status.exists():
    print(1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]), file=sys.stderr)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def drawn(rows: int) -> Iterator[pl.DataFrame]:
    """Rows of a line with noise, in parts."""
    draw = np.random.default_rng(0)
    for _ in range(rows // PART):
        x = draw.normal(size=(PART, 3))
        y = x @ [1.0, 2.0, -1.0] + draw.normal(size=PART)
        yield pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    table = next(drawn(PART)).head(400)
    options = {"models": ["linear"], "losses": ["squared_error"], "only": True, "folds": 2, "repeats": 1}
    return lossary.choose(table, "y", want="mean", **options).model.save(tmp_path_factory.mktemp("model") / "m.lossary")


def taken(*arguments: object) -> tuple[str, int]:
    """What a command prints in a process of its own, and its peak of memory in bytes."""
    outcome = run_python(COMMAND, *map(str, arguments), seconds=3000.0)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout, int(outcome.stderr.split()[-1])


def each_command(model: Path, data: Path, out: Path) -> dict[str, tuple[str, int]]:
    """Predict a file, and evaluate it by the model, and by the predictions."""
    ask = ("--target", "y", "--prediction", "prediction", "--loss", "squared_error", "--json")
    return {
        "predict": taken("predict", model, data, "--with", "y", "--out", out),
        "evaluate": taken("evaluate", model, data, "--json"),
        "eval": taken("eval", out, *ask),
    }


def check(model: Path, answers: dict[str, tuple[str, int]], out: Path, rows: int) -> None:
    """The numbers are those of the model, for the first rows, and of all commands together."""
    predicted = pl.scan_parquet(out) if out.suffix == ".parquet" else pl.scan_csv(out)
    assert predicted.select(pl.len()).collect().item() == rows
    first = next(drawn(rows))
    expected = lossary.load(model).predict_table(first)
    assert predicted.head(PART).collect().equals(pl.concat([first.select("y"), expected], how="horizontal"))
    evaluated, cost = json.loads(answers["evaluate"][0]), json.loads(answers["eval"][0])
    assert evaluated["rows"] == cost["rows"] == rows
    assert evaluated["scores"][0]["score"] == np.sqrt(cost["losses"][0]["cost"])


def test_memory_does_not_grow_with_the_rows(model, tmp_path):
    peaks = {}
    for rows in (PART, 8 * PART):
        data, out = tmp_path / f"{rows}.parquet", tmp_path / f"{rows}.out.parquet"
        write_table(data, drawn(rows), SCHEMA)
        peaks[rows] = [
            taken(command, model, data, *more)[1] for command, *more in (("predict", "-o", out), ("evaluate",))
        ]
    # One part of a table in memory is 8 MB, whole tables 8 and 64: read as a whole they took 200 and 260 MB more.
    for few, many in zip(*peaks.values(), strict=True):
        assert many - few < 150e6, peaks
        assert many < ALLOWED


@pytest.mark.slow("tests/cli/test_cli_streams.py::test_memory_does_not_grow_with_the_rows")
def test_fifty_million_rows_take_less_than_a_gigabyte(model, tmp_path):
    rows = 50_000_000
    data, out = tmp_path / "data.parquet", tmp_path / "out.parquet"
    write_table(data, drawn(rows), SCHEMA)
    answers = each_command(model, data, out)
    check(model, answers, out, rows)
    assert all(peak < ALLOWED for _, peak in answers.values()), answers
