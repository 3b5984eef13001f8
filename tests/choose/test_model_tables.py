"""New tables are read as the training's was: what a cell meant there it means here, or it is refused by its row."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.support.chosen import CASES, draws

import lossary
from lossary.choosing import planning
from lossary.choosing.models.tables import schema_of
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.features import features_of
from lossary.cli.data import read_frame

ROWS = 120


def training(**more) -> pl.DataFrame:
    """Every kind of column, as a file has it: text."""
    draw = draws()
    x = draw.normal(size=ROWS)
    return pl.DataFrame(
        {
            "x": [f"{v:.3f}" if j % 11 else "NA" for j, v in enumerate(x)],
            "price": [f"€ {v:,.2f}".replace(",", " ").replace(".", ",") for v in 1500.0 + 800.0 * x],
            "share": [f"{v:.1f}%" for v in draw.uniform(0.0, 100.0, ROWS)],
            "when": [
                f"{d}/{m}/2024" for d, m in zip(draw.integers(1, 29, ROWS), draw.integers(1, 13, ROWS), strict=True)
            ],
            "kind": [[" red", "green ", "blue", "n/a"][j] for j in draw.integers(0, 4, ROWS)],
            "paid": [["true", "false"][j] for j in draw.integers(0, 2, ROWS)],
            "y": [f"{v:.4f}" for v in x + 0.1 * draw.normal(size=ROWS)],
            **more,
        }
    )


@pytest.fixture(scope="module")
def of_file(tmp_path_factory):
    """What a file's table becomes: its features, and how to read others."""
    path = tmp_path_factory.mktemp("tables") / "training.csv"
    training().write_csv(path, separator=";")
    table = read_frame(path, ["y"])
    data = prepare_data(table.frame, "y").of_file(table)
    features = features_of(data.columns, data.rows)
    return features, schema_of(data, features)


def test_the_trainings_cells_give_its_features_as_text_and_as_what_they_hold(of_file):
    features, schema = of_file
    text = training().drop("y")
    np.testing.assert_array_equal(schema.read(text).features, features.matrix)
    np.testing.assert_array_equal(schema.read(pd.DataFrame(text.to_dict(as_series=False))).features, features.matrix)
    np.testing.assert_array_equal(schema.read(text.to_dict(as_series=False)).features, features.matrix)
    shown = {column.name: column.kind for column in schema.columns}
    assert shown == {
        "x": "number", "price": "number", "share": "number", "when": "date", "kind": "category", "paid": "number",
    }  # fmt: skip


@pytest.mark.parametrize("row", range(0, ROWS, 7))
def test_a_row_alone_means_what_it_meant_in_training(of_file, row):
    """03/04/2024 alone is two days, and 1 234,50 no number to programs: the training settled both."""
    features, schema = of_file
    np.testing.assert_array_equal(schema.read(training()[row : row + 1]).features, features.matrix[row : row + 1])


def test_typed_columns_are_taken_for_text_ones(of_file):
    """A table from a data base, of numbers and dates, where training was a file of text."""
    features, schema = of_file
    text = training()
    where = {source.column: j for j, source in enumerate(features.sources) if not source.part}
    typed = text.with_columns(
        *(pl.Series(name, features.matrix[:, where[name]]).fill_nan(None) for name in ("x", "price", "share")),
        pl.col("when").str.to_date("%d/%m/%Y"),
        pl.col("paid") == "true",
    )
    np.testing.assert_array_equal(schema.read(typed).features, features.matrix)
    in_pandas = pd.DataFrame({column.name: column.to_numpy() for column in typed})
    np.testing.assert_array_equal(schema.read(in_pandas).features, features.matrix)


def test_what_typed_columns_taught_is_read_from_text_as_programs_write_it():
    draw = draws()
    when = pl.Series(np.datetime64("2024-01-01", "us") + draw.integers(300, size=ROWS).astype("timedelta64[D]"))
    table = pl.DataFrame({"x": draw.normal(size=ROWS), "flag": draw.integers(0, 2, ROWS) > 0, "when": when})
    data = prepare_data(table, draw.normal(size=ROWS))
    features = features_of(data.columns)
    schema = schema_of(data, features)
    written = pl.read_csv(table.write_csv().encode(), infer_schema=False)
    assert written["flag"][0] in ("true", "false")
    np.testing.assert_array_equal(schema.read(written).features, features.matrix)


def test_categories_that_training_had_not_are_counted_and_count_as_rare():
    choice = CASES["text"].choice()
    table = CASES["text"].table().drop("y")[:4]
    changed = table.with_columns(colour=pl.Series(["red", "violet", "violet", None]))
    model = choice.model
    model.predict(changed)
    assert model.last_unseen == {"colour": 2}
    assert model.last_notes == ("colour: 2 cells of categories that training had not; they count as rare ones",)
    rare = table.with_columns(colour=pl.Series(["red", "rare", "rare", None]))
    np.testing.assert_array_equal(model.predict(changed), model.predict(rare))
    assert model.last_unseen == {}


def test_numbers_that_a_line_takes_for_categories_are_counted_too():
    """Hours of a day, of which training had twelve: the thirteenth is none of them, and none in between."""
    draw = draws()
    hour = draw.integers(0, 12, 1200).astype(np.float64)
    y = np.array([3.0, -2.0, 5.0, 0.0, 4.0, -6.0, 1.0, 2.0, -3.0, 6.0, -1.0, 0.5])[hour.astype(int)]
    model = lossary.choose(
        {"hour": hour, "x": draw.normal(size=1200)}, y + draw.normal(size=1200), models=["linear"], folds=2, repeats=1
    ).model
    assert len(model.content.predictor.encode.categories) == 1
    model.predict({"hour": [1.0, 12.0, 3.5, None], "x": [0.0] * 4})
    assert model.last_unseen == {"hour": 2}


