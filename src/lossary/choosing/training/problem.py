"""What all candidates of a comparison share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison.folds import SplitRows
from lossary.choosing.comparison.study import Want
from lossary.choosing.table.features import Features
from lossary.choosing.training.training_set import SMALL_TREES, TreeSettings


@dataclass(frozen=True)
class Problem:
    """What all candidates share: features, targets, weights, the question, and which rows stay together.

    ``groups`` numbers the rows that must stay in one fold, which are those of a named group or copies; None if there
    are none. ``key`` is a digest of the problem, by which results are found again.
    ``trees`` is how boosted trees are grown under every loss.
    """

    features: Features
    y: np.ndarray
    classes: tuple[str, ...]
    weight: np.ndarray | None
    want: Want
    groups: np.ndarray | None
    ordered: bool
    seed: int
    key: str = ""
    trees: TreeSettings = SMALL_TREES

    def split_rows(self, rows: np.ndarray | None = None) -> SplitRows:
        """What a split of some rows, or of all, has to know."""
        y, groups = self.y, self.groups
        if rows is not None:
            y, groups = y[rows], None if groups is None else groups[rows]
        return SplitRows(y, len(self.classes), self.seed, groups, self.ordered)


def subset(problem: Problem, rows: np.ndarray) -> Problem:
    """The problem on some of its rows."""
    return replace(
        problem,
        features=problem.features.taking(rows),
        y=problem.y[rows],
        weight=None if problem.weight is None else problem.weight[rows],
        groups=None if problem.groups is None else problem.groups[rows],
        key="",
    )
