"""Tables of any make as plain columns: numbers with NaN, moments with NaT, text with None.

Data frames (of polars and pandas, and through narwhals of PyArrow, DuckDB, Dask and others), dictionaries of columns,
and arrays are taken. Text is read as in files (``lossary.tables``): as numbers or dates, if the whole column is such.
What was declared a category stays one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lossary.tables.readings import Reading

Columns = dict[str, np.ndarray]
"""float64 (NaN where missing), datetime64[us] (NaT) or objects that are text (None)."""

MOMENT = "datetime64[us]"


@dataclass(frozen=True)
class Table:
    """Plain columns by name; ``notes`` say how text was read, ``strays`` which cells of a column are no numbers.

    ``readings`` say of each column of text that was not declared to hold categories how it was read.
    """

    columns: Columns
    notes: tuple[str, ...] = ()
    strays: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)


def columns_of(table: Any) -> Columns:
    """A table's columns by name; columns of an array are called x0, x1 ...

    Raises TypeError for what is no table, ValueError for names that occur twice.
    """
    return table_of(table).columns


def table_of(table: Any, without: Collection[str] = ()) -> Table:
    """A table's columns by name, but for some that are not looked at."""
    raw = raw_columns(table)
    return _with_text_read({name: plain_column(values, name) for name, values in raw.items() if name not in without})


def column(values: Any, name: str = "values") -> np.ndarray:
    """One column of any make. Raises ValueError for one with cells that are no numbers, or no dates, among such."""
    read = _with_text_read({name: plain_column(values, name)})
    for stray in read.strays.values():
        raise ValueError(f"{stray}; {CORRECT}")
    return read.columns[name]


def class_column(values: Any, name: str = "values") -> np.ndarray | None:
    """A column of words, or of so few whole numbers in text that they are classes; None for any other."""
    plain = plain_column(values, name)
    if plain.values.dtype != object:
        return None
    if plain.is_declared:
        return plain.values
    present = {v for v in plain.values if v is not None}
    return plain.values if len(present) <= MOST_IN_DIGITS and all(v.isdigit() for v in present) else None


CORRECT = "correct it, or leave it empty"
MOST_IN_DIGITS = 10
"""Digits in text are classes, if they are as few as this."""


@dataclass(frozen=True)
class Plain:
    """A column before its text is read; ``is_declared`` says that it was declared to hold categories."""

    values: np.ndarray
    is_declared: bool = False


def _with_text_read(found: Mapping[str, Plain]) -> Table:
    """The columns, with those of text as what they hold."""
    columns: Columns = {name: plain.values for name, plain in found.items()}
    texts = [name for name, plain in found.items() if plain.values.dtype == object and not plain.is_declared]
    if not texts:
        return Table(columns)
    import polars as pl  # noqa: PLC0415  needed for text alone

    from lossary.tables.columns import typed  # noqa: PLC0415  needs polars

    frame = pl.DataFrame([pl.Series(name, columns[name].tolist(), dtype=pl.String) for name in texts])
    read = typed(frame, has_fractions=lambda: any(map(_has_fractions, columns.values())))
    for name in texts:
        if read.frame.schema[name] != pl.String:
            columns[name] = _from_polars(read.frame[name]).values
    return Table(columns, read.notes, read.strays, read.readings)


def _has_fractions(values: np.ndarray) -> bool:
    return values.dtype.kind == "f" and bool(np.any(values[np.isfinite(values)] % 1.0))


def raw_columns(table: Any) -> dict[str, Any]:
    """A table's columns by name, as they came."""
    if isinstance(table, Mapping):
        return {str(name): values for name, values in table.items()}
    table, maker = _known(table)
    if maker == "polars":
        frame = table.collect() if hasattr(table, "collect") else table
        return {name: frame[name] for name in frame.columns}
    if maker == "pandas":
        names = [str(name) for name in table.columns] if table.ndim == 2 else [str(table.name or "x0")]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the table has several columns called {twice[0]!r}; rename them")
        series = [table.iloc[:, j] for j in range(len(names))] if table.ndim == 2 else [table]
        return dict(zip(names, series, strict=True))
    array = _matrix(table)
    return {f"x{j}": array[:, j] for j in range(array.shape[1])}


