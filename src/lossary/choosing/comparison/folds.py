"""Which rows are trained on and tested: the same folds for every candidate.

Rows that must not be on both sides of a split (copies, and those of a group) are kept in one fold; rows in order of
time are tested after those that came before them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from lossary.choosing.comparison.study import Fold

PARTS = 5
HELD_OUT_SHARE = 1.0 / PARTS
"""The share of a training fold that is held out at a time: to stop boosters and networks, and to choose penalties."""

ENOUGH_HELD_OUT = 400
"""Held-out rows that settle a penalty, and when to stop."""


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
    """Parts of the later half, each after all that came before: few rows say little of what all will teach."""
    tested = max(1, rows.y.size // (2 * folds))
    planned = [Fold(train, test) for train, test in TimeSeriesSplit(folds, test_size=tested).split(rows.y)]
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


def held_out_splits(rows: SplitRows) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Pairs of positions within a training fold: of the rows to learn from, and of those held out.

    A fifth is held out at a time, no row twice, and as many fifths as it takes to hold out some ``ENOUGH_HELD_OUT``
    rows: few rows say little. Of classes the rarest counts. Rows in order of time have their last fifth held out.
    """
    size = rows.y.size
    if rows.ordered:
        first = size - max(1, round(HELD_OUT_SHARE * size))
        return ((np.arange(first), np.arange(first, size)),)
    part = _dealt_rows(rows) if rows.groups is None else _dealt_groups(rows)
    splits = [(np.flatnonzero(part != each), np.flatnonzero(part == each)) for each in range(PARTS)]
    usable = [(learned, held) for learned, held in splits if held.size and _has_all_classes(rows, learned)]
    if not usable:
        part = _dealt_rows(SplitRows(np.zeros(size), seed=rows.seed))
        usable = [(np.flatnonzero(part != 0), np.flatnonzero(part == 0))]
    return tuple(usable[: parts_held_out(rows)])


def parts_held_out(rows: SplitRows) -> int:
    """How many fifths of some rows are held out, one after another."""
    if rows.ordered:
        return 1
    return min(PARTS, max(1, -(-ENOUGH_HELD_OUT // max(1, _telling_rows(rows) // PARTS))))


def _telling_rows(rows: SplitRows) -> int:
    """How many rows say something: of classes as many as if each had no more than the rarest."""
    if not rows.classes:
        return rows.y.size
    sizes = np.bincount(rows.strata, minlength=rows.classes)
    return int(sizes[sizes > 0].min()) * rows.classes


def _has_all_classes(rows: SplitRows, learned: np.ndarray) -> bool:
    return bool(learned.size) and np.unique(rows.strata[learned]).size == np.unique(rows.strata).size


def _dealt_rows(rows: SplitRows) -> np.ndarray:
    """The part of each row, of every class alike; a class of one row is in none, and so never held out."""
    draw = np.random.default_rng(rows.seed)
    part, dealt = np.full(rows.y.size, -1), 0
    for label in np.unique(rows.strata):
        members = draw.permutation(np.flatnonzero(rows.strata == label))
        if members.size > 1:
            part[members] = (dealt + np.arange(members.size)) % PARTS
            dealt += members.size
    return part


def _dealt_groups(rows: SplitRows) -> np.ndarray:
    """The part of each row, whole groups together."""
    assert rows.groups is not None
    groups = int(np.unique(rows.groups).size)
    if groups < 2:
        return np.full(rows.y.size, -1)
    # There may be no more parts than rows of the commonest class.
    parts = min(PARTS, groups, int(np.unique(rows.strata, return_counts=True)[1].max()))
    if parts < 2:
        return np.full(rows.y.size, -1)
    splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=rows.seed)
    part = np.full(rows.y.size, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class may have fewer rows than there are parts
        for each, (_, held) in enumerate(splitter.split(rows.strata, rows.strata, rows.groups)):
            part[held] = each
    return part
