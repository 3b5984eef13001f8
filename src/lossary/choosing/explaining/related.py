"""Columns that nearly follow from each other: shuffling one leaves most of what it tells in the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from lossary.choosing.explaining.columns import TableColumn
from lossary.choosing.table.features import MISSING
from lossary.choosing.training.problem import Problem

NEARLY = 0.8
"""The share of a column's variation on unseen rows that tells that it nearly follows from another."""
ROWS = 1000
LEAVES = 32


def related_columns(
    problem: Problem, columns: Sequence[TableColumn], idle: Sequence[TableColumn] = ()
) -> tuple[str, ...]:
    """A sentence for each pair of these columns, or of one and an idle one, that nearly follow from each other."""
    draw = np.random.default_rng(problem.seed)
    size = min(ROWS, problem.y.size)
    rows = draw.permutation(problem.y.size)[:size]
    cells = np.nan_to_num(problem.features.matrix[rows], nan=MISSING)
    sentences = []
    for one, other in [*combinations(columns, 2), *product(columns, idle)]:
        share = max(_share_told(cells, one, other), _share_told(cells, other, one))
        if share >= NEARLY:
            sentences.append(
                f"{one.name} and {other.name} nearly follow from each other (one tells {share:.0%} of the other's "
                "variation): shuffling either leaves what it tells in the other, so each looks less important than it "
                "is, and which of them the model uses is partly luck."
            )
    return tuple(sentences)


def _share_told(cells: np.ndarray, by: TableColumn, of: TableColumn) -> float:
    """What a small tree of one column tells of another's variation, on the half of the rows that it has not seen."""
    x, y = cells[:, by.positions], cells[:, of.positions[0]]
    half = len(y) // 2
    if of.kind == "category":
        tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, min_samples_leaf=5, random_state=0)
        wrong = tree.fit(x[:half], y[:half]).predict(x[half:]) != y[half:]
        values, counts = np.unique(y[:half], return_counts=True)
        without = np.mean(y[half:] != values[np.argmax(counts)])
        return 1.0 - float(np.mean(wrong)) / float(without) if without > 0.0 else 0.0
    ranks = np.argsort(np.argsort(y, kind="stable"), kind="stable").astype(np.float64)  # far values decide nothing
    regression = DecisionTreeRegressor(max_leaf_nodes=LEAVES, min_samples_leaf=5, random_state=0)
    error = regression.fit(x[:half], ranks[:half]).predict(x[half:]) - ranks[half:]
    without = np.mean((ranks[half:] - ranks[:half].mean()) ** 2)
    return 1.0 - float(np.mean(error**2)) / float(without) if without > 0.0 else 0.0
