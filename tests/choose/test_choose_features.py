"""From tables of any make to features: the same columns, whoever holds them, and clear words on what is left out."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.features import features_of
from lossary.choosing.table.frames import column, columns_of

DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(days=i) for i in range(80)]
TABLE = {
    "size": [float(i) if i % 7 else None for i in range(80)],
    "colour": ["red", None, "blue", "green"] * 20,
    "when": DAYS,
    "open": [i % 3 == 0 for i in range(80)],
}


def test_every_make_of_table_gives_the_same_columns():
    expected = columns_of(pl.DataFrame(TABLE))
    other = columns_of(pd.DataFrame(TABLE).astype({"when": "datetime64[us]"}))
    assert list(expected) == list(other) == list(TABLE)
    for name, values in expected.items():
        assert values.dtype == other[name].dtype, name
        np.testing.assert_array_equal(values, other[name])
    assert [values.dtype.kind for values in expected.values()] == ["f", "O", "M", "f"]


def test_what_an_array_masks_is_missing():
    masked = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[False, True], [False, False]])
    np.testing.assert_array_equal(columns_of(masked)["x1"], [np.nan, 4.0])
    np.testing.assert_array_equal(column(masked[:, 1]), [np.nan, 4.0])
    moments = np.ma.masked_array(np.array(["2024-03-31", "2024-04-01"], "datetime64[D]"), [True, False])
    assert np.isnat(column(moments)).tolist() == [True, False]


def test_arrays_and_mappings_are_tables():
    np.testing.assert_array_equal(columns_of(np.eye(2, dtype=np.int64))["x1"], [0.0, 1.0])
    np.testing.assert_array_equal(columns_of({"a": [1, None, 3]})["a"], [1.0, np.nan, 3.0])
    mixed = columns_of(np.array([["a", 1], ["b", 2]], dtype=object))
    assert mixed["x0"].tolist() == ["a", "b"]
    np.testing.assert_array_equal(mixed["x1"], [1.0, 2.0])


def test_text_that_is_dates_throughout_is_dates():
    assert column(pl.Series(["2024-01-01", None, "2024-03-05"])).dtype.kind == "M"
    assert column(pl.Series(["2024-01-01", "soon"])).dtype == object


def test_a_column_that_says_nothing_is_left_out_and_named():
    n = 120
    features = features_of(
        columns_of(
            {
                "x": np.linspace(0.0, 1.0, n) ** 2,
                "row": np.arange(n),
                "name": [f"person {i}" for i in range(n)],
                "same": [3.5] * n,
                "none": [None] * n,
            }
        )
    )
    assert features.names == ("x",)
    told = "; ".join(features.notes)
    assert "row was left out: it numbers the rows" in told
    assert "name was left out: an identifier, 120 different values" in told
    assert "same was left out: it is 3.5 in every row" in told
    assert "none was left out: all its values are missing" in told


def test_nothing_left_and_infinite_values_are_refused():
    with pytest.raises(ValueError, match="no feature is left to predict from: a was left out: it is 1"):
        features_of(columns_of({"a": [1.0, 1.0]}))
    with pytest.raises(ValueError, match="column 'a' is inf in row 2"):
        features_of(columns_of({"a": [1.0, np.inf, 2.0]}))


def test_a_date_becomes_its_parts():
    features = features_of(columns_of(pl.DataFrame({"when": DAYS})))
    found = dict(zip(features.names, features.matrix.T, strict=True))
    np.testing.assert_array_equal(found["when.days"], np.arange(80.0))
    np.testing.assert_array_equal(found["when.month"], [day.month for day in DAYS])
    np.testing.assert_array_equal(found["when.day"], [day.day for day in DAYS])
    np.testing.assert_array_equal(found["when.yearday"], [day.timetuple().tm_yday for day in DAYS])
    np.testing.assert_array_equal(found["when.weekday"], [day.weekday() for day in DAYS])
    assert "when.hour" not in found  # it is the same in every row


def test_the_pipeline_learns_from_training_rows_alone():
    n = 100
    size = np.where(np.arange(n) % 10 == 0, np.nan, np.arange(n, dtype=np.float64))
    colour = np.array(["a", "b"] * (n // 2), dtype=object)
    colour[90:] = "never seen"
    features = features_of({"size": size, "colour": colour})
    train, test = np.arange(90), np.arange(90, n)
    matrix = encoder(features, train, for_trees=False)(features.matrix[test])
    known = size[train][~np.isnan(size[train])]
    filled = np.where(np.isnan(size[train]), np.median(known), size[train])
    np.testing.assert_allclose(matrix[1, 0], (91.0 - filled.mean()) / filled.std())
    assert np.isfinite(matrix).all()
    np.testing.assert_allclose(matrix[0, 0], (np.median(known) - filled.mean()) / filled.std())


def test_whole_numbers_of_few_values_are_categories_to_a_line_and_numbers_to_trees():
    hours = np.tile(np.arange(4.0), 100)
    features = features_of({"hour": hours, "x": np.linspace(0.0, 1.0, 400) ** 2})
    rows = np.arange(400)
    assert features.kinds == ("levels", "number")
    assert encoder(features, rows, for_trees=False)(features.matrix).shape == (400, 1 + 3)
    assert encoder(features, rows, for_trees=True)(features.matrix).shape == (400, 2)


def test_fifty_categories_of_a_dozen_rows_are_told_apart(random):
    """States of a thousand rows: eleven of fifty were one category, and trees were a third worse than a peer's."""
    state = np.array([f"state {i:02d}" for i in np.arange(1000) % 50], dtype=object)
    features = features_of({"state": state, "x": random.normal(size=1000)})
    rows = np.arange(1000)
    assert encoder(features, rows, for_trees=True)(features.matrix).shape == (1000, 51)
    assert encoder(features, rows, for_trees=False)(features.matrix).shape == (1000, 50)
