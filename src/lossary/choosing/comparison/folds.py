"""Which rows are trained on and tested: the same folds for every candidate.

Rows that must not be on both sides of a split (copies, and those of a group) are kept in one fold; rows in order of
time are tested after those that came before them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from lossary.choosing.comparison.study import Fold

HELD_OUT_SHARE = 0.15
"""The share of a training fold that is held out to stop boosters and networks, and to choose penalties by."""

ENOUGH_HELD_OUT = 400
"""Held-out rows that settle a penalty."""

MOST_SPLITS = 3


@dataclass(frozen=True)
class SplitRows:
    """The rows to split: their targets, and what a split must respect.

    ``classes`` is the number of classes, 0 for numbers; ``groups`` numbers the rows that must stay together, if there
    are any; ``ordered`` says that the rows are in order of time.
    """

    y: np.ndarray
    classes: int = 0
    seed: int = 0
    groups: np.ndarray | None = None
    ordered: bool = False

    @property
    def strata(self) -> np.ndarray:
        """The classes, of which every fold has its share; all the same for numbers."""
        return self.y.astype(np.int64) if self.classes else np.zeros(self.y.size, dtype=np.int64)


@dataclass(frozen=True)
class FoldPlan:
    """How rows are split. ``kind`` is "shuffled", "groups" or "time"; ``folds`` may be fewer than asked for."""

    folds: list[Fold]
    kind: str
    notes: tuple[str, ...] = ()


def group_numbers(features: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> np.ndarray | None:
    """Numbers shared by rows that must stay in one fold: of a group, or equal; None if all rows differ."""
    if groups is not None:
        return np.unique(groups, return_inverse=True)[1]
    digests = _digests(np.column_stack([features, y]))
    distinct, numbers = np.unique(digests, return_inverse=True)
    return None if distinct.size == digests.size else numbers


def count_copies(numbers: np.ndarray) -> int:
    """How many rows share their number with an earlier one."""
    return int(numbers.size - np.unique(numbers).size)


def _digests(rows: np.ndarray) -> np.ndarray:
    """One number for each row; equal rows have equal ones."""
    bits = np.ascontiguousarray(rows + 0.0).view(np.uint64)
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


# The folds of the comparison.


def plan_folds(rows: SplitRows, folds: int, repeats: int, named_groups: bool = False) -> FoldPlan:
    """The folds of every repeat. ``named_groups``: the groups were named by the user, and are not mere copies."""
    if rows.ordered:
        return _in_time(rows, folds)
    notes = []
    if rows.classes:
        rarest = int(np.bincount(rows.strata, minlength=rows.classes).min())
        if rarest < folds:
            folds = max(2, rarest)
            notes.append(f"{folds} folds, for the rarest class has {rarest} rows")
    if rows.groups is not None:
        groups = int(np.unique(rows.groups).size)
        if groups < folds:
            raise ValueError(f"{groups} groups cannot be split into {folds} folds; lower --folds, or take other groups")
    planned = []
    for repeat in range(repeats):
        planned += _shuffled(rows, folds, repeat)
    _refuse_unseen_classes(rows, planned)
    return FoldPlan(planned, "groups" if named_groups else "shuffled", tuple(notes))


def _shuffled(rows: SplitRows, folds: int, repeat: int) -> list[Fold]:
    strata, seed = rows.strata, rows.seed + 7919 * repeat
    if rows.groups is None:
        splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(strata, strata)
    else:
        splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(strata, strata, rows.groups)
    return [Fold(train, test, repeat) for train, test in splits if test.size and train.size]


def _in_time(rows: SplitRows, folds: int) -> FoldPlan:
    planned = [Fold(train, test) for train, test in TimeSeriesSplit(folds).split(rows.y)]
    _refuse_unseen_classes(rows, planned)
    return FoldPlan(planned, "time", ("each fold is tested on what came after its training rows",))


def _refuse_unseen_classes(rows: SplitRows, folds: list[Fold]) -> None:
    if not rows.classes:
        return
    for fold in folds:
        counts = np.bincount(rows.strata[fold.train], minlength=rows.classes)
        if counts.min() == 0:
            raise ValueError(
                f"class number {int(np.argmin(counts))} (in order of names) has no rows in one of the training folds; "
                "join rare classes, or take fewer folds or other groups"
            )


# Within a training fold.


def held_out_split(rows: SplitRows) -> tuple[np.ndarray, np.ndarray]:
    """Positions within a training fold: of the rows to learn from, and of those held out."""
    size = rows.y.size
    count = max(1, round(HELD_OUT_SHARE * size))
    if rows.ordered:
        return np.arange(size - count), np.arange(size - count, size)
    draw = np.random.default_rng(rows.seed)
    held_out = _draw_rows(rows, draw) if rows.groups is None else _draw_groups(rows.groups, count, draw)
    if not held_out.any() or held_out.all():
        held_out = np.zeros(size, dtype=bool)
        held_out[draw.permutation(size)[:count]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _draw_groups(groups: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    """Whole groups: as many as do not exceed ``count`` rows, but one at least."""
    distinct, numbers = np.unique(groups, return_inverse=True)
    order = draw.permutation(distinct.size)
    sizes = np.bincount(numbers)[order]
    drawn = order[: max(1, int(np.searchsorted(np.cumsum(sizes), count, side="right")))]
    return np.isin(numbers, drawn)


def _draw_rows(rows: SplitRows, draw: np.random.Generator) -> np.ndarray:
    """The same share of every class."""
    held_out, strata = np.zeros(rows.y.size, dtype=bool), rows.strata
    for label in np.unique(strata):
        members = draw.permutation(np.flatnonzero(strata == label))
        held_out[members[: round(HELD_OUT_SHARE * members.size)]] = True
    return held_out


def held_out_splits(rows: SplitRows) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """``held_out_split`` as often as it takes to hold out a few hundred rows: one small part says little."""
    first = held_out_split(rows)
    more = 0 if rows.ordered else min(MOST_SPLITS, -(-ENOUGH_HELD_OUT // first[1].size)) - 1
    return (first, *(held_out_split(replace(rows, seed=rows.seed + 1 + extra)) for extra in range(more)))
