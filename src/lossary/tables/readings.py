"""How a column of text was read, as data: so that a table of another day is read in the same way, cell by cell.

A column's notation is settled by all of its cells; a row that is to be predicted alone settles nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from lossary.tables.dates import moments_in
from lossary.tables.notations import there
from lossary.tables.numbers import Notation, trimmed

NOTHING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "Null", "null", "None", "?")
"""Cells of a file's words that mean that nothing was recorded."""

NUMBERS, FLAGS, DATES, WORDS = "numbers", "flags", "dates", "words"
KINDS = (NUMBERS, FLAGS, DATES, WORDS)


@dataclass(frozen=True)
class Reading:
    """What a column of text holds, and in which notation.

    ``kind`` is "numbers" (written with ``decimal`` "." or "," as people do, "" as programs; ``percent`` says that a %
    follows each), "flags" (true and false), "dates" in the ``form`` of ``tables.dates``, or "words", which ``trimmed``
    says were trimmed and may be words for nothing.
    """

    kind: str
    decimal: str = ""
    percent: bool = False
    form: str = ""
    trimmed: bool = False

    def values(self, cells: pl.Series) -> pl.Series:
        """The cells as numbers, moments or words; null where nothing was recorded, and where a cell does not fit."""
        if self.kind == WORDS:
            return evaluated(cells, words) if self.trimmed else cells
        present = evaluated(cells, there)
        if self.kind == DATES:
            return moments_in(present, self.form)
        if self.kind == FLAGS:
            return evaluated(present, flags)
        return evaluated(present, Notation(self.decimal, self.percent).numbers)

    def strays(self, cells: pl.Series, values: pl.Series) -> pl.Series:
        """Which cells hold something that does not fit, as booleans."""
        if self.kind == WORDS:
            return pl.Series(cells.name, [False], dtype=pl.Boolean).new_from_index(0, cells.len())
        return evaluated(cells, there).is_not_null() & values.is_null()


def evaluated(cells: pl.Series, expression: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """A column through an expression."""
    return cells.to_frame().select(expression(pl.col(cells.name))).to_series()


def words(cells: pl.Expr) -> pl.Expr:
    """A file's words: trimmed, null where they stand for nothing."""
    return pl.when(~trimmed(cells).is_in(NOTHING)).then(trimmed(cells))


def flags(cells: pl.Expr) -> pl.Expr:
    """True and false as 1 and 0, null for anything else."""
    small = cells.str.to_lowercase()
    return pl.when(small.is_in(["true", "false"])).then((small == "true").cast(pl.Float64))