def refused(schema, table, *words):
    with pytest.raises(ValueError, match=re.escape(words[0])) as refusal:
        schema.read(table, first_row=1000)
    for word in words[1:]:
        assert word in str(refusal.value)


def test_what_does_not_fit_is_refused_with_its_first_row(of_file):
    _, schema = of_file
    table = training()[:5]

    def with_cell(name, cell):
        return table.with_columns(pl.Series(name, [*table[name][:3], cell, table[name][4]]))

    refused(schema, table[:0], "0 rows")
    refused(schema, {name: table[name][0] for name in table.columns}, "column 'x' is one value", "a list of values")
    refused(schema, table.drop("price"), "no column 'price'")
    refused(schema, table.rename({"price": "Price"}), "no column 'price'", "did you mean 'Price'?")
    refused(schema, {**table.to_dict(), "x": ["1.0"]}, "rows, but others have")
    refused(schema, with_cell("x", "oops"), "column 'x' has 'oops' in row 1004, where training had numbers")
    refused(schema, with_cell("price", "1,234.50"), "'1,234.50' in row 1004")
    refused(schema, with_cell("when", "31/31/2024"), "'31/31/2024' in row 1004, where training had dates")
    refused(schema, table.with_columns(when=pl.Series([1.5] * 5)), "column 'when' has 1.5 in row 1001", "dates")
    refused(schema, table.with_columns(kind=pl.Series([7.0] * 5)), "column 'kind' has 7 in row 1001", "text")
    refused(schema, table.with_columns(x=pl.lit(None, pl.Date).fill_null(pl.date(2024, 1, 1))), "2024-01-01", "numbers")
    refused(schema, table.with_columns(x=pl.Series([1.0, np.inf, 1.0, 1.0, 1.0])), "inf in row 1002")
    refused(schema, with_cell("paid", "perhaps"), "'perhaps' in row 1004")
    refused(schema, np.zeros((3, 2)), "X has 2 features", "expecting 6 features")


def test_columns_without_any_value_are_missing_whatever_their_type(of_file):
    _, schema = of_file
    table = training()[:3]
    empty = table.with_columns(*(pl.lit(None).alias(name) for name in table.columns))
    read = schema.read(empty)
    assert read.unseen == {}
    kinds = {source.column: column for source, column in zip(schema.sources, read.features.T, strict=True)}
    assert (kinds.pop("kind") == -1.0).all()
    assert all(np.isnan(column).all() for column in kinds.values())


def test_cells_that_were_missing_in_training_for_not_fitting_are_so_again():
    """'oops' among numbers is missing in training, and told; the same table can still be predicted."""
    draw = draws()
    cells = [f"{v:.2f}" for v in draw.normal(size=ROWS)]
    cells[57] = "oops"
    data = prepare_data({"x": cells, "z": draw.normal(size=ROWS).tolist()}, draw.normal(size=ROWS))
    schema = schema_of(data, features_of(data.columns))
    found = schema.read({"x": ["1.5", "oops", "other"], "z": [1.0, 2.0, 3.0]}).features
    np.testing.assert_array_equal(found, [[1.5, 1.0], [np.nan, 2.0], [np.nan, 3.0]])


def test_numbers_are_categories_where_training_has_such():
    """pandas reads a column of codes as whole numbers where all of one day's are; training had a word among them."""
    codes = ["1", "2", "x"] * 40
    data = prepare_data({"code": codes, "z": np.arange(120.0) ** 2}, np.arange(120.0))
    schema = schema_of(data, features_of(data.columns))
    as_text = schema.read({"code": ["2", "1"], "z": [0.0, 1.0]}).features
    np.testing.assert_array_equal(schema.read(pd.DataFrame({"code": [2, 1], "z": [0.0, 1.0]})).features, as_text)
    refused(schema, pd.DataFrame({"code": [2, 9], "z": [0.0, 1.0]}), "column 'code' has 9 in row 1002")


def test_arrays_have_columns_by_their_place():
    draw = draws()
    X = draw.normal(size=(ROWS, 3))
    X[:, 1] = 4.0  # says nothing, and is left out
    model = lossary.choose(
        X, X[:, 0] + 0.1 * draw.normal(size=ROWS), want="mean", models=["linear"], folds=2, repeats=1
    ).model
    assert model.columns_needed == ("x0", "x2")
    assert model.n_features_in_ == 3
    np.testing.assert_array_equal(model.predict(X), model.predict({"x2": X[:, 2], "x0": X[:, 0]}))
    with pytest.raises(ValueError, match="X has 2 features, but this model is expecting 3"):
        model.predict(X[:, :2])


def test_all_rows_are_trained_on_unless_a_time_budget_allows_no_more(monkeypatch):
    draw = draws()
    x = draw.normal(size=30_000)
    data = prepare_data({"x": x}, x + draw.normal(size=x.size))
    hurried = inspect_and_plan(data, models=["linear"], time_budget=6.0)
    assert hurried.problem.y.size < hurried.whole.y.size == x.size
    monkeypatch.setattr(planning, "MODEL_SHARE", 0.0)
    assert inspect_and_plan(data, models=["linear"], time_budget=6.0).whole.y.size == hurried.problem.y.size
