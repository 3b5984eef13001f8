"""In which notation each column of a table writes numbers: settled by all its cells, or by the other columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from lossary.tables.numbers import PLAIN, Census, Notation, census, is_marker, plain_numbers, trimmed

MOST = 0.9
"""The share of cells that are numbers, or dates, from which the others are mistakes."""

HALF = 0.5
MANY = 31
"""Half the cells are enough where they are more different numbers than this: no categories have so many."""

FITS_BOTH = r"[1-9]\d{0,2}[.,]\d{3}\D*$"
BY_SEPARATOR = {",": ".", ";": ","}
"""The decimal mark of those who separate columns so: one that is the other's would need quotes."""


def there(cells: pl.Expr) -> pl.Expr:
    """Trimmed cells, null where nothing was recorded in a column of numbers or dates."""
    return pl.when(~is_marker(trimmed(cells))).then(trimmed(cells))


Tally = dict[str, tuple[int, int]]
"""How many cells each column has, and how many of them are numbers as programs write them."""


def plain_columns(frame: pl.DataFrame, names: Sequence[str]) -> tuple[dict[str, pl.Series], Tally]:
    """Of columns of text those whose cells are all numbers as programs write them, as numbers; and the tally of all."""
    written = frame.select(names).get_columns()
    read = frame.select(pl.col(names).cast(pl.Float64, strict=False)).get_columns() if names else []
    tally = {w.name: (w.len() - w.null_count(), r.len() - r.null_count()) for w, r in zip(written, read, strict=True)}
    return {r.name: _without_nan(r) for r in read if 0 < tally[r.name][0] == tally[r.name][1]}, tally


def _without_nan(numbers: pl.Series) -> pl.Series:
    """The numbers, null where they are nan; NumPy tells sooner that none is, where columns are many."""
    return numbers.fill_nan(None) if np.isnan(numbers.to_numpy()).any() else numbers


def notations(
    frame: pl.LazyFrame, tally: Tally, separator: str, has_fractions: Callable[[], bool] = lambda: False
) -> dict[str, Notation]:
    """The notation of every column of text, of those tallied, that holds numbers, or mostly so.

    ``has_fractions`` says whether the table has numbers with decimals besides these columns. Raises ValueError for a
    column whose numbers may be read in two ways.
    """
    # Most columns hold numbers as programs write them, and are not looked at any closer.
    closer = {name: there(pl.col(name)) for name, (present, read) in tally.items() if present > read}
    close = _gathered(frame, {name: [c.count(), plain_numbers(c).count()] for name, c in closer.items()})
    tally = tally | {name: (present, read) for name, (present, read) in close.items()}
    plain = [name for name, (present, read) in tally.items() if 0 < present == read]
    cells = {name: c for name, c in closer.items() if tally[name][0]}
    counted = _counted(frame, {name: c for name, c in cells.items() if name not in plain})
    numbers = {name: c for name, c in counted.items() if _are_numbers(frame, cells[name], c)}
    marks = {c.decimal for c in numbers.values()}
    if separator == ";" or "," in marks or any(c.is_open for c in numbers.values()):
        numbers |= _counted(frame, {name: there(pl.col(name)) for name in plain})
    is_open = any(c.is_open for c in numbers.values())
    mark = _common_decimal(numbers.values(), is_open and has_fractions())
    by_separator = BY_SEPARATOR.get(separator, "")
    found = dict.fromkeys(plain, PLAIN)
    for name, counts in numbers.items():
        # A point that a program may have written is not turned into a thousands mark by semicolons alone.
        decimal = counts.decimal or (mark or ("" if name in plain else by_separator) if counts.is_open else ".")
        _refuse_unsettled(frame, name, counts, decimal)
        as_programs_do = counts.plain == counts.fitting and decimal == "."
        found[name] = PLAIN if as_programs_do else Notation(decimal, counts.percent > 0)
    return found


def tally_of(frame: pl.LazyFrame, names: list[str]) -> Tally:
    """The tally of some columns of text."""
    if not names:
        return {}
    numbers = pl.col(names).cast(pl.Float64, strict=False).count()
    row = (
        frame.select(pl.col(names).count().name.prefix("0"), numbers.name.prefix("1"))
        .collect(engine="streaming")
        .row(0)
    )
    return dict(zip(names, zip(row[: len(names)], row[len(names) :], strict=True), strict=True))


def _gathered(frame: pl.LazyFrame, wanted: Mapping[str, list[pl.Expr]]) -> dict[str, list[int]]:
    """Aggregates by column, computed together."""
    if not wanted:
        return {}
    named = [
        each.alias(f"{number} {place}")
        for number, aggregates in enumerate(wanted.values())
        for place, each in enumerate(aggregates)
    ]
    row = iter(frame.select(named).collect(engine="streaming").row(0))
    return {name: [next(row) for _ in aggregates] for name, aggregates in wanted.items()}


def _counted(frame: pl.LazyFrame, cells: Mapping[str, pl.Expr]) -> dict[str, Census]:
    gathered = _gathered(frame, {name: list(census(c).values()) for name, c in cells.items()})
    return {name: Census(*numbers) for name, numbers in gathered.items()}


def _are_numbers(frame: pl.LazyFrame, cells: pl.Expr, counts: Census) -> bool:
    """Whether a column is one of numbers: nearly all cells, or half of them and too many different ones for codes."""
    if counts.fitting >= MOST * counts.present:
        return True
    if counts.fitting < HALF * counts.present:
        return False
    numbers = Notation("," if counts.decimal == "," else ".").numbers(cells)
    return int(frame.select(numbers.drop_nulls().n_unique()).collect(engine="streaming").item()) > MANY


def _common_decimal(counts: Iterable[Census], has_fractions: bool) -> str:
    """The decimal mark of a table, if some columns settle it and all that do agree; else ""."""
    marks = {each.decimal for each in counts if each.decimal} | ({"."} if has_fractions else set())
    return marks.pop() if len(marks) == 1 else ""


def _refuse_unsettled(frame: pl.LazyFrame, name: str, counts: Census, decimal: str) -> None:
    """Refuse numbers that may be read in two ways, and columns of several units."""
    if not decimal:
        row, cell = _first(frame, name, lambda c: c.str.contains(FITS_BOTH))
        whole, fraction = re.sub("[.,]", "", cell), cell.replace(",", ".")
        raise ValueError(
            f"column {name!r} has {cell!r} in row {row}, which is {whole} to some and {fraction} to others, and no "
            "other cell tells; separate columns by commas and write decimals after a point, or drop the column"
        )
    if 0 < counts.percent < counts.fitting:
        row, cell = _first(frame, name, lambda c: ~c.str.ends_with("%"))
        raise ValueError(f"column {name!r} has percentages, but not in row {row}: {cell!r}; write all in one way")
    if counts.currencies > 1:
        raise ValueError(f"column {name!r} holds amounts in several currencies; convert them, or drop the column")


def _first(frame: pl.LazyFrame, name: str, which: Callable[[pl.Expr], pl.Expr]) -> tuple[int, str]:
    """The first cell of some kind, and its row, from 1."""
    cells = frame.select(there(pl.col(name))).collect().to_series()
    row = cells.to_frame().select(which(pl.col(name))).to_series().fill_null(value=False).arg_max() or 0
    return row + 1, str(cells[row])
