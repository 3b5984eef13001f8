"""Always the usual loss: a line or trees, whichever cross-validation prefers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from bench.real.asked import Trial
from bench.real.rivals import histograms, lines
from bench.real.scoring import score
from bench.real.splits import Split, folds

FOLDS = 5

MODELS: Sequence[Callable[[Trial], np.ndarray]] = (lines.plain, histograms.default)


def best_model(trial: Trial) -> np.ndarray:
    """Squared error, log loss or the quantile loss, under the model of lower cross-validated score."""
    splits = folds(trial.train, trial.question.of_classes, FOLDS, trial.seed)
    best = min(MODELS, key=lambda model: _cross_validated(trial, model, splits))
    return best(trial)


def _cross_validated(trial: Trial, model: Callable[[Trial], np.ndarray], splits: list[Split]) -> float:
    total = 0.0
    for train, test in splits:
        part = trial.train.rows(train)
        fold = replace(trial, train=part, y=trial.y[train], test=trial.train.features.iloc[test])
        total += test.size * score(trial.question, trial.y[test], model(fold))
    return total
