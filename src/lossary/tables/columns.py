"""Columns of text as what they hold: numbers, dates or words, each settled by all cells of the column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from lossary.tables.dates import dates_of
from lossary.tables.notations import MOST, notations, plain_columns, there
from lossary.tables.numbers import PLAIN, Notation
from lossary.tables.readings import DATES, FLAGS, NUMBERS, WORDS, Reading, evaluated, flags


@dataclass(frozen=True)
class Typed:
    """A table whose text is numbers, dates (as moments) or words.

    ``notes`` say in what notation columns were read that need it said; ``strays`` has, by column, a sentence on cells
    that are no numbers, or no dates, where the others are: they are missing in ``frame``. ``readings`` say of every
    column that was text how it was read.
    """

    frame: pl.DataFrame
    notes: tuple[str, ...] = ()
    strays: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def refuse_strays(self, names: Sequence[str], advice: str) -> None:
        """Raise ValueError if one of these columns has such cells."""
        for name in names:
            if name in self.strays:
                raise ValueError(f"{self.strays[name]}; {advice}")

    def all_notes(self) -> tuple[str, ...]:
        """What a reader must know, mistakes first."""
        return (*(f"{stray}: taken as missing" for stray in self.strays.values()), *self.notes)


def typed(
    frame: pl.DataFrame, separator: str = "", from_file: bool = False, has_fractions: Callable[[], bool] | None = None
) -> Typed:
    """The table with every column of text read as what it holds.

    ``separator`` is that of the columns in the file, if it had one; ``from_file`` says that words such as NA are
    missing values; ``has_fractions`` whether there are numbers with decimals beside the text.

    Raises ValueError for a column that can be read in two ways, with its first cell and what to do.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    others = [s for s in frame.get_columns() if s.dtype.is_float()]
    plain, tally = plain_columns(frame, texts)
    found = notations(frame.lazy(), tally, separator, has_fractions or (lambda: any(map(_has_fractions, others))))
    plain = {name: numbers for name, numbers in plain.items() if found[name] == PLAIN}
    texts_left = set(texts) - set(plain)
    columns, notes, strays = [], [], {}
    readings = dict.fromkeys(plain, Reading(NUMBERS))
    for series in frame.get_columns():
        if series.name not in texts_left:
            columns.append(plain.get(series.name, series))
            continue
        read = _read(evaluated(series, there), found.get(series.name))
        if read is None:
            readings[series.name] = Reading(WORDS, trimmed=from_file)
            columns.append(readings[series.name].values(series))
            continue
        readings[series.name] = read.reading
        columns.append(read.values.alias(series.name))
        if read.note:
            notes.append(f"{series.name}: {read.note}")
        if read.stray:
            strays[series.name] = read.stray
    return Typed(pl.DataFrame(columns), tuple(notes), strays, readings)


def _has_fractions(column: pl.Series) -> bool:
    return bool((column.fill_nan(0.0) % 1.0 != 0.0).any())


# One column.


@dataclass(frozen=True)
class _Found:
    values: pl.Series
    reading: Reading
    note: str = ""
    stray: str = ""


def _read(cells: pl.Series, notation: Notation | None) -> _Found | None:
    """A column as numbers or dates; None for words."""
    if notation is not None:
        numbers = evaluated(cells, notation.numbers)
        reading = Reading(NUMBERS, notation.decimal, notation.percent)
        return _Found(numbers, reading, _note_on(notation), stray_cells(cells, numbers, "number"))
    if cells.null_count() == cells.len():
        return _Found(pl.Series(cells.name, [None] * cells.len(), dtype=pl.Float64), Reading(NUMBERS))
    if cells.str.to_lowercase().is_in(["true", "false"]).all():
        return _Found(evaluated(cells, flags), Reading(FLAGS))
    return _dates(cells)


def _note_on(notation: Notation) -> str:
    marks = ["decimals after a comma"] if notation.decimal == "," else []
    marks += ["percentages, read as shares: 5% is 0.05"] if notation.percent else []
    return "; ".join(marks)


def _dates(cells: pl.Series) -> _Found | None:
    found = dates_of(cells, MOST)
    if found is None:
        return None
    if found.other is not None:
        _refuse_two_orders(cells, found.moments, found.other)
    note = f"dates with the {found.first} first" if found.first else ""
    return _Found(found.moments, Reading(DATES, form=found.form), note, stray_cells(cells, found.moments, "date"))


def _refuse_two_orders(cells: pl.Series, moments: pl.Series, other: pl.Series) -> None:
    """Refuse dates with the day first beside those with the month first, and dates that may be either."""
    advice = "write dates as 2024-03-31, or drop the column"
    apart = moments.is_null() & other.is_not_null()
    if apart.any():
        row = apart.arg_max() or 0
        raise ValueError(
            f"column {cells.name!r} has dates with the month first and dates with the day first, such as "
            f"{cells[row]!r} in row {row + 1}; {advice}"
        )
    differ = (moments != other).fill_null(value=False)
    if moments.null_count() == other.null_count() and differ.any():
        row = differ.arg_max() or 0
        raise ValueError(
            f"column {cells.name!r} has {cells[row]!r} in row {row + 1}, which is one day with the month first and "
            f"another with the day first, and no row tells which; {advice}"
        )


def stray_cells(cells: pl.Series, values: pl.Series, what: str) -> str:
    """A sentence on the cells that are cells and have no value; "" where all have one."""
    odd = cells.is_not_null() & values.is_null()
    count = int(odd.sum())
    if count == 0:
        return ""
    row = odd.arg_max() or 0
    more = f" and {count - 1:,} more such cell{'s' * (count > 2)}" if count > 1 else ""
    return f"column {cells.name!r} has {cells[row]!r} in row {row + 1}{more}, where every other value is a {what}"
