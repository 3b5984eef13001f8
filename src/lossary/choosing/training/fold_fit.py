"""One candidate on one fold: encode, train, predict the test rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Fold, Want
from lossary.choosing.table.encoding import Encoder, encoder
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipe_fit import fit_task, task_of
from lossary.choosing.training.recipes import Recipe
from lossary.evaluate.registry import pointwise


@dataclass(frozen=True)
class Outcome:
    """Predictions of a fold's test rows, how long they took, and a remark on the training."""

    predictions: np.ndarray
    seconds: float
    remark: str = ""


def run(problem: Problem, recipe: Recipe, fold: Fold) -> Outcome:
    """Train a recipe on a fold's training rows and predict its test rows."""
    began = time.perf_counter()
    encode, train_matrix, test_matrix = _encoded(problem, fold, for_trees=recipe.model == "boosting")
    fitted = fit_task(task_of(problem, recipe, fold.train, encode, train_matrix))
    predictions = fitted.predictor.of_encoded(test_matrix)
    return Outcome(predictions, time.perf_counter() - began, fitted.remark)


# Encoding.


class _FoldOfProblem:
    """A fold of a problem, told from others by a digest of the problem and by the fold's rows."""

    def __init__(self, problem: Problem, fold: Fold, for_trees: bool) -> None:
        self.problem, self.fold, self.for_trees = problem, fold, for_trees
        self._key = (problem.key, fold.train.tobytes(), fold.test.tobytes(), for_trees)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _FoldOfProblem) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def _encoded(problem: Problem, fold: Fold, for_trees: bool) -> tuple[Encoder, np.ndarray, np.ndarray]:
    """How rows are encoded for the model of a recipe, and the matrices of the training and the test rows."""
    key = _FoldOfProblem(problem, fold, for_trees)
    # A problem without a key cannot be told from another.
    return _matrices(key) if problem.key else _matrices.__wrapped__(key)


@lru_cache(maxsize=1)  # candidates come fold by fold: each takes the matrices of the one before
def _matrices(key: _FoldOfProblem) -> tuple[Encoder, np.ndarray, np.ndarray]:
    features, fold = key.problem.features, key.fold
    encode = encoder(features, fold.train, key.for_trees)
    return encode, encode(features.matrix[fold.train]), encode(features.matrix[fold.test])


# The constant.


def constants(problem: Problem, folds: list[Fold]) -> np.ndarray:
    """The best constant of each training fold: one, or one for each class or end of the interval."""
    return np.array([constant(problem, fold.train) for fold in folds])


def constant(problem: Problem, rows: np.ndarray) -> Any:
    """The best constant of some rows."""
    weight = None if problem.weight is None else problem.weight[rows]
    return best_constant(problem.y[rows], weight, problem.want, len(problem.classes))


def best_constant(y: np.ndarray, weight: np.ndarray | None, want: Want, classes: int = 0) -> Any:
    """The constant that answers a question best: a number, or one for each of several classes or end of an interval."""
    if classes:
        counts = np.bincount(y.astype(np.int64), weight, minlength=classes)
        shares = counts / counts.sum()
        return shares[1] if classes == 2 else shares
    if want.functional == "mean":
        return float(np.average(y, weights=weight))
    levels = interval_levels(want) if want.functional == "interval" else (quantile_level(want),)
    quantiles = [pointwise(f"quantile:{level!r}").optimal_constant(y, weight) for level in levels]
    return quantiles if len(quantiles) > 1 else quantiles[0]
