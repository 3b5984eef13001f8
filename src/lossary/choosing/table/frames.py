"""Tables of any make as plain columns: numbers with NaN, moments with NaT, text with None.

polars and pandas frames, dictionaries of columns, and arrays are taken; a polars column of text that reads as dates
throughout is one of dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Columns = dict[str, np.ndarray]
"""float64 (NaN where missing), datetime64[us] (NaT) or objects that are text (None)."""

MOMENT = "datetime64[us]"


def columns_of(table: Any) -> Columns:
    """A table's columns by name; columns of an array are called x0, x1 ...

    Raises TypeError for what is no table, ValueError for names that occur twice.
    """
    if isinstance(table, Mapping):
        return {str(name): column(values) for name, values in table.items()}
    maker = type(table).__module__.split(".")[0]
    if maker == "polars":
        frame = table.collect() if hasattr(table, "collect") else table
        return {name: _from_polars(frame[name]) for name in frame.columns}
    if maker == "pandas":
        names = [str(name) for name in table.columns] if table.ndim == 2 else [str(table.name or "x0")]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the table has several columns called {twice[0]!r}; rename them")
        series = [table.iloc[:, j] for j in range(len(names))] if table.ndim == 2 else [table]
        return dict(zip(names, map(_from_pandas, series), strict=True))
    return _from_array(table)


def require_same_index(table: Any, values: Any, what: str) -> None:
    """Refuse a pandas column whose rows have other labels than the table's: nobody can tell which belong together."""
    if any(type(each).__module__.split(".")[0] != "pandas" for each in (table, values)) or len(table) != len(values):
        return
    differ = np.flatnonzero(~np.asarray(table.index == values.index))
    if differ.size:
        row = int(differ[0])
        raise ValueError(
            f"the index of {what} is not that of X: in row {row + 1} it is {values.index[row]!r}, there "
            f"{table.index[row]!r}; bring the rows in one order ({what}.loc[X.index]), or drop both indexes"
        )


def column(values: Any) -> np.ndarray:
    """One column of any make."""
    maker = type(values).__module__.split(".")[0]
    if maker == "polars":
        return _from_polars(values)
    if maker == "pandas":
        if values.ndim == 2 and values.shape[1] != 1:
            raise ValueError(
                f"one column is wanted, but this table has {values.shape[1]}; of one-hot classes take idxmax"
            )
        return _from_pandas(values.iloc[:, 0] if values.ndim == 2 else values)
    array = _unmasked(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"a column has one dimension, but this has the shape {array.shape}")
    return _from_numpy(array)


def _from_array(table: Any) -> Columns:
    if type(table).__module__.startswith("scipy.sparse"):
        raise TypeError("sparse features are not taken here; pass table.toarray()")
    array = _unmasked(table)
    if array.ndim == 1 and array.dtype != object:
        array = array[:, None]
    if array.ndim != 2:
        raise TypeError(f"a table of rows and columns is wanted, not {type(table).__name__} of shape {array.shape}")
    return {f"x{j}": _from_numpy(array[:, j]) for j in range(array.shape[1])}


def _unmasked(values: Any) -> np.ndarray:
    """A plain array, in which what was masked is missing."""
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values)
    is_moment = values.dtype.kind in "mM"
    filled = values.data.copy() if is_moment else values.data.astype(object)
    filled[np.ma.getmaskarray(values)] = "NaT" if is_moment else None
    return filled


def _from_numpy(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "M":
        return values.astype(MOMENT)
    if values.dtype.kind == "m":
        return _seconds(values)
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    if values.dtype.kind == "c":
        raise TypeError("complex numbers are no features; pass their parts as columns of their own")
    return _from_objects(values.tolist())


def _from_objects(values: list[Any]) -> np.ndarray:
    """Numbers if every value that is there is one, else text."""
    missing = [v is None or (isinstance(v, float) and v != v) for v in values]
    present = [v for v, gone in zip(values, missing, strict=True) if not gone]
    if all(isinstance(v, (bool, int, float, np.number)) for v in present):
        return np.array([np.nan if gone else float(v) for v, gone in zip(values, missing, strict=True)])
    return _text([None if gone else v for v, gone in zip(values, missing, strict=True)])


def _text(values: list[Any]) -> np.ndarray:
    text = np.empty(len(values), dtype=object)
    text[:] = [None if v is None else str(v) for v in values]
    return text


def _seconds(values: np.ndarray) -> np.ndarray:
    in_microseconds = values.astype("timedelta64[us]")
    return np.where(np.isnat(in_microseconds), np.nan, in_microseconds.astype(np.int64) / 1e6)


def _from_polars(values: Any) -> np.ndarray:
    import polars as pl  # noqa: PLC0415  the column is polars' own

    dtype = values.dtype
    if dtype == pl.String:
        values = _read_dates(values)
        dtype = values.dtype
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Null):
        return values.cast(pl.Float64).to_numpy().astype(np.float64)
    if dtype in (pl.Date, pl.Datetime):
        naive = values.dt.replace_time_zone(None) if getattr(dtype, "time_zone", None) else values
        return naive.cast(pl.Datetime("us")).to_numpy().astype(MOMENT)
    if dtype == pl.Duration:
        return _seconds(values.to_numpy())
    if dtype.is_nested():
        raise TypeError(f"column {values.name!r} holds {dtype}, not one value a row; leave it out")
    return _text(values.cast(pl.String).to_list())


def _read_dates(values: Any) -> Any:
    """Text that is all dates, or moments, as such."""
    import polars as pl  # noqa: PLC0415  the column is polars' own

    present = values.drop_nulls()
    first = present.head(50)
    if len(first) == 0 or not first.str.contains(r"^\d{4}-\d{2}-\d{2}").all():
        return values
    for kind in (pl.Date, pl.Datetime("us")):
        try:
            return values.str.strptime(kind, strict=True)
        except pl.exceptions.PolarsError:
            continue
    return values


def _from_pandas(values: Any) -> np.ndarray:
    dtype = values.dtype
    if str(dtype).startswith("datetime64"):
        naive = values.dt.tz_localize(None) if getattr(dtype, "tz", None) is not None else values
        return naive.to_numpy().astype(MOMENT)
    if str(dtype).startswith("timedelta64"):
        return _seconds(values.to_numpy())
    if getattr(dtype, "kind", "O") in "biuf":
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    return _from_objects([None if gone else v for v, gone in zip(values.tolist(), values.isna(), strict=True)])
