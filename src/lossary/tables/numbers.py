"""Numbers in text: which notation a column's cells are in, and what they say in it.

Everything here is a polars expression, so that a file larger than memory can be asked as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

MARKERS = ("", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", "--", ".")
"""Cells, in small letters, that mean that nothing was recorded where all others are numbers or dates."""

CURRENCIES = "$€£¥"
_GROUPS = r"[1-9]\d{0,2}"
_SPACED = r"^[-+]?\d{1,3}([\s'’]\d{3})+([.,]\d*)?$"
EITHER = r"^[-+]?[1-9]\d{0,2}[.,]\d{3}$"
"""Cells that are a whole number in one notation and a fraction in the other."""

_EXPONENT = r"([eE][-+]?\d+)?"
POINT = rf"^[-+]?({_GROUPS}(,\d{{3}})+(\.\d*)?|(\d+\.?\d*|\.\d+){_EXPONENT})$"
COMMA = rf"^[-+]?({_GROUPS}(\.\d{{3}})+(,\d*)?|(\d+,?\d*|,\d+){_EXPONENT})$"
"""A number whose decimals come after a point, thousands being set off by commas; and the other way round."""


@dataclass(frozen=True)
class Notation:
    """How a column writes numbers, and whether a % follows each.

    ``decimal`` is "." or "," for the ways of people, with thousands set off and currencies; "" for that of programs.
    """

    decimal: str = ""
    percent: bool = False

    def numbers(self, cells: pl.Expr) -> pl.Expr:
        """The numbers that trimmed cells say, null where there is none in this notation."""
        if not self.decimal:
            return plain_numbers(cells)
        bare = _bare(cells)
        thousands, pattern = (",", POINT) if self.decimal == "." else (".", COMMA)
        fitting = pl.when(bare.str.contains(pattern)).then(bare)
        plain = fitting.str.replace_all(thousands, "", literal=True).str.replace(",", ".", literal=True)
        found = plain.cast(pl.Float64, strict=False)
        if self.percent:
            # In the text: in a long column polars multiplies by 0.01, and 81.5% would be 0.8150000000000001.
            return pl.coalesce((plain + "e-2").cast(pl.Float64, strict=False), found * 0.01)
        return found if self.decimal == "," else pl.coalesce(found, plain_numbers(cells))


PLAIN = Notation()


def trimmed(cells: pl.Expr) -> pl.Expr:
    """Cells without blanks around them."""
    return cells.str.strip_chars()


def is_marker(cells: pl.Expr) -> pl.Expr:
    """Whether trimmed cells mean that nothing was recorded."""
    return cells.str.to_lowercase().is_in(MARKERS)


def plain_numbers(cells: pl.Expr) -> pl.Expr:
    """What trimmed cells say as programs write numbers: 12, -1.5, 3e8, inf; null for anything else, and for nan."""
    return cells.cast(pl.Float64, strict=False).fill_nan(None)


def _bare(cells: pl.Expr) -> pl.Expr:
    """Cells without currency, percent sign, and blanks or apostrophes between digits; a minus sign as ASCII has it."""
    unsigned = (
        cells.str.replace_all("−", "-", literal=True)
        .str.replace(rf"^([-+]?)\s*[{CURRENCIES}]\s*", "$1")
        .str.replace(rf"\s*[{CURRENCIES}%]$", "")
    )
    joined = unsigned.str.replace_all(r"[\s'’]", "")
    return pl.when(unsigned.str.contains(_SPACED)).then(joined).otherwise(unsigned)


@dataclass(frozen=True)
class Census:
    """How many cells of a column are there, fit which notation, and bear which signs.

    ``plain`` are as programs write numbers, ``point`` and ``comma`` as people do, with that decimal mark; ``either``
    fit both and are another number in each. ``currencies`` is how many different ones there are.
    """

    present: int
    plain: int
    point: int
    comma: int
    either: int
    percent: int
    currencies: int

    @property
    def fitting(self) -> int:
        """How many cells are numbers in the notation that fits the most."""
        return max(self.plain, self.point, self.comma)

    @property
    def decimal(self) -> str:
        """The decimal mark that the cells settle; "" where they fit both, or have none."""
        return "" if self.point == self.comma else "." if self.point > self.comma else ","

    @property
    def is_open(self) -> bool:
        """Whether the cells are numbers in both notations, and not the same ones."""
        return self.either > 0 and not self.decimal


def census(cells: pl.Expr) -> dict[str, pl.Expr]:
    """What makes a ``Census``, in its order: aggregates of trimmed cells that are there."""
    bare = _bare(cells)
    signs = [cells.str.contains(sign, literal=True).any().cast(pl.Int64) for sign in CURRENCIES]
    return {
        "present": cells.is_not_null().sum(),
        "plain": plain_numbers(cells).is_not_null().sum(),
        "point": bare.str.contains(POINT).sum(),
        "comma": bare.str.contains(COMMA).sum(),
        "either": bare.str.contains(EITHER).sum(),
        "percent": cells.str.ends_with("%").sum(),
        "currencies": pl.sum_horizontal(signs),
    }
