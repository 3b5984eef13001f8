"""Linear models of any loss: ``lossary.fit.linear``, with its penalty chosen by the yardstick where rows are few."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from lossary.choosing.training.scores import LinearScores
from lossary.choosing.training.training_set import TrainedModel, TrainingSet
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit import ConvergenceWarning, LinearFit, RankWarning, SeparationError, linear

ENOUGH = 50
"""Rows for each column beyond which a penalty is not worth choosing."""

ILL_POSED = 1e-5
"""The least over the largest variance along any direction of the columns, below which a penalty is chosen."""

PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
SAFE = 1e-4
"""The penalty of fits that would not end: where classes are separated, or no penalty could be scored."""

SOLVED = 1e-6
"""The tolerance of the fit's certificate: precise enough to compare predictions."""


def train(loss: AnyLoss, training_set: TrainingSet) -> TrainedModel:
    """A linear model, without a penalty if rows are enough for each column and no column nearly follows from others."""
    enough = has_enough_rows(training_set.y, training_set.classes, training_set.matrix.shape[1])
    alpha = 0.0 if enough and is_well_posed(training_set.matrix) else _best_penalty(loss, training_set)
    fit, remark = _fit(loss, training_set, np.arange(training_set.y.size), alpha)

    def out_of_fold() -> tuple[np.ndarray, np.ndarray]:
        predicted = [
            LinearScores.of(_fit(loss, training_set, learned, alpha)[0]).predict(training_set.matrix[held])
            for learned, held in training_set.splits
        ]
        return np.concatenate([held for _, held in training_set.splits]), np.concatenate(predicted)

    return TrainedModel(LinearScores.of(fit), out_of_fold, remark)


def has_enough_rows(y: np.ndarray, classes: int, columns: int) -> bool:
    """Whether a penalty is not worth choosing; of classes the rarer rows count."""
    rows = y.size
    if classes:
        sizes = np.bincount(y.astype(np.int64) - int(y.min()))
        rows = int(sizes[sizes > 0].min())
    return rows >= ENOUGH * (columns + 1)


def is_well_posed(matrix: np.ndarray) -> bool:
    """Whether no column is nearly a sum of others: what rows tell of such coefficients comes apart on new ones.

    The parts of a date depend on each other within a year, and no longer in the next.
    """
    centred = matrix - matrix.mean(axis=0)
    spread = np.linalg.eigvalsh(centred.T @ centred / len(matrix))
    return bool(spread.size == 0 or spread[0] > ILL_POSED * spread[-1])


def _best_penalty(loss: AnyLoss, training_set: TrainingSet) -> float:
    """The penalty of least held-out score, over all splits; of two alike the larger.

    The score falls and then rises with the penalty: it is followed from the middle, to where it rises.
    """

    @cache
    def score(index: int) -> float:
        if not 0 <= index < len(PENALTIES):
            return np.inf
        try:
            return sum(_held_out_score(loss, training_set, PENALTIES[index], *split) for split in training_set.splits)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return np.inf

    best = len(PENALTIES) // 2
    while score(best + 1) <= score(best) and np.isfinite(score(best + 1)):
        best += 1
    while score(best - 1) < score(best):
        best -= 1
    return PENALTIES[best] if np.isfinite(score(best)) else SAFE


def _held_out_score(
    loss: AnyLoss, training_set: TrainingSet, alpha: float, learned: np.ndarray, held_out: np.ndarray
) -> float:
    fit, _ = _fit(loss, training_set, learned, alpha)
    return training_set.score(LinearScores.of(fit).predict(training_set.matrix[held_out]), held_out)


def _fit(loss: AnyLoss, training_set: TrainingSet, rows: np.ndarray, alpha: float) -> tuple[LinearFit, str]:
    """The fit of some rows, and a remark if the solver did not get to the end."""
    is_all = rows.size == training_set.y.size
    matrix = training_set.matrix if is_all else training_set.matrix[rows]
    y = training_set.y if is_all else training_set.y[rows]
    options: dict[str, Any] = {
        "penalty": "l2",
        "tol": SOLVED,
        "sample_weight": training_set.weights(rows),
        "random_state": training_set.seed,
    }
    if isinstance(loss, RowLossFunction):
        options["classes"] = training_set.classes
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ConvergenceWarning)
        warnings.simplefilter("ignore", RankWarning)  # predictions do not depend on which coefficients are taken
        try:
            fit = linear(matrix, y, loss, alpha=alpha, **options)
        except SeparationError:
            fit = linear(matrix, y, loss, alpha=SAFE, **options)
    return fit, "the solver did not reach its tolerance" if caught else ""
