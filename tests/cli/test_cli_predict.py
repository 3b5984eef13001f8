"""``lossary predict``: the model's own numbers, a part at a time, in a file that is whole or in none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from tests.support.chosen import CASES
from typer.testing import CliRunner

from lossary.choosing.models.model import ChosenModel, model_of
from lossary.cli.main import app
from lossary.tables import streams

NAMES = ("text in lines", "amounts", "numbered classes", "several classes", "interval", "constant")


def invoke(*arguments: object, **settings: object):
    return CliRunner().invoke(app, ["predict", *map(str, arguments)], catch_exceptions=False, **settings)


def refusal(*arguments: object) -> str:
    """The one line on stderr of a command that is refused."""
    result = invoke(*arguments)
    assert result.exit_code == 2, result.stdout
    assert result.stderr.startswith("lossary: ")
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@dataclass(frozen=True)
class Left:
    """A model, its file, and tables that it can predict."""

    model: ChosenModel
    path: Path
    table: pl.DataFrame

    def written(self, folder: Path, ending: str = "csv", table: pl.DataFrame | None = None) -> Path:
        path = folder / f"new.{ending}"
        rows = self.table if table is None else table
        {"csv": rows.write_csv, "parquet": rows.write_parquet, "json": rows.write_json}[ending](path)
        return path


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> dict[str, Left]:
    root, found = tmp_path_factory.mktemp("models"), {}
    for name in NAMES:
        choice = CASES[name].choice()
        found[name] = Left(choice.model, choice.model.save(root / f"{name}.lossary"), CASES[name].table())
    return found


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of 32 rows: a table of a test is many."""
    monkeypatch.setattr(streams, "CELLS", 32)
    monkeypatch.setattr(streams, "FEWEST", 32)


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_predictions_are_the_models_own_to_the_bit(left, tmp_path, small_parts, name, ending):
    case = left[name]
    data = case.written(tmp_path, ending)
    expected = case.model.predict_table(case.table)
    for out in (tmp_path / "out.csv", tmp_path / "out.parquet"):
        result = invoke(case.path, data, "--out", out)
        assert result.exit_code == 0, result.stderr
        assert result.stdout.replace("\n", "") == f"240 rows predicted: {out}"
        read = pl.read_csv(out) if out.suffix == ".csv" else pl.read_parquet(out)
        assert read.equals(expected)
    assert pl.read_csv(invoke(case.path, data).stdout.encode()).equals(expected)


def test_standard_input_goes_to_standard_output(left):
    case = left["interval"]
    text = case.table.write_csv().encode()
    printed = invoke(case.path, "-", input=text)
    assert pl.read_csv(printed.stdout.encode()).equals(case.model.predict_table(case.table))
    assert printed.stderr == ""


def test_columns_are_repeated_as_they_are(left, tmp_path, small_parts):
    case = left["text in lines"]
    odd = pl.Series("id", [f'a "b",\n{row}' if row % 2 else None for row in range(240)])
    whole = case.table.with_columns(odd, (pl.col("x") * 1e-7 + 1 / 3).alias("kept"))
    data = case.written(tmp_path, "parquet", whole)
    expected = pl.concat([whole.select("id", "kept"), case.model.predict_table(whole)], how="horizontal")
    for out in (tmp_path / "out.csv", tmp_path / "out.parquet"):
        assert invoke(case.path, data, "--with", "id", "--with", "kept", "--out", out).exit_code == 0
        assert (pl.read_csv(out) if out.suffix == ".csv" else pl.read_parquet(out)).equals(expected)
    everything = invoke(case.path, data, "--with-all").stdout
    assert pl.read_csv(everything.encode()).columns == [*whole.columns, "prediction"]
    assert "new.parquet has no column 'ids'; did you mean id?" in refusal(case.path, data, "--with", "ids")
    clash = case.written(tmp_path, "parquet", whole.rename({"id": "prediction"}))
    assert "'prediction' cannot be kept" in refusal(case.path, clash, "--with-all")
    nested = case.written(tmp_path, "parquet", whole.with_columns(pl.concat_list("x", "z").alias("id")))
    assert "which CSV has no cells for; write Parquet" in refusal(case.path, nested, "--with", "id")
    assert "which CSV has no cells for" in refusal(case.path, nested, "--with", "id", "-o", tmp_path / "out.csv")
    assert invoke(case.path, nested, "--with", "id", "-o", tmp_path / "out.parquet").exit_code == 0


