"""New tables read as the one of the training was: the same columns, notations, categories and first days.

Nothing is settled by the new table: a row means the same alone, and in any part of a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from lossary.choosing.table.data import Data
from lossary.choosing.table.features import MISSING, UNSEEN, Features, Source, calendar_parts
from lossary.choosing.table.frames import MOMENT, plain_column, raw_columns
from lossary.tables.dates import ISO
from lossary.tables.readings import DATES, FLAGS, NUMBERS, Reading

NUMBER, DATE, CATEGORY = "number", "date", "category"
KINDS = (NUMBER, DATE, CATEGORY)
FLAG = Reading(FLAGS)
HELD = {NUMBER: "numbers", DATE: "dates", CATEGORY: "text"}


@dataclass(frozen=True)
class Column:
    """A column of the training: what it held, and how it was read where it was text (else None).

    ``lenient`` says that some of its cells did not fit in training either, and were taken as missing; ``flag`` that its
    numbers were zeros and ones, which files also write as false and true. ``levels`` are its categories, ``start`` the
    moment from which its days count.
    """

    name: str
    kind: str
    reading: Reading | None = None
    lenient: bool = False
    flag: bool = False
    levels: tuple[str, ...] = ()
    start: np.datetime64 | None = None


@dataclass(frozen=True)
class Schema:
    """How tables become features: the ``columns`` that are needed, and the ``sources`` of the features, in order.

    ``names`` are all columns of the training's table but the target and what was dropped, in its order.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    sources: tuple[Source, ...]

    def read(self, X: Any, first_row: int = 0) -> Read:
        """The features of a table's rows, (n, p) with NaN where missing.

        Raises ValueError for a table without rows, columns that are missing or differ in length, and cells that do not
        fit; rows are numbered from ``first_row + 1``.
        """
        cells = self.cells(X, first_row)
        return Read(self.features(cells), cells.unseen(), cells.unreadable())

    def cells(self, X: Any, first_row: int = 0) -> Cells:
        """The columns that are needed, each read as in training; errors as for ``read``."""
        raw = self._raw(X)
        rows = _rows_of(raw)
        by_column: dict[Column, Values] = {}
        for column in self.columns:
            read = by_column[column] = values_of(column, raw[column.name], first_row)
            if read.values.size != rows:
                raise ValueError(f"column {column.name!r} has {read.values.size:,} rows, but others have {rows:,}")
        return Cells(rows, by_column)

    def features(self, cells: Cells) -> np.ndarray:
        """What columns become, (n, p) with NaN where missing."""
        found: dict[Source, np.ndarray] = {}
        for column, read in cells.by_column.items():
            if column.kind == DATE:
                assert column.start is not None
                parts = calendar_parts(read.values, column.start)
                found |= {Source(column.name, part): numbers for part, numbers in parts.items()}
            else:
                found[Source(column.name)] = read.values
        features = [found[source] for source in self.sources]
        return np.column_stack(features) if features else np.empty((cells.rows, 0))

    def require(self, names: Collection[str]) -> None:
        """Raise ValueError if a table of columns with these names has not all that are needed."""
        missing = [column.name for column in self.columns if column.name not in names]
        if missing:
            near = difflib.get_close_matches(missing[0], list(names), n=1, cutoff=0.6)
            hint = (
                f"; did you mean {near[0]!r}?"
                if near
                else f"; it has {_shown(tuple(names)) or 'none'}: add it, or train without it"
            )
            raise ValueError(
                f"the table has no column {_shown(tuple(map(repr, missing)))}, which the model needs{hint}"
            )

    def _raw(self, X: Any) -> Mapping[str, Any]:
        """The table's columns as they came; all that are needed are there."""
        raw = raw_columns(X)
        if not hasattr(X, "columns") and not isinstance(X, Mapping) and len(raw) != len(self.names):
            raise ValueError(
                f"X has {len(raw)} features, but this model is expecting {len(self.names)} features as input: "
                f"{_shown(self.names)}"
            )
        self.require(raw)
        return raw


@dataclass(frozen=True)
class Read:
    """Rows of features; how many cells of each column hold a category that training had not, or fit no more than some
    did there.
    """

    features: np.ndarray
    unseen: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Values:
    """A column's numbers, moments, or numbers of categories; ``unreadable`` cells did not fit, and are missing."""

    values: np.ndarray
    unreadable: int = 0


@dataclass(frozen=True)
class Cells:
    """Columns of so many rows, each read as in training."""

    rows: int
    by_column: Mapping[Column, Values]

    def unseen(self) -> dict[str, int]:
        """How many cells of each column hold a category that training had not; of columns without such nothing."""
        counts = {
            column.name: int(np.count_nonzero(read.values == UNSEEN))
            for column, read in self.by_column.items()
            if column.kind == CATEGORY
        }
        return {name: count for name, count in counts.items() if count}

    def unreadable(self) -> dict[str, int]:
        """How many cells of each column did not fit, and were taken as missing."""
        return {column.name: read.unreadable for column, read in self.by_column.items() if read.unreadable}


def notes_on(unseen: Mapping[str, int], unreadable: Mapping[str, int]) -> tuple[str, ...]:
    """What has to be known of cells that predictions could not be made of, in sentences."""
    new = (
        f"{name}: {count:,} cell{'s' * (count > 1)} of categories that training had not; they count as rare ones"
        for name, count in unseen.items()
    )
    unfit = (
        f"{name}: {count:,} cell{'s' * (count > 1)} that cannot be read as the others; taken as missing"
        for name, count in unreadable.items()
    )
    return (*new, *unfit)


