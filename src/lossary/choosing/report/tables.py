"""The tables of a report as strings: what a table is, and those of single rows of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.choosing.judging.decide import Decision
from lossary.choosing.report.largest_losses import largest_losses
from lossary.choosing.report.supplement import Supplement
from lossary.choosing.report.words import clean, number, percent, short

WIDEST = 90
"""Characters of a name or value in a cell or a title."""
WIDEST_ON_PHONE = 34
"""Characters of all columns together that fit side by side."""


@dataclass(frozen=True)
class Table:
    """Headings and rows of cells; ``numeric`` columns stand to the right, ``marked`` rows stand out.

    On a phone ``brief`` columns are shown at first, the others on request; none named, all are. ``keys`` of rows are
    those of the same thing in pictures.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    marked: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    brief: tuple[bool, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether a phone has no room for the columns beside each other."""
        columns = zip(self.headings, *self.rows, strict=True)
        widths = (max(_longest_word(heading), *map(len, cells)) for heading, *cells in columns if cells)
        return len(self.headings) > 4 or sum(widths) > WIDEST_ON_PHONE


def _longest_word(heading: str) -> int:
    return max(map(len, heading.replace("_", "_ ").split()), default=0)


def worst_rows_table(decision: Decision, target: str) -> Table | None:
    """The rows that cost the recommended candidate (or the best) most, by the yardstick that decides."""
    costly_rows = largest_losses(decision)
    if not costly_rows:
        return None
    cells = []
    for costly in costly_rows:
        predicted = " to ".join(number(p) for p in costly.predicted[:4])
        observed = _data_value(costly.target) if isinstance(costly.target, float) else clean(costly.target)
        cells.append((str(costly.row), observed, predicted, percent(costly.share)))
    candidate, score = short(decision.study.name_of(decision.shown_label), WIDEST), decision.leaderboard.primary.name
    headings = ("row", target, f"predicted by {candidate}", f"share of the whole {score}")
    return Table(headings, tuple(cells), (True, True, True, True), notes=(_numbering_note(decision),))


def _numbering_note(decision: Decision) -> str:
    """How rows are numbered: as a person counts them."""
    order = "in order of time, and " if decision.study.ordered else ""
    return f"Rows are numbered from 1, {order}without those that took no part, such as rows without a target."


def importances_table(supplement: Supplement) -> Table | None:
    """How much worse predictions score with each column shuffled; None where that was not looked at."""
    if supplement.explanation is None:
        return None
    found = supplement.explanation.importances
    rows = tuple(
        (short(e.column, WIDEST), number(e.increase, 3), f"{number(e.low, 3)} to {number(e.high, 3)}")
        for e in found.columns
    )
    return Table(
        ("column", f"{found.yardstick} more", "95% interval"), rows, (False, True, True), notes=(found.in_words(),)
    )


def influential_rows_table(supplement: Supplement) -> Table | None:
    """The rows that a linear fit depends on most, with their values; None where there are none to show."""
    if not supplement.influential:
        return None
    names = list(dict.fromkeys(name for row in supplement.influential for name in row.values))[:8]
    headings = ("row", short(supplement.influence), "why", *(short(name) for name in names))
    rows = tuple(
        (str(row.row), number(row.influence), clean(row.why), *(_cell(row.values.get(name)) for name in names))
        for row in supplement.influential
    )
    return Table(headings, rows, (True, True, False, *[False] * len(names)))


def _cell(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return _data_value(float(value))
    return "-" if value is None else short(value, WIDEST)


def _data_value(value: float) -> str:
    """A value of the data: a whole one as it is."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e9 else number(value)
