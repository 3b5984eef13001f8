"""A quick flexible fit, out of fold: its residuals are what diagnostics look at and what sets losses' parameters.

Small histogram-boosted trees of scikit-learn. Where rows are few a ridge regression is fitted as well, and the better
of the two is taken: trees need rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from lossary.choosing.diagnosis.screening import strongest, target_columns
from lossary.choosing.table.encoding import encoder
from lossary.choosing.table.task import Task
from lossary.choosing.training.problem import Problem
from lossary.evaluate.registry import get

MOST_ROWS = 10_000
"""More rows than this tell a pilot nothing more: it takes a part of them."""

MOST_COLUMNS = 100
"""Of more columns each fit takes those that correlate most with its training rows' targets."""

SMALL = 1000
FOLDS = 3
NORMAL_MAD = 0.6744897501960817


@dataclass(frozen=True)
class Pilot:
    """Out-of-fold predictions of the rows ``rows``: the mean and the median of a number, or class probabilities.

    ``spread`` is the median absolute residual of the median fit over 0.6745: sigma, if residuals were normal.
    """

    rows: np.ndarray
    y: np.ndarray
    mean: np.ndarray
    median: np.ndarray
    probabilities: np.ndarray
    spread: float

    @property
    def residuals(self) -> np.ndarray:
        """Targets minus the median fit."""
        return self.y - self.median


def pilot(problem: Problem, task: Task) -> Pilot:
    """Out-of-fold predictions of small boosted trees."""
    rows = np.arange(problem.y.size)
    if rows.size > MOST_ROWS:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows.size, MOST_ROWS, replace=False))
    y = problem.y[rows]
    splits = _splits(problem, task, rows)
    none = np.empty(0)
    if not task.is_number:
        return Pilot(rows, y, none, none, _probabilities(problem, rows, y, splits, len(task.classes)), float("nan"))
    encoded = [_Encoded.of(problem, rows[train], rows[test]) for train, test in splits]
    mean = _numbers(encoded, splits, y, "squared_error", problem.seed)
    median = _numbers(encoded, splits, y, "absolute_error", problem.seed)
    sizes = np.abs(y - median)
    spread = float(np.median(sizes)) / NORMAL_MAD or float(sizes.mean()) or 1.0
    return Pilot(rows, y, mean, median, none, spread)


def _splits(problem: Problem, task: Task, rows: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    y = problem.y[rows]
    groups = None if problem.groups is None else problem.groups[rows]
    if groups is not None and np.unique(groups).size >= FOLDS:
        return list(GroupKFold(FOLDS, shuffle=True, random_state=problem.seed).split(y, y, groups))
    if task.is_number:
        return list(KFold(FOLDS, shuffle=True, random_state=problem.seed).split(y))
    folds = min(FOLDS, int(np.bincount(y.astype(np.int64))[np.unique(y.astype(np.int64))].min()))
    return list(StratifiedKFold(max(folds, 2), shuffle=True, random_state=problem.seed).split(y, y))


def _encoded(problem: Problem, train: np.ndarray, test: np.ndarray, for_trees: bool) -> tuple[np.ndarray, np.ndarray]:
    encode = encoder(problem.features, train, for_trees)
    matrix, test_matrix = encode(problem.features.matrix[train]), encode(problem.features.matrix[test])
    if matrix.shape[1] <= MOST_COLUMNS:
        return matrix, test_matrix
    columns = strongest(matrix, target_columns(problem.y[train], len(problem.classes)), MOST_COLUMNS)
    return matrix[:, columns], test_matrix[:, columns]


def _tree_sizes(rows: int) -> dict[str, int]:
    return {"max_iter": 60, "max_leaf_nodes": 15, "min_samples_leaf": max(5, min(20, rows // 40))}


@dataclass(frozen=True)
class _Encoded:
    """The matrices of a split's training and test rows, for trees and for a line: none where rows are many."""

    for_trees: tuple[np.ndarray, np.ndarray]
    for_line: tuple[np.ndarray, np.ndarray] | None

    @classmethod
    def of(cls, problem: Problem, train: np.ndarray, test: np.ndarray) -> _Encoded:
        with_line = train.size + test.size < SMALL
        line = _encoded(problem, train, test, for_trees=False) if with_line else None
        return cls(_encoded(problem, train, test, for_trees=True), line)


def _numbers(
    encoded: list[_Encoded], splits: list[tuple[np.ndarray, np.ndarray]], y: np.ndarray, loss: str, seed: int
) -> np.ndarray:
    """Out-of-fold predictions of numbers, of trees or a line: where rows are few, of the one with the lower cost."""
    by_trees, by_line = np.empty(y.size), np.full(y.size, np.nan)
    for (train, test), matrices in zip(splits, encoded, strict=True):
        trees = HistGradientBoostingRegressor(
            loss=loss, early_stopping=False, random_state=seed, **_tree_sizes(train.size)
        )
        by_trees[test] = trees.fit(matrices.for_trees[0], y[train]).predict(matrices.for_trees[1])
        if matrices.for_line is not None:
            by_line[test] = _line(matrices.for_line[0], y[train], matrices.for_line[1], loss)
    cost = get(loss).cost
    return by_trees if np.isnan(by_line).all() or cost(y, by_trees) <= cost(y, by_line) else by_line


def _line(matrix: np.ndarray, y: np.ndarray, test_matrix: np.ndarray, loss: str) -> np.ndarray:
    ridge = RidgeCV(np.logspace(-3, 3, 7)).fit(matrix, y)
    predictions = np.asarray(ridge.predict(test_matrix))
    if loss == "squared_error":
        return predictions
    # The line of the mean, moved to the median.
    return predictions + np.median(y - ridge.predict(matrix))


def _probabilities(
    problem: Problem, rows: np.ndarray, y: np.ndarray, splits: list[tuple[np.ndarray, np.ndarray]], classes: int
) -> np.ndarray:
    probabilities = np.zeros((y.size, classes))
    for train, test in splits:
        matrix, test_matrix = _encoded(problem, rows[train], rows[test], for_trees=True)
        trees = HistGradientBoostingClassifier(
            early_stopping=False, random_state=problem.seed, **_tree_sizes(train.size) | {"max_iter": 40}
        )
        trees.fit(matrix, y[train])
        present = trees.classes_.astype(np.int64)
        probabilities[np.ix_(test, present)] = trees.predict_proba(test_matrix)
    return probabilities