def _known(values: Any) -> tuple[Any, str]:
    """A frame or column, and the library that made it: those of others than polars and pandas as polars'."""
    maker = type(values).__module__.split(".")[0]
    if maker in ("polars", "pandas", "numpy", "builtins"):
        return values, maker
    import narwhals.stable.v2 as nw  # noqa: PLC0415  needed for frames of other libraries alone

    found = nw.from_native(values, pass_through=True, allow_series=True)
    if isinstance(found, nw.LazyFrame):
        return found.collect("polars").to_native(), "polars"
    return (found.to_polars(), "polars") if isinstance(found, nw.DataFrame | nw.Series) else (values, maker)


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


def plain_column(values: Any, name: str) -> Plain:
    """One column of any make, its text not yet read; what is wrong with it is said with its name."""
    try:
        values, maker = _known(values)
        if maker == "polars":
            return _from_polars(values)
        if maker == "pandas":
            return _from_pandas(_one_column(values))
        return Plain(_from_numpy(_vector(_unmasked(values))))
    except (TypeError, ValueError) as error:
        raise type(error)(f"column {name!r}: {error}") from None


def _one_column(values: Any) -> Any:
    if values.ndim == 2 and values.shape[1] != 1:
        raise ValueError(f"one column is wanted, but this table has {values.shape[1]}; of one-hot classes take idxmax")
    return values.iloc[:, 0] if values.ndim == 2 else values


def _vector(array: np.ndarray) -> np.ndarray:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"a column has one dimension, but this has the shape {array.shape}")
    return array


def _matrix(table: Any) -> np.ndarray:
    if type(table).__module__.startswith("scipy.sparse"):
        raise TypeError("sparse features are not taken here; pass table.toarray()")
    array = _unmasked(table)
    if array.ndim == 1 and array.dtype != object:
        array = array[:, None]
    if array.ndim != 2:
        raise TypeError(f"a table of rows and columns is wanted, not {type(table).__name__} of shape {array.shape}")
    return array


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


NESTED = (list, tuple, set, dict, np.ndarray)


def _from_objects(values: list[Any]) -> np.ndarray:
    """Numbers if every value that is there is one, else text."""
    missing = [v is None or (isinstance(v, float) and v != v) for v in values]
    present = [v for v, gone in zip(values, missing, strict=True) if not gone]
    if all(isinstance(v, (bool, int, float, np.number)) for v in present):
        return np.array([np.nan if gone else float(v) for v, gone in zip(values, missing, strict=True)])
    nested = next((row for row, v in enumerate(values) if isinstance(v, NESTED)), None)
    if nested is not None:
        raise ValueError(f"{type(values[nested]).__name__} in row {nested + 1}, not one value a row; {ONE_VALUE}")
    return _text([None if gone else v for v, gone in zip(values, missing, strict=True)])


ONE_VALUE = "leave it out, or make a column of each of its parts"


def _text(values: list[Any]) -> np.ndarray:
    text = np.empty(len(values), dtype=object)
    text[:] = [None if v is None else str(v) for v in values]
    return text


def _seconds(values: np.ndarray) -> np.ndarray:
    in_microseconds = values.astype("timedelta64[us]")
    return np.where(np.isnat(in_microseconds), np.nan, in_microseconds.astype(np.int64) / 1e6)


def _from_polars(values: Any) -> Plain:
    import polars as pl  # noqa: PLC0415  the column is polars' own

    dtype = values.dtype
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.Null):
        return Plain(values.cast(pl.Float64).to_numpy().astype(np.float64))
    if dtype in (pl.Date, pl.Datetime):
        naive = values.dt.replace_time_zone(None) if getattr(dtype, "time_zone", None) else values
        return Plain(naive.cast(pl.Datetime("us")).to_numpy().astype(MOMENT))
    if dtype == pl.Duration:
        return Plain(_seconds(values.to_numpy()))
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        raise ValueError(f"{dtype}, not one value a row; {ONE_VALUE}")
    return Plain(_text(values.cast(pl.String).to_list()), dtype in (pl.Categorical, pl.Enum))


def _from_pandas(values: Any) -> Plain:
    dtype = values.dtype
    if str(dtype).startswith("datetime64"):
        naive = values.dt.tz_localize(None) if getattr(dtype, "tz", None) is not None else values
        return Plain(naive.to_numpy().astype(MOMENT))
    if str(dtype).startswith("timedelta64"):
        return Plain(_seconds(values.to_numpy()))
    if getattr(dtype, "kind", "O") in "biuf":
        return Plain(np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan)))
    present = [None if gone else v for v, gone in zip(values.tolist(), values.isna(), strict=True)]
    if str(dtype) == "category":
        return Plain(_text([f"{v:g}" if isinstance(v, float) else v for v in present]), is_declared=True)
    return Plain(_from_objects(present))