def test_new_categories_and_cells_that_do_not_fit_are_counted_over_all_parts(left, tmp_path, small_parts):
    case = left["text in lines"]
    new = case.table.with_columns(pl.lit("purple").alias("colour"))
    printed = invoke(case.path, case.written(tmp_path, table=new))
    assert printed.exit_code == 0
    assert "colour: 240 cells of categories that training had not" in printed.stderr


def test_cells_that_do_not_fit_are_counted_where_training_had_such_too(left, tmp_path, small_parts):
    case = left["amounts"]
    content, schema = case.model.content, case.model.content.schema
    columns = tuple(replace(column, lenient=column.name == "price") for column in schema.columns)
    lenient = model_of(replace(content, schema=replace(schema, columns=columns)))
    path = lenient.save(tmp_path / "lenient.lossary")
    row = pl.int_range(240)
    odd = case.table.with_columns(price=pl.when(row.is_in([3, 99, 200])).then(pl.lit("oops")).otherwise("price"))
    printed = invoke(path, case.written(tmp_path, table=odd))
    assert "price: 3 cells that cannot be read as the others; taken as missing" in printed.stderr
    assert "column 'price' has 'oops' in row 4" in refusal(case.path, case.written(tmp_path, table=odd))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop("x"), "the table has no column 'x', which the model needs; it has z, colour, y"),
        (lambda table: table.rename({"colour": "color"}), "which the model needs; did you mean 'color'?"),
        (lambda table: table.clear(), "has a header but no rows"),
        (
            lambda table: table.with_columns(
                pl.when(pl.int_range(240) == 200).then(pl.lit("oops")).otherwise(pl.col("x").cast(pl.String)).alias("x")
            ),
            "column 'x' has 'oops' in row 201, where training had numbers",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_one_sentence_and_no_file(left, tmp_path, small_parts, change, message):
    case = left["text in lines"]
    data = case.written(tmp_path, table=change(case.table))
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    for each in (out, tmp_path / "out.parquet"):
        assert message in refusal(case.path, data, "--out", each)
    assert out.read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.csv", "out.csv"]


def test_what_is_read_is_never_written_over(left, tmp_path):
    case = left["amounts"]
    data = case.written(tmp_path)
    link = tmp_path / "link.csv"
    link.symlink_to(data)
    before = data.read_bytes()
    for out in (data, link):
        assert f"would be written over {data}, which is read" in refusal(case.path, data, "--out", out)
    assert data.read_bytes() == before
    assert "must end in .csv, .parquet or .pq" in refusal(case.path, data, "--out", tmp_path / "out.xlsx")
    assert "there is no folder" in refusal(case.path, data, "--out", tmp_path / "none" / "out.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "is no file that can be replaced" in refusal(case.path, data, "--out", tmp_path / "folder.csv")


def test_a_file_that_cannot_be_written_is_one_sentence(left, tmp_path):
    case = left["amounts"]
    data = case.written(tmp_path)
    for ending in ("csv", "parquet"):
        out = tmp_path / f"{'x' * 240}.{ending}"
        assert "cannot be written: File name too long" in refusal(case.path, data, "--out", out)
    assert list(tmp_path.iterdir()) == [data]


def test_text_that_turns_out_not_to_be_utf8_is_read_anew(left, tmp_path):
    case = left["text in lines"]
    many = pl.concat([case.table] * 30)
    text = many.with_columns(pl.lit("note").alias("remark")).write_csv()
    last = text.rindex("note")
    data = tmp_path / "old.csv"
    data.write_bytes((text[:last] + "caf\xe9" + text[last + 4 :]).encode("latin-1"))
    assert data.stat().st_size > 1 << 16
    printed = invoke(case.path, data, "--with", "remark")
    assert printed.exit_code == 0, printed.stderr
    read = pl.read_csv(printed.stdout.encode())
    assert read["prediction"].equals(case.model.predict_table(many)["prediction"])
    assert read["remark"][-1] == "caf\xe9"


def test_files_that_are_no_models(left, tmp_path):
    case = left["amounts"]
    data = case.written(tmp_path)
    assert "is not a model that can be read" in refusal(data, data)
    assert "cannot be read: No such file" in refusal(tmp_path / "none.lossary", data)
    assert "there is no file" in refusal(case.path, tmp_path / "none.csv")
