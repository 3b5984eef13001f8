"""Columns as features: one matrix of numbers, with what is known of each column, and what was left out and why.

Text becomes category numbers; a date becomes its calendar parts and the days since the first. Nothing is learned from
the values here but which categories there are: filling, scaling and grouping of rare categories happen inside each
training fold (``encoding``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lossary.choosing.table.frames import Columns

MISSING = -1.0
"""The number of the category of missing values."""

UNSEEN = -2.0
"""The number of a category that training has not."""

FEWEST_A_LEVEL = 50
MOST_LEVELS = 31
IDENTIFIERS = 50
"""Text with more different values than this, and than half the rows, is an identifier."""


class Source(NamedTuple):
    """Where a column of the matrix comes from: a column of the table, or the named part of its dates."""

    column: str
    part: str = ""


@dataclass(frozen=True)
class Features:
    """``matrix`` is (n, p) float64: numbers with NaN where missing, categories as their numbers.

    ``kinds`` says of each column "number", "category", or "levels": whole numbers of so few values that a line may take
    them for categories. ``levels`` has the categories' names, ``notes`` what was done to columns. ``codes`` are columns
    that repeat their values and may be groups: their value numbers by name. ``row_numbers`` are those of the rows in
    the table that they came from, from 1. ``sources`` say of each column of the matrix which of the table it is, or
    which part of a date; ``starts`` have the first moment of each column of dates, from which days are counted.
    """

    matrix: np.ndarray
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    dates: tuple[str, ...]
    codes: Mapping[str, np.ndarray]
    row_numbers: np.ndarray
    sources: tuple[Source, ...]
    starts: Mapping[str, np.datetime64]

    @property
    def rows(self) -> int:
        return int(self.matrix.shape[0])

    def of_kind(self, *kinds: str) -> list[int]:
        """Positions of the columns of these kinds."""
        return [j for j, kind in enumerate(self.kinds) if kind in kinds]

    def without(self, name: str) -> Features:
        """The features without one column of the matrix."""
        remaining = [j for j, other in enumerate(self.names) if other != name]
        names, kinds = (tuple(values[j] for j in remaining) for values in (self.names, self.kinds))
        sources = tuple(self.sources[j] for j in remaining)
        return replace(self, matrix=self.matrix[:, remaining], names=names, kinds=kinds, sources=sources)

    def taking(self, rows: np.ndarray) -> Features:
        """The features of some rows."""
        codes = {name: code[rows] for name, code in self.codes.items()}
        return replace(self, matrix=self.matrix[rows], codes=codes, row_numbers=self.row_numbers[rows])


@dataclass(frozen=True)
class _Part:
    name: str
    kind: str
    values: np.ndarray
    source: Source


def features_of(columns: Columns, places: np.ndarray | None = None, times: str = "") -> Features:
    """Features made of columns. Raises ValueError if none is left.

    ``places`` are the rows' in the table that they came from, counted from 0, if they are not all of it, in order;
    ``times`` is the column that orders them, which is no mere row number.
    """
    if places is None:
        places = np.arange(next((values.size for values in columns.values()), 0))
    parts: list[_Part] = []
    numbering: list[_Part] = []
    notes, levels, starts, codes = [], {}, {}, {}
    for name, values in columns.items():
        _refuse_infinite(name, values, places)
        if name != times and _numbers_rows(values, places):
            numbering.append(_Part(name, "number", values, Source(name)))
            continue
        reason = _why_useless(values)
        if values.dtype == object and (not reason or reason.startswith("an identifier")):
            numbers, names = category_numbers(values)
            if _may_group(numbers):
                codes[name] = numbers
            levels[name] = names
        if reason:
            notes.append(f"{name} was left out: {reason}")
        elif values.dtype == object:
            parts.append(_Part(name, "category", numbers, Source(name)))
        elif values.dtype.kind == "M":
            starts[name] = values[~np.isnat(values)].min()
            parts += _calendar(name, values, starts[name])
        else:
            parts.append(_Part(name, "levels" if _has_few_levels(values) else "number", values, Source(name)))
            if _are_codes(values) and _may_group(values):
                codes[name] = np.unique(values, return_inverse=True)[1].astype(np.float64)
    if parts:
        notes += [f"{part.name} was left out: it numbers the rows" for part in numbering]
    parts = parts or numbering  # the order of the rows may be all that there is to predict from
    if not parts:
        reasons = "; ".join(notes) or "there is none beside the target"
        raise ValueError(f"no feature is left to predict from: {reasons}")
    matrix = np.column_stack([part.values for part in parts])
    names = tuple(part.name for part in parts)
    kept_levels = {name: found for name, found in levels.items() if name in names}
    kinds = tuple(part.kind for part in parts)
    sources = tuple(part.source for part in parts)
    return Features(matrix, names, kinds, kept_levels, tuple(notes), tuple(starts), codes, places + 1, sources, starts)


def category_numbers(values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Text as the numbers of its sorted values, ``MISSING`` where there is none."""
    names = tuple(sorted({str(v) for v in values if v is not None}))
    number = {name: float(i) for i, name in enumerate(names)}
    return np.array([MISSING if v is None else number[v] for v in values]), names


