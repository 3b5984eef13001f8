"""What all candidates of a comparison share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison.study import Want
from lossary.choosing.table.features import Features


@dataclass(frozen=True)
class Problem:
    """What all candidates share: features, targets, weights, the question, and what must stay together.

    ``key`` is a digest of all of it: by it results are found again.
    """

    features: Features
    y: np.ndarray
    classes: tuple[str, ...]
    weight: np.ndarray | None
    want: Want
    bound: np.ndarray | None
    ordered: bool
    seed: int
    key: str = ""


def subset(problem: Problem, rows: np.ndarray) -> Problem:
    """The problem on some of its rows."""
    return replace(
        problem,
        features=problem.features.taking(rows),
        y=problem.y[rows],
        weight=None if problem.weight is None else problem.weight[rows],
        bound=None if problem.bound is None else problem.bound[rows],
        key="",
    )
