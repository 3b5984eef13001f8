"""Single features that nearly give the target away."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

from lossary.choosing.diagnosis.screening import roughness, target_columns
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.table.features import MISSING
from lossary.choosing.table.task import Task
from lossary.choosing.training.problem import Problem

SKILL = 0.98
MOST_ROWS = 2000
MOST_TARGETS = 5
ROUGH = 0.5
"""Columns rougher than this are not tried: a tree that knows the target leaves hardly any difference of neighbours."""


def leaks(problem: Problem, task: Task) -> Iterator[Finding]:
    """A finding for each feature that predicts the target alone: by a small tree, on rows it has not seen."""
    rows = np.arange(task.y.size)
    if rows.size > MOST_ROWS:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows.size, MOST_ROWS, replace=False))
    matrix = np.where(np.isnan(problem.features.matrix[rows]), MISSING, problem.features.matrix[rows])
    targets = _commonest(target_columns(task.y[rows], len(task.classes)))
    for j in np.flatnonzero(roughness(matrix, targets) < ROUGH):
        name, skill = problem.features.names[j], _explained_share(matrix[:, j], targets, problem.seed)
        if skill > SKILL:
            text = (
                f"{name} alone explains {skill:.1%} of the target: is it known when predictions are made? "
                f"If not, leave it out (--drop {shlex.quote(name)})."
            )
            yield new_finding("leak", text, skill, SKILL, about=name)


def _commonest(targets: np.ndarray) -> np.ndarray:
    """The indicators of the commonest classes; of numbers the one column."""
    most = np.argsort(targets.sum(axis=0), kind="stable")[::-1][:MOST_TARGETS]
    return targets[:, np.sort(most)]


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
