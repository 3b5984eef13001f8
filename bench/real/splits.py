"""Which rows are held out: any, whole groups, or the last; the same in a trial and inside a rival's own validation."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit

from bench.real.loading import Table

HELD_OUT = 0.3
LATER = 0.15
"""By how much of the rows the second window of time ends before the first."""

Split = tuple[np.ndarray, np.ndarray]


def held_out(name: str, table: Table, of_classes: bool, repeat: int, share: float = HELD_OUT) -> Split:
    """Row numbers to train on and to test on; the same whenever it is asked for."""
    if table.times is not None:
        return _by_time(table.times, repeat, share)
    seed = int.from_bytes(hashlib.sha256(f"{name} {repeat}".encode()).digest()[:4], "big")
    return next(drawn(table, of_classes, share, seed))


def drawn(table: Table, of_classes: bool, share: float, seed: int) -> Iterator[Split]:
    """Random splits, of rows or of whole groups; of classes each has every class among the training rows."""
    for attempt in itertools.count():
        split = _drawn(table, of_classes, share, (seed + attempt) % 2**32)
        if not of_classes or len(np.unique(table.y[split[0]])) == len(np.unique(table.y)):
            yield split


def _drawn(table: Table, of_classes: bool, share: float, seed: int) -> Split:
    rows = np.arange(table.y.size)
    if table.groups is not None:
        splitter = GroupShuffleSplit(1, test_size=share, random_state=seed)
        train, test = next(splitter.split(rows, groups=table.groups))
    elif of_classes:
        train, test = next(StratifiedShuffleSplit(1, test_size=share, random_state=seed).split(rows, table.y))
    else:
        train, test = next(ShuffleSplit(1, test_size=share, random_state=seed).split(rows))
    return np.sort(train), np.sort(test)


def _by_time(times: np.ndarray, repeat: int, share: float) -> Split:
    """The last rows are tested; a repeat ends its window earlier. A moment is not cut in two."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    end = round(times.size * (1.0 - LATER * repeat))
    cut = int(np.searchsorted(ordered, ordered[round(end - share * times.size)]))
    return order[:cut], order[cut:end]


def folds(table: Table, of_classes: bool, count: int, seed: int) -> list[Split]:
    """Folds of training rows, split as the held-out rows were."""
    rows = np.arange(table.y.size)
    if table.times is not None:
        edges = np.linspace(table.y.size / (count + 1), table.y.size, count + 1).astype(int)
        return [(rows[:a], rows[a:b]) for a, b in itertools.pairwise(edges)]
    random = np.random.default_rng(seed)
    if table.groups is not None:
        numbers = np.unique(table.groups, return_inverse=True)[1]
        which = (random.permutation(numbers.max() + 1) % count)[numbers]
    elif of_classes:
        # Dealt out class by class, so that folds have the same shares of each.
        order = np.lexsort((random.permutation(rows.size), table.y))
        which = np.empty(rows.size, dtype=np.int64)
        which[order] = rows % count
    else:
        which = random.permutation(rows.size) % count
    return [(np.flatnonzero(which != k), np.flatnonzero(which == k)) for k in range(count)]
