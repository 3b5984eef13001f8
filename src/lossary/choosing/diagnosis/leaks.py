"""Single features that nearly give the target away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.table.features import MISSING
from lossary.choosing.table.task import Task
from lossary.choosing.training.problem import Problem

SKILL = 0.98
MOST_ROWS = 2000
MOST_TARGETS = 5


def leaks(problem: Problem, task: Task) -> Iterator[Finding]:
    """A finding for each feature that predicts the target alone: by a small tree, on rows it has not seen."""
    rows = np.arange(task.y.size)
    if rows.size > MOST_ROWS:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows.size, MOST_ROWS, replace=False))
    matrix = np.where(np.isnan(problem.features.matrix[rows]), MISSING, problem.features.matrix[rows])
    targets = _targets(task, rows)
    for name, column in zip(problem.features.names, matrix.T, strict=True):
        skill = _explained_share(column, targets, problem.seed)
        if skill > SKILL:
            text = f"{name} alone explains {skill:.1%} of the target."
            yield new_finding("leak", text, skill, SKILL, about=name)


def _targets(task: Task, rows: np.ndarray) -> np.ndarray:
    """Ranks of numbers, so that a few large ones do not decide; indicators of classes."""
    y = task.y[rows]
    if task.is_number:
        return np.argsort(np.argsort(y, kind="stable"), kind="stable").astype(np.float64)[:, None]
    most = np.argsort(np.bincount(y.astype(np.int64), minlength=len(task.classes)))[::-1][:MOST_TARGETS]
    return (y[:, None] == most[None, :]).astype(np.float64)


def _explained_share(column: np.ndarray, targets: np.ndarray, seed: int) -> float:
    """Explained variance out of fold."""
    error, total = 0.0, float(np.sum((targets - targets.mean(axis=0)) ** 2))
    if total == 0.0:
        return 0.0
    for train, test in KFold(3, shuffle=True, random_state=seed).split(column):
        tree = DecisionTreeRegressor(max_leaf_nodes=64, min_samples_leaf=2, random_state=seed)
        prediction = tree.fit(column[train, None], targets[train]).predict(column[test, None]).reshape(len(test), -1)
        error += float(np.sum((targets[test] - prediction) ** 2))
    return 1.0 - error / total
