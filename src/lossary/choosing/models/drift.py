"""Which columns are not as they were in training: told by counts that rows of a stream add to.

A change is told if it is larger than nobody minds, and if luck would hardly ever make it in any column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lossary.choosing.models.summaries import EPOCH, LEVELS, Summary
from lossary.choosing.models.tables import CATEGORY, DATE, Cells, Column
from lossary.choosing.table.features import MISSING, UNSEEN

LUCK = 0.01
"""How often a table like the training's is said to have drifted, at most."""

MISSING_CHANGE, SHARE_CHANGE, OUTSIDE = 0.05, 0.1, 0.01
"""Changes that nobody minds: in the share of missing cells, in shares of values, and of values never seen."""


@dataclass(frozen=True)
class Drift:
    """How a column differs from the training's.

    ``what`` is "missing", "range", "distribution", "unseen" or "categories"; ``share`` of the cells (of those that are
    there) were so, ``before`` in training; ``text`` is a sentence.
    """

    column: str
    what: str
    share: float
    before: float
    text: str


class Drifts:
    """The counts of all columns that a model needs."""

    def __init__(self, columns: tuple[Column, ...], summaries: Mapping[str, Summary]) -> None:
        self._counts = {
            column: (Categories if column.kind == CATEGORY else Numbers)(column, summaries[column.name])
            for column in columns
            if column.name in summaries
        }

    def add(self, cells: Cells) -> None:
        """Count the cells of some rows."""
        for column, counts in self._counts.items():
            counts.add(cells.by_column[column].values)

    def found(self) -> tuple[Drift, ...]:
        """What changed, the largest changes first."""
        luck = LUCK / (4.0 * max(1, len(self._counts)))  # four questions a column, at most
        drifts = [drift for counts in self._counts.values() for drift in counts.drifts(luck)]
        return tuple(sorted(drifts, key=lambda drift: -abs(drift.share - drift.before)))


class Numbers:
    """How many values of a column of numbers or dates lie where, between the quantiles of the training."""

    def __init__(self, column: Column, summary: Summary) -> None:
        self.column, self.summary = column, summary
        self.marks, first, count = np.unique(summary.quantiles, return_index=True, return_counts=True)
        levels = np.array(LEVELS)
        # Values that are several quantiles were that common: their share lies between the levels of the first and last.
        self.least: np.ndarray = levels[first]
        self.most: np.ndarray = levels[first + count - 1]
        self.rows = self.missing = 0
        self.below, self.up_to = (np.zeros(self.marks.size + 1, dtype=np.int64) for _ in range(2))

    def add(self, values: np.ndarray) -> None:
        """Count values, NaN or NaT where missing."""
        numbers = (values - EPOCH) / np.timedelta64(1, "D") if values.dtype.kind == "M" else values
        present = numbers[~np.isnan(numbers)]
        self.rows += numbers.size
        self.missing += numbers.size - present.size
        for counts, side in ((self.below, "right"), (self.up_to, "left")):
            places = np.searchsorted(self.marks, present, side=side)  # type: ignore[call-overload]
            counts += np.bincount(places, minlength=counts.size)

    def drifts(self, luck: float) -> Iterator[Drift]:
        """What changed, where luck makes as much with this probability at most."""
        yield from missing_drift(self.column, self.summary, self.rows, self.missing, luck)
        new, old = self.rows - self.missing, self.summary.rows - self.summary.missing
        if not new or not old:
            return
        outside = list(self._range(new, old, luck))
        yield from outside or self._distribution(new, old, luck)

    def _range(self, new: int, old: int, luck: float) -> Iterator[Drift]:
        ends = ((self.below[0], "below", self.marks[0], "least"), (self.up_to[-1], "above", self.marks[-1], "most"))
        for count, where, end, which in ends:
            if count > OUTSIDE * new and (new / (new + old)) ** int(count) < luck:
                words = {"below": "before", "above": "after"}[where] if self.column.kind == DATE else where
                extreme = {"least": "first", "most": "last"}[which] if self.column.kind == DATE else which
                text = (
                    f"{count / new:.1%} of the values are {words} {self._shown(end)}, the {extreme} that training had"
                )
                yield Drift(self.column.name, "range", float(count / new), 0.0, text)

    def _distribution(self, new: int, old: int, luck: float) -> Iterator[Drift]:
        """The largest gap between shares up to a quantile (Kolmogorov and Smirnov), as far as quantiles tell."""
        below, up_to = np.cumsum(self.below)[:-1] / new, np.cumsum(self.up_to)[:-1] / new
        fewer, more = self.most - up_to, below - self.least
        gaps = np.maximum(fewer, more)
        place = int(np.argmax(gaps))
        by_luck = float(np.sqrt(-0.5 * np.log(luck / 2.0) * (new + old) / (new * old)))
        if gaps[place] > max(SHARE_CHANGE, by_luck):
            is_fewer = fewer[place] >= more[place]
            share, before = (up_to, self.most) if is_fewer else (below, self.least)
            how = "at most" if is_fewer else "less than"
            if self.column.kind == DATE:
                how = "no later than" if is_fewer else "before"
            text = (
                f"{share[place]:.1%} of the values are {how} {self._shown(self.marks[place])}; in training "
                f"{before[place]:.0%} were"
            )
            yield Drift(self.column.name, "distribution", float(share[place]), float(before[place]), text)

    def _shown(self, mark: float) -> str:
        if self.column.kind != DATE:
            return f"{mark:.6g}"
        return str((EPOCH + np.timedelta64(round(float(mark) * 86_400_000_000), "us")).astype("datetime64[D]"))


