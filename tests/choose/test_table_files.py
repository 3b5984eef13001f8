"""Files as they are: whatever wrote them, the same table comes out, or one line says why not."""

from __future__ import annotations

import gzip
import io
import json
import sys
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import lossary
from lossary.cli.main import app
from lossary.tables import files

ROWS = 60
TABLE = pl.DataFrame(
    {
        "size of it": np.round(np.random.default_rng(0).normal(size=ROWS), 2),
        'the "best"': [f"{'rgb'[i % 3]}é" for i in range(ROWS)],
        "y": np.round(np.random.default_rng(1).normal(size=ROWS), 2),
    }
)


def text(separator=",", comma=False):
    return TABLE.write_csv(separator=separator, decimal_comma=comma)


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


KINDS = {
    "commas.csv": lambda: text(),
    "semicolons.csv": lambda: text(";"),
    "european.csv": lambda: text(";", comma=True),
    "tabs.tsv": lambda: text("\t"),
    "bars.txt": lambda: text("|"),
    "blanks.csv": lambda: text().replace(",", " , "),
    "marked.csv": lambda: text().encode("utf-8-sig"),
    "utf16.csv": lambda: text().encode("utf-16"),
    "utf16be.csv": lambda: b"\xfe\xff" + text("\t").encode("utf-16-be"),
    "unmarked.csv": lambda: text().encode("utf-16-le"),
    "latin1.csv": lambda: text().encode("latin-1"),
    "packed.csv.gz": lambda: gzip.compress(text().encode()),
    "lines.jsonl": lambda: TABLE.write_ndjson(),
    "list.json": lambda: TABLE.write_json(),
    "table.parquet": lambda: binary(TABLE.write_parquet),
    "named.csv": lambda: binary(TABLE.write_parquet),
    "table.arrow": lambda: binary(TABLE.write_ipc),
}


def binary(write):
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", KINDS)
def test_the_same_table_from_every_kind_of_file(tmp_path, name):
    found = lossary.read_table(written(tmp_path / name, KINDS[name]()))
    assert found.equals(TABLE), found


@pytest.mark.parametrize("name", ["commas.csv", "european.csv", "utf16.csv", "lines.jsonl", "table.parquet"])
def test_the_same_table_from_standard_input(monkeypatch, name):
    content = KINDS[name]()
    content = content if isinstance(content, bytes) else content.encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert lossary.read_table("-").equals(TABLE)


def test_letters_that_are_not_utf8_far_down(tmp_path):
    path = written(tmp_path / "late.csv", b"x,colour\n" + b"1.5,rouge\n" * 9000 + b"1.5,caf\xe9\n")
    found = files.read_typed(files.open_table(path))
    assert found.frame["colour"][-1] == "café"
    assert "Windows-1252" in found.notes[0]


@pytest.mark.parametrize("engine", ["fastexcel", "openpyxl"])
def test_workbooks(tmp_path, monkeypatch, engine):
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip(engine)
    book = openpyxl.Workbook()
    for row in (TABLE.columns, *TABLE.rows()):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    monkeypatch.setattr(files, "find_spec", lambda name: name == engine or None)
    assert lossary.read_table(tmp_path / "book.xlsx").equals(TABLE)
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"needs fastexcel: pip install 'lossary\[excel\]'"):
        lossary.read_table(tmp_path / "book.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty; it needs a header"),
        ("a.csv", b" \n\n", "is empty; it needs a header"),
        ("a.csv", "x,y\n", "has a header but no rows"),
        ("a.csv", "x,y,x\n1,2,3\n", "has two columns called 'x', numbers 1 and 3"),
        ("a.csv", bytes(range(256)) * 9, "is not text, nor any other table"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 9, "is not text, nor any other table"),
        ("a.csv", b"PK\x03\x04\x14\x00" * 9, "is an archive or a workbook, not .csv"),
        ("a.csv", "x,y\n1,2\n1,2,3\n", "a row has more cells than the header has names, 2"),
        ("a.xlsx", b"x,y\n1,2\n", "cannot be read as a workbook"),
        ("a.jsonl", b"{broken\n", "cannot be read as JSON lines"),
    ],
)
def test_files_that_hold_no_table(tmp_path, name, content, words):
    with pytest.raises(ValueError, match=name) as refusal:
        lossary.read_table(written(tmp_path / name, content))
    assert words in str(refusal.value)