def _shown(names: tuple[str, ...]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


def _rows_of(raw: Mapping[str, Any]) -> int:
    single = next((n for n, values in raw.items() if isinstance(values, str) or not hasattr(values, "__len__")), None)
    if single is not None:
        raise ValueError(f"column {single!r} is one value; give a list of values for each column, one row has [value]")
    rows = next((len(values) for values in raw.values()), 0)
    if rows == 0:
        raise ValueError("the table has 0 rows (0 sample(s)) while a minimum of 1 is required: nothing to predict")
    return rows


# One column.


def values_of(column: Column, given: Any, first_row: int) -> Values:
    """A column's numbers, moments, or numbers of categories."""
    cells, values = cells_of(column, given)
    if column.kind == CATEGORY:
        return Values(_places_of(column, values, cells, first_row))
    unreadable = 0
    if cells is not None:
        values, unreadable = _read_text(column, cells, first_row)
    return Values((_moments_of if column.kind == DATE else _numbers_of)(column, values, first_row), unreadable)


def cells_of(column: Column, given: Any) -> tuple[pl.Series | None, np.ndarray]:
    """A column's text, or None, and else its values."""
    if type(given).__module__.startswith("polars") and given.dtype == pl.String:
        return given.alias(column.name), np.empty(0)
    plain = plain_column(given, column.name).values
    return (pl.Series(column.name, plain.tolist(), dtype=pl.String) if plain.dtype == object else None), plain


def _numbers_of(column: Column, values: np.ndarray, first_row: int) -> np.ndarray:
    if values.dtype.kind == "M":
        if np.isnat(values).all():
            return np.full(values.size, np.nan)
        raise _unfit(column, values, ~np.isnat(values), first_row)
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise ValueError(
            f"column {column.name!r} is {values[row]:g} in row {first_row + row + 1}; write the true number, or leave "
            "it empty"
        )
    return values


def _moments_of(column: Column, values: np.ndarray, first_row: int) -> np.ndarray:
    if values.dtype.kind == "M":
        return values
    if np.isnan(values).all():
        return np.full(values.size, "NaT", dtype=MOMENT)
    raise _unfit(column, values, ~np.isnan(values), first_row)


def _places_of(column: Column, values: np.ndarray, cells: pl.Series | None, first_row: int) -> np.ndarray:
    """The numbers of categories. Numbers are categories only where training has such: else all would be unseen."""
    if cells is None:
        is_missing = np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)
        words = [None if missing else _word(v) for v, missing in zip(values, is_missing, strict=True)]
        unfit = np.array([word is not None and word not in column.levels for word in words])
        if unfit.any():
            raise _unfit(column, values, unfit, first_row)
        cells = pl.Series(column.name, words, dtype=pl.String)
    elif column.reading is not None:
        cells = column.reading.values(cells)
    places = np.arange(len(column.levels), dtype=np.float64)
    known = cells.replace_strict(list(column.levels), places, default=UNSEEN, return_dtype=pl.Float64)
    return np.where(cells.is_null().to_numpy(), MISSING, known.to_numpy())


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read_text(column: Column, cells: pl.Series, first_row: int) -> tuple[np.ndarray, int]:
    """Text where training had numbers or dates: in the notation of the training, or as programs write them.

    The number is of cells that did not fit.
    """
    reading = column.reading or (Reading(NUMBERS) if column.kind == NUMBER else Reading(DATES, form=ISO))
    read = reading.values(cells)
    unfit = reading.strays(cells, read)
    if column.flag and unfit.any() and not FLAG.strays(cells, FLAG.values(cells)).any():
        read, unfit = FLAG.values(cells), pl.Series([False])
    if unfit.any() and not column.lenient:
        raise _unfit(column, cells, unfit.to_numpy(), first_row)
    numbers = read.cast(pl.Float64).to_numpy() if column.kind == NUMBER else read.to_numpy().astype(MOMENT)
    return numbers, int(unfit.sum())


def _unfit(column: Column, values: np.ndarray | pl.Series, unfit: np.ndarray, first_row: int) -> ValueError:
    row = int(np.argmax(unfit))
    shown = repr(values[row]) if isinstance(values, pl.Series) else _word(values[row])
    return ValueError(
        f"column {column.name!r} has {shown} in row {first_row + row + 1}, where training had {HELD[column.kind]}; "
        "correct it, or leave it empty"
    )


# Out of the training's table.


def schema_of(data: Data, features: Features) -> Schema:
    """How tables like this one become these features."""
    needed = dict.fromkeys(source.column for source in features.sources)
    columns = tuple(_column(name, data, features) for name in needed)
    return Schema(tuple(data.columns), columns, features.sources)


def _column(name: str, data: Data, features: Features) -> Column:
    values = data.columns[name]
    kind = CATEGORY if values.dtype == object else DATE if values.dtype.kind == "M" else NUMBER
    return Column(
        name,
        kind,
        data.readings.get(name),
        name in data.strays,
        kind == NUMBER and bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all()),
        features.levels[name] if kind == CATEGORY else (),
        features.starts[name] if kind == DATE else None,
    )