class Categories:
    """How many cells of a column hold which category."""

    def __init__(self, column: Column, summary: Summary) -> None:
        self.column, self.summary = column, summary
        self.rows = self.missing = self.unseen = 0
        self.counts = np.zeros(len(column.levels), dtype=np.int64)

    def add(self, places: np.ndarray) -> None:
        """Count the numbers of categories."""
        known = places[(places != MISSING) & (places != UNSEEN)]
        self.rows += places.size
        self.missing += int(np.count_nonzero(places == MISSING))
        self.unseen += int(np.count_nonzero(places == UNSEEN))
        self.counts += np.bincount(known.astype(np.int64), minlength=self.counts.size)

    def drifts(self, luck: float) -> Iterator[Drift]:
        """What changed, where luck makes as much with this probability at most."""
        yield from missing_drift(self.column, self.summary, self.rows, self.missing, luck)
        new, old = self.rows - self.missing, self.summary.rows - self.summary.missing
        if not new or not old:
            return
        if self.unseen > OUTSIDE * new and (new / (new + old)) ** self.unseen < luck:
            text = f"{self.unseen / new:.1%} of the values are of categories that training had not"
            yield Drift(self.column.name, "unseen", self.unseen / new, 0.0, text)
        yield from self._shares(new, old, luck)

    def _shares(self, new: int, old: int, luck: float) -> Iterator[Drift]:
        """Shares of the commonest categories and of all others together, by a chi-squared test."""
        by_level = dict(zip(self.column.levels, self.counts.tolist(), strict=True))
        names = list(self.summary.shares)
        now = np.array([by_level.get(name, 0) for name in names], dtype=np.float64)
        before = np.array([self.summary.shares[name] for name in names])
        counts = np.array([[*now, new - now.sum()], [*(before * old), max(0.0, old * (1.0 - before.sum()))]])
        counts = counts[:, counts.sum(axis=0) > 0.5]
        if counts.shape[1] < 2 or not names:
            return
        apart = 0.5 * float(np.abs(counts[0] / new - counts[1] / old).sum())
        if apart <= SHARE_CHANGE or float(stats.chi2_contingency(counts, correction=False).pvalue) >= luck:
            return
        place = int(np.argmax(np.abs(now / new - before)))
        text = f"{now[place] / new:.1%} of the values are {names[place]!r}; in training {before[place]:.1%} were"
        yield Drift(self.column.name, "categories", float(now[place] / new), float(before[place]), text)


def missing_drift(column: Column, summary: Summary, rows: int, missing: int, luck: float) -> Iterator[Drift]:
    """Whether more cells are missing, or fewer, than in training."""
    if not rows or not summary.rows:
        return
    share, before = missing / rows, summary.missing / summary.rows
    pooled = (missing + summary.missing) / (rows + summary.rows)
    error = float(np.sqrt(pooled * (1.0 - pooled) * (1.0 / rows + 1.0 / summary.rows)))
    if abs(share - before) > max(MISSING_CHANGE, -float(stats.norm.ppf(luck / 2.0)) * error):
        yield Drift(
            column.name, "missing", share, before, f"{share:.1%} of the cells are empty; in training {before:.1%} were"
        )