def test_headers_may_be_long(tmp_path):
    names = [f"a column of {i} squared" for i in range(9000)]
    path = written(tmp_path / "wide.csv", f"{','.join(names)}\n" + ("1.5," * 9000)[:-1] + "\n")
    assert lossary.read_table(path).columns == names


def test_stray_cells_are_refused_or_missing(tmp_path):
    path = written(tmp_path / "a.csv", "x,y\n" + "1,2\n" * 20 + "oops,3\n")
    with pytest.raises(ValueError, match="'oops' in row 21"):
        lossary.read_table(path)
    assert lossary.read_table(path, stray="missing")["x"].null_count() == 1
    assert lossary.read_table(path, ["y"]).columns == ["y"]
    with pytest.raises(ValueError, match="has no column 'z'; it has x, y"):
        lossary.read_table(path, ["z"])


def asked(command, path, *options, **more):
    return CliRunner().invoke(app, [command, str(path), "--target", "y", *options], **more)


def test_every_command_reads_alike(tmp_path):
    costs, fits = [], []
    for name in ("commas.csv", "european.csv", "utf16.csv", "lines.jsonl"):
        path = written(tmp_path / name, KINDS[name]())
        cost = asked("eval", path, "--prediction", "size of it", "--loss", "huber", "--json")
        fit = asked("compare", path, "--loss", "squared_error", "--feature", "size of it", "--json")
        assert (cost.exit_code, fit.exit_code) == (0, 0), (cost.stderr, fit.stderr)
        costs.append(json.loads(cost.stdout)["losses"])
        fits.append(json.loads(fit.stdout))
    assert all(cost == costs[0] for cost in costs)
    scores = [[loss["scores"] for loss in fit["losses"]] for fit in fits]
    assert all(score == scores[0] for score in scores)


def test_a_stray_cell_ends_what_takes_only_numbers(tmp_path):
    path = written(tmp_path / "a.csv", "x,y\n" + "".join(f"{i},{i * i % 7}\n" for i in range(57)) + "oops,3\n")
    for command, options in (("compare", ("--loss", "huber")), ("fit", ())):
        answer = asked(command, path, *options)
        assert answer.exit_code == 2
        assert "'oops' in row 58, where every other value is a number" in answer.stderr
    answer = asked("eval", path, "--prediction", "x", "--loss", "huber")
    assert "'oops' in row 58" in answer.stderr


def inspected(path, *options, **more):
    answer = asked("choose", path, "--inspect", "--json", "--models", "linear", *options, **more)
    assert answer.exit_code == 0, answer.stderr
    return json.loads(answer.stdout)


def test_choose_keeps_a_column_with_a_stray_cell_and_says_so_first(tmp_path):
    draw = np.random.default_rng(0)
    rows = [f"{i + 0.5},{draw.normal():.3f},{draw.normal():.3f}" for i in range(120)]
    rows[57] = "oops,0.1,0.2"
    path = written(tmp_path / "a.csv", "x,z,y\n" + "\n".join(rows))
    told = inspected(path)
    assert told["features"] == ["x", "z"]
    assert told["notes"][0].startswith("column 'x' has 'oops' in row 58, where every other value is a number: taken")
    path = written(tmp_path / "a.csv", "y,z,x\n" + "\n".join(rows))
    answer = asked("choose", path, "--inspect")
    assert answer.exit_code == 2
    assert "'oops' in row 58" in answer.stderr


def test_lists_are_refused_by_name(tmp_path):
    path = written(tmp_path / "a.jsonl", "".join(f'{{"x": [{i}, 2], "z": {i}, "y": {i * i % 7}}}\n' for i in range(60)))
    for command, options in (("choose", ("--inspect",)), ("compare", ("--loss", "huber"))):
        answer = asked(command, path, *options)
        assert answer.exit_code == 2
        assert "column 'x'" in answer.stderr
        assert "not one value a row" in answer.stderr
    assert inspected(path, "--drop", "x")["features"] == ["z"]


def test_what_is_dropped_is_not_looked_at(tmp_path):
    path = written(tmp_path / "a.csv", "when,x,y\n" + "".join(f"03/04/2024,{i**0.5},{i % 7}\n" for i in range(60)))
    assert "one day with the month first" in asked("choose", path, "--inspect").stderr
    assert inspected(path, "--drop", "when")["features"] == ["x"]


def test_choose_reads_standard_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert inspected("-", input=text(";", comma=True))["features"] == ["size of it", 'the "best"']
