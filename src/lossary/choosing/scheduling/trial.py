"""How many rounds boosted trees take on a problem: counted on one trial, not timed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lossary.choosing.comparison.folds import HELD_OUT_SHARE
from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.table.encoding import encoder
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.trees import MOST_HISTOGRAM_ROUNDS, has_lightgbm, lightgbm_params

TRIED_ROWS = 10_000


def rounds_of_trial(problem: Problem) -> tuple[int, int]:
    """The rows that a trial learned from, and the rounds after which its trees no longer improved.

    The trees are LightGBM's under its own objective: an estimate of work needs no loss of ours, and so it is quick.
    """
    rows = _rows(problem)
    held_out = round(HELD_OUT_SHARE * rows.size)
    learned = rows[: rows.size - held_out]
    if not has_lightgbm():  # scikit-learn's trees are grown to the end
        return learned.size, min(problem.trees.rounds, MOST_HISTOGRAM_ROUNDS)
    import lightgbm  # noqa: PLC0415  optional

    encode = encoder(problem.features, learned, for_trees=True)
    params = {**lightgbm_params(problem.trees), **_objective(problem), "num_threads": 1, "seed": problem.seed}
    parts = [(encode(problem.features.matrix[part]), problem.y[part]) for part in (learned, rows[learned.size :])]
    train = lightgbm.Dataset(*parts[0], params=params)
    stop = lightgbm.early_stopping(problem.trees.patience, verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        booster = lightgbm.train(
            params, train, problem.trees.rounds, valid_sets=[train.create_valid(*parts[1])], callbacks=[stop]
        )
    return learned.size, max(1, booster.best_iteration)


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
