"""Which rows are trained on and tested: the same folds for every candidate.

Rows that must not be on both sides of a split (copies, and those of a group) are kept in one fold; rows in order of
time are tested after what came before them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from lossary.choosing.comparison.study import Fold

MOST_SPLITS = 3
ENOUGH_HELD = 400
"""Held-out rows that settle a penalty."""
INNER = 0.15
"""The share of a training fold that is held out to stop boosters and networks, and to choose penalties by."""


@dataclass(frozen=True)
class Plan:
    """How rows are split. ``kind`` is "shuffled", "groups" or "time"; ``folds`` may be fewer than asked for."""

    folds: list[Fold]
    kind: str
    notes: tuple[str, ...] = ()


def together(features: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> np.ndarray | None:
    """Numbers shared by rows that must stay in one fold: of a group, or equal; None if all rows differ."""
    if groups is not None:
        return np.unique(groups, return_inverse=True)[1]
    digests = _digests(np.column_stack([features, y]))
    found, number = np.unique(digests, return_inverse=True)
    return None if found.size == digests.size else number


def copies(bound: np.ndarray) -> int:
    """How many rows are there again."""
    return int(bound.size - np.unique(bound).size)


def _digests(rows: np.ndarray) -> np.ndarray:
    """One number for each row; equal rows have equal ones."""
    bits = np.ascontiguousarray(rows + 0.0).view(np.uint64)
    mixed = np.zeros(len(rows), dtype=np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def planned(
    y: np.ndarray,
    classes: int,
    folds: int,
    repeats: int,
    seed: int,
    bound: np.ndarray | None = None,
    grouped: bool = False,
    ordered: bool = False,
) -> Plan:
    """The folds. With ``ordered`` the rows are in order of time; ``bound`` numbers what must stay together."""
    if ordered:
        return _in_time(y, classes, folds)
    notes = []
    strata = y.astype(np.int64) if classes else np.zeros(y.size, dtype=np.int64)
    if classes:
        rarest = int(np.bincount(strata, minlength=classes).min())
        if rarest < folds:
            folds = max(2, rarest)
            notes.append(f"{folds} folds, for the rarest class has {rarest} rows")
    if bound is not None:
        things = int(np.unique(bound).size)
        if things < folds:
            raise ValueError(f"{things} groups cannot be split into {folds} folds; lower --folds, or take other groups")
    found = []
    for repeat in range(repeats):
        found += _once(strata, folds, seed + 7919 * repeat, bound, repeat)
    if classes:
        _refuse_unseen(strata, classes, found)
    return Plan(found, "groups" if grouped else "shuffled", tuple(notes))


def _once(strata: np.ndarray, folds: int, seed: int, bound: np.ndarray | None, repeat: int) -> list[Fold]:
    if bound is None:
        split = StratifiedKFold(folds, shuffle=True, random_state=seed).split(strata, strata)
    else:
        split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(strata, strata, bound)
    return [Fold(train, test, repeat) for train, test in split if test.size and train.size]


def _in_time(y: np.ndarray, classes: int, folds: int) -> Plan:
    found = [Fold(train, test) for train, test in TimeSeriesSplit(folds).split(y)]
    if classes:
        _refuse_unseen(y.astype(np.int64), classes, found)
    return Plan(found, "time", ("each fold is tested on what came after its training rows",))


def _refuse_unseen(strata: np.ndarray, classes: int, folds: list[Fold]) -> None:
    for fold in folds:
        seen = np.bincount(strata[fold.train], minlength=classes)
        if seen.min() == 0:
            raise ValueError(
                f"class number {int(np.argmin(seen))} (in order of names) has no rows in one of the training folds; "
                "join rare classes, or take fewer folds or other groups"
            )


def inner(
    y: np.ndarray, classes: int, seed: int, bound: np.ndarray | None = None, ordered: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Positions within a training fold: those that are learned from, and those held out."""
    rows = y.size
    count = max(1, round(INNER * rows))
    if ordered:
        return np.arange(rows - count), np.arange(rows - count, rows)
    draw = np.random.default_rng(seed)
    if bound is not None:
        things, number = np.unique(bound, return_inverse=True)
        order = draw.permutation(things.size)
        sizes = np.bincount(number)[order]
        # The largest set of groups that does not exceed the share, but one at least.
        held = order[: max(1, int(np.searchsorted(np.cumsum(sizes), count, side="right")))]
        out = np.isin(number, held)
    else:
        out = np.zeros(rows, dtype=bool)
        strata = y.astype(np.int64) if classes else np.zeros(rows, dtype=np.int64)
        for label in np.unique(strata):
            here = draw.permutation(np.flatnonzero(strata == label))
            out[here[: round(INNER * here.size)]] = True
    if not out.any() or out.all():
        out = np.zeros(rows, dtype=bool)
        out[draw.permutation(rows)[:count]] = True
    return np.flatnonzero(~out), np.flatnonzero(out)


def several(
    y: np.ndarray, classes: int, seed: int, bound: np.ndarray | None = None, ordered: bool = False
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """``inner`` as often as it takes to hold a few hundred rows out: one small part says little."""
    first = inner(y, classes, seed, bound, ordered)
    more = 0 if ordered else min(MOST_SPLITS, -(-ENOUGH_HELD // first[1].size)) - 1
    return (first, *(inner(y, classes, seed + 1 + k, bound) for k in range(more)))