def _refuse_infinite(name: str, values: np.ndarray, places: np.ndarray) -> None:
    if values.dtype.kind == "f" and np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise ValueError(
            f"column {name!r} is {values[row]:g} in row {places[row] + 1}; write the true number, or leave it empty"
        )


def _why_useless(values: np.ndarray) -> str:
    """Why a column can say nothing; "" if it can."""
    if values.dtype == object:
        present = [v for v in values if v is not None]
        different = len(set(present))
        if different == 0:
            return "all its values are missing"
        if different == 1 and len(present) == len(values):
            return f"it is {present[0]!r} in every row"
        if different > IDENTIFIERS and different > 0.5 * len(present):
            return f"an identifier, {different:,} different values in {len(present):,} rows"
        return ""
    present = values[~np.isnat(values)] if values.dtype.kind == "M" else values[~np.isnan(values)]
    if present.size == 0:
        return "all its values are missing"
    if present.size == values.size and present.min() == present.max():
        return f"it is {present[0]} in every row"
    return ""


def _numbers_rows(values: np.ndarray, places: np.ndarray) -> bool:
    """Whether the values are the rows' places in their table, from 0 or 1: consecutive years are not."""
    if values.dtype.kind != "f" or values.size < 3:
        return False
    first = values[0] - places[0]
    return bool(first in (0.0, 1.0) and np.all(values - places == first))


def _is_whole(values: np.ndarray) -> bool:
    present = values[~np.isnan(values)]
    return bool(present.size and np.all(present == np.round(present)))


def _has_few_levels(values: np.ndarray) -> bool:
    """Whether whole numbers have few enough values, each with rows enough, to be categories of a line."""
    if not _is_whole(values):
        return False
    different = np.unique(values[~np.isnan(values)]).size
    return 2 < different <= MOST_LEVELS and values.size >= FEWEST_A_LEVEL * different


def _are_codes(values: np.ndarray) -> bool:
    """Whether whole numbers may be names of groups, and are not measured: without great gaps, or in blocks of rows.

    Codes that jump are met in files that are in their order; amounts jump too, but come in any order.
    """
    if not _is_whole(values):
        return False
    present = values[~np.isnan(values)]
    without_gaps = np.ptp(present) < MOST_GAPS * np.unique(present).size
    return bool(without_gaps or np.all(np.diff(present) >= 0.0))


MOST_GAPS = 3


def _may_group(numbers: np.ndarray) -> bool:
    """Whether rows share values in the manner of several rows of one thing: many groups, or small ones."""
    different = np.unique(numbers).size
    few = different <= MOST_LEVELS and numbers.size >= FEWEST_A_LEVEL * different
    return 5 <= different <= numbers.size // 2 and not few


def _calendar(name: str, values: np.ndarray, first: np.datetime64) -> Iterator[_Part]:
    """The parts of a date that differ, and the days since the first date."""
    for part, numbers in calendar_parts(values, first).items():
        present = numbers[~np.isnan(numbers)]
        if present.min() < present.max():
            kind = "levels" if part != "days" and _has_few_levels(numbers) else "number"
            yield _Part(f"{name}.{part}", kind, numbers, Source(name, part))


PARTS = ("days", "month", "day", "yearday", "weekday", "hour")


def calendar_parts(values: np.ndarray, first: np.datetime64) -> dict[str, np.ndarray]:
    """The parts of moments as numbers, by the names of ``PARTS``, NaN where one is missing; days since the first."""
    is_missing = np.isnat(values)
    day, month, year = (values.astype(f"datetime64[{unit}]") for unit in "DMY")
    parts = (
        (values - first) / np.timedelta64(1, "D"),
        month.astype(np.int64) % 12 + 1.0,
        (day - month).astype(np.int64) + 1.0,
        (day - year).astype(np.int64) + 1.0,  # feasts are on the same day each year
        (day.astype(np.int64) + 3) % 7 + 0.0,
        (values - day).astype("timedelta64[h]").astype(np.float64),
    )
    return {part: np.where(is_missing, np.nan, numbers) for part, numbers in zip(PARTS, parts, strict=True)}
