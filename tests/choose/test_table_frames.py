"""Frames of other libraries mean what the same frame of polars means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import narwhals as nw
import narwhals.stable.v2 as stable
import numpy as np
import polars as pl
import pytest

from lossary.choosing.table.frames import column, plain_column, raw_columns, table_of

TABLE = pl.DataFrame(
    {
        "x": [1.0, None, 3.0],
        "amount": ["1,200.50", None, "3.25"],
        "words": ["a", None, "b"],
        "day": [date(2024, 1, 1), None, date(2024, 3, 1)],
        "whole": pl.Series([1, None, 3], dtype=pl.Int64),
        "kind": pl.Series(["2", "1", "2"], dtype=pl.Categorical),
    }
)


def duckdb_relation() -> Any:
    pytest.importorskip("pyarrow")
    duckdb = pytest.importorskip("duckdb")
    return duckdb.connect().from_arrow(TABLE.with_columns(kind=pl.lit("a")).to_arrow())


def arrow() -> Any:
    pytest.importorskip("pyarrow")
    return TABLE.to_arrow()


def dask_frame() -> Any:
    pytest.importorskip("pyarrow")
    dask = pytest.importorskip("dask.dataframe")
    return dask.from_pandas(TABLE.to_pandas(use_pyarrow_extension_array=True), npartitions=2)


MAKERS: dict[str, Callable[[], Any]] = {
    "polars, lazily": TABLE.lazy,
    "narwhals": lambda: nw.from_native(TABLE),
    "narwhals, lazily": lambda: nw.from_native(TABLE.lazy()),
    "narwhals, stable": lambda: stable.from_native(TABLE),
    "PyArrow": arrow,
    "DuckDB": duckdb_relation,
    "Dask": dask_frame,
}


@pytest.mark.parametrize("maker", MAKERS)
def test_every_frame_has_the_columns_of_polars(maker):
    # DuckDB reads a column of categories as one of text.
    plain = TABLE.with_columns(kind=pl.lit("a")) if maker == "DuckDB" else TABLE
    found, expected = table_of(MAKERS[maker]()), table_of(plain)
    assert list(found.columns) == list(expected.columns)
    for name, values in expected.columns.items():
        assert found.columns[name].dtype == values.dtype, name
        np.testing.assert_array_equal(found.columns[name], values)
    assert expected.columns["amount"].dtype == np.float64


@pytest.mark.parametrize("maker", ["narwhals", "narwhals, stable", "PyArrow"])
def test_a_column_of_every_frame_is_one_of_polars(maker):
    table = MAKERS[maker]()
    for name in TABLE.columns:
        expected = column(TABLE[name], name)
        found = column(table[name], name)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        assert plain_column(table[name], name).is_declared is (name == "kind")


def test_what_is_no_frame_is_none():
    assert list(raw_columns(np.zeros((2, 3)))) == ["x0", "x1", "x2"]
    with pytest.raises(TypeError, match="a table of rows and columns is wanted, not dict_keys"):
        raw_columns({"a": 1}.keys())
