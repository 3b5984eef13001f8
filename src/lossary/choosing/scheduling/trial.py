"""How many rounds boosted trees take on a problem: counted on one trial, not timed."""

from __future__ import annotations

import math
import warnings
from statistics import fmean
from typing import Any

import numpy as np

from lossary.choosing.comparison.folds import held_out_splits
from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.table.encoding import encoder
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.trees import MOST_HISTOGRAM_ROUNDS, has_lightgbm, lightgbm_params

TRIED_ROWS = 10_000


def rounds_of_trial(problem: Problem) -> tuple[int, int]:
    """The rows that trials learned from, and the rounds after which their trees no longer improved, in the mean.

    The trees are LightGBM's under its own objective: an estimate of work needs no loss of ours, and so it is quick.
    The rows held out are those of training: where they are few, one part of them says little.
    """
    rows = _rows(problem)
    splits = held_out_splits(problem.split_rows(rows))
    learned = splits[0][0].size
    if not has_lightgbm():  # scikit-learn's trees are grown to the end
        return learned, min(problem.trees.rounds, MOST_HISTOGRAM_ROUNDS)
    matrix = encoder(problem.features, rows, for_trees=True)(problem.features.matrix[rows])
    return learned, math.ceil(fmean(_rounds(problem, matrix, problem.y[rows], *split) for split in splits))


def _rounds(problem: Problem, matrix: np.ndarray, y: np.ndarray, learned: np.ndarray, held_out: np.ndarray) -> int:
    import lightgbm  # noqa: PLC0415  optional

    params = {**lightgbm_params(problem.trees), **_objective(problem), "num_threads": 1, "seed": problem.seed}
    train = lightgbm.Dataset(matrix[learned], y[learned], params=params)
    stop = lightgbm.early_stopping(problem.trees.patience, verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        valid = train.create_valid(matrix[held_out], y[held_out])
        booster = lightgbm.train(params, train, problem.trees.rounds, valid_sets=[valid], callbacks=[stop])
    return max(1, booster.best_iteration)


def _rows(problem: Problem) -> np.ndarray:
    """The rows of the trial: in order of time the last ones, as they are; else some, drawn at random."""
    size = min(problem.y.size, TRIED_ROWS)
    if problem.ordered:
        return np.arange(problem.y.size - size, problem.y.size)
    return np.random.default_rng(problem.seed).permutation(problem.y.size)[:size]


def _objective(problem: Problem) -> dict[str, Any]:
    want, classes = problem.want, len(problem.classes)
    if classes:
        return {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    if want.functional == "mean":
        return {"objective": "regression"}
    level = interval_levels(want)[0] if want.functional == "interval" else quantile_level(want)
    return {"objective": "quantile", "alpha": level}
