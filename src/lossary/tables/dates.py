"""Dates and moments in text: one order of day and month for a whole column, or none."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

SAMPLE = 200
"""Cells that are looked at before a column is taken for one of dates and parsed as a whole."""

_TIME = r"[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?:\s?([AaPp])\.?[Mm]\.?)?(?:Z|\s?[-+]\d{2}:?\d{2})?$"
_SHAPES = {
    r"^\d{4}-\d{2}-00$": ("%Y-%m-00",),
    r"^\d{4}-\d{1,2}-\d{1,2}$": ("%Y-%m-%d",),
    r"^\d{1,2}-\d{1,2}-\d{4}$": ("%m-%d-%Y", "%d-%m-%Y"),
    r"^\d{1,2}-\d{1,2}-\d{2}$": ("%m-%d-%y", "%d-%m-%y"),
    r"^\d{1,2}-[A-Za-z]{3,}-\d{4}$": ("%d-%B-%Y",),
    r"^\d{1,2}-[A-Za-z]{3,}-\d{2}$": ("%d-%b-%y",),
    r"^[A-Za-z]{3,}-\d{1,2}-\d{4}$": ("%B-%d-%Y",),
}
"""How dates look, parts joined by hyphens, and the formats that such may be in: where there are two, month first."""

ISO = "%Y-%m-%d"
ORDERS = ("month", "day")
FORMS = tuple(form for forms in _SHAPES.values() for form in forms)
"""All ways to write a date, each a format of ``strptime``."""


@dataclass(frozen=True)
class Dates:
    """Moments, null where a cell is none.

    ``form`` is how they are written. Of dates in numbers with the year last, ``first`` is "day" or "month", and
    ``other`` the moments of the other order (None where only one is in use).
    """

    moments: pl.Series
    form: str
    first: str = ""
    other: pl.Series | None = None


def dates_of(cells: pl.Series, share: float) -> Dates | None:
    """The dates that trimmed cells hold, if at least this share of those that are there are dates; else None."""
    head = _days_in(cells.drop_nulls().head(SAMPLE))
    shape = next((s for s in _SHAPES if head.len() and head.str.contains(s).sum() >= share * head.len()), None)
    if shape is None:
        return None
    days, clock = _days_in(cells), _clock(cells)
    days = days.set(~days.str.contains(shape).fill_null(value=False), None)
    present = cells.len() - cells.null_count()
    forms = _SHAPES[shape]
    readings = [_moments(days, clock, form) for form in forms]
    if (~readings[0].is_null() | ~readings[-1].is_null()).sum() < share * present:
        return None
    if len(readings) == 1:
        return Dates(readings[0], forms[0])
    by_order, form_of = dict(zip(ORDERS, readings, strict=True)), dict(zip(ORDERS, forms, strict=True))
    if bool(cells.str.contains(r"^\d{1,2}\.").any()):  # nobody writes the month first before a full stop
        return Dates(by_order["day"], form_of["day"], "day")
    first, second = sorted(by_order, key=lambda order: by_order[order].null_count())
    return Dates(by_order[first], form_of[first], first, by_order[second])


def moments_in(cells: pl.Series, form: str) -> pl.Series:
    """The moments that trimmed cells say in one of ``FORMS``, null where a cell is not in it."""
    shape = next(shape for shape, forms in _SHAPES.items() if form in forms)
    days = _days_in(cells)
    days = days.set(~days.str.contains(shape).fill_null(value=False), None)
    return _moments(days, _clock(cells), form)


def _days_in(cells: pl.Series) -> pl.Series:
    """The dates alone, with hyphens between their parts: of a month alone, the day is 00."""
    days = cells.str.replace(_TIME, "").str.replace_all(r",?\s+|[/.]", "-")
    return days.str.replace(r"^(\d{4}-\d{2})$", "$1-00")


def _clock(cells: pl.Series) -> pl.Series:
    """The time of day in microseconds; where a zone is named, that of its clocks."""
    frame = cells.str.extract_groups(_TIME).struct.unnest()
    hours, minutes, seconds, half = (frame[name] for name in frame.columns)
    hour = hours.cast(pl.Int64, strict=False).fill_null(0)
    shown = half.str.to_lowercase().fill_null("")
    hour = hour.set((shown == "a") & (hour == 12), 0).set((shown == "p") & (hour < 12), None)
    hour = hour.fill_null(hours.cast(pl.Int64, strict=False) + 12)
    second = seconds.cast(pl.Float64, strict=False).fill_null(0.0)
    minute = minutes.cast(pl.Int64, strict=False).fill_null(0)
    valid = (hour < 24) & (minute < 60) & (second < 61.0)
    clock = (hour * 60 + minute) * 60_000_000 + (second * 1e6).round().cast(pl.Int64)
    return clock.set(~valid, None)


def _moments(days: pl.Series, clock: pl.Series, form: str) -> pl.Series:
    if form.endswith("-00"):
        days, form = days.str.replace(r"-00$", "-01"), "%Y-%m-%d"
    midnight = days.str.strptime(pl.Date, form, strict=False).cast(pl.Datetime("us"))
    return midnight + clock.cast(pl.Duration("us"))
