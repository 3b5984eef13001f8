"""LightGBM with its own objectives: as it comes, and stopped early with a refit."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from bench.real.asked import Trial
from bench.real.encoding import tidy
from bench.real.loading import Table
from bench.real.rivals.answers import of_probabilities, of_quantiles
from bench.real.splits import drawn

HELD_OUT = 0.15
ROUNDS, PATIENCE, RATE = 2_000, 50, 0.05

Model = Any


def default(trial: Trial) -> np.ndarray:
    """A hundred rounds, on all training rows."""
    train, test = tidy(trial.train.features, trial.test)
    return _answer(trial, [_predicted(m.fit(train, trial.y), test) for m in _models(trial)])


def early_stopped(trial: Trial) -> np.ndarray:
    """Rounds by patience on held-out rows, then a refit on all rows with as many more rounds as there are more rows."""
    train, test = tidy(trial.train.features, trial.test)
    learned, watched = watched_rows(trial, HELD_OUT)
    found = []
    for model in _models(trial, n_estimators=ROUNDS, learning_rate=RATE):
        model.fit(
            train.iloc[learned],
            trial.y[learned],
            eval_X=train.iloc[watched],
            eval_y=trial.y[watched],
            callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
        )
        rounds = max(1, round(model.best_iteration_ / (1.0 - HELD_OUT)))
        refitted = model.__class__(**{**model.get_params(), "n_estimators": rounds})
        found.append(_predicted(refitted.fit(train, trial.y), test))
    return _answer(trial, found)


def quantiles(trial: Trial, rows: np.ndarray, frames: list[pd.DataFrame]) -> list[np.ndarray]:
    """The quantiles that were asked for, learned from some rows, of each frame: the first is the training rows'."""
    models = [m.fit(frames[0].iloc[rows], trial.y[rows]) for m in _models(trial)]
    return [np.column_stack([_predicted(model, frame) for model in models]) for frame in frames]


def watched_rows(trial: Trial, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Training rows to learn from and to watch, cut as the held-out rows were."""
    rows = Table(trial.train.features, trial.y, trial.train.groups, trial.train.times)
    if rows.times is not None:
        cut = round(rows.y.size * (1.0 - share))
        return np.arange(cut), np.arange(cut, rows.y.size)
    return next(drawn(rows, trial.question.of_classes, share, trial.seed))


def _models(trial: Trial, **options: Any) -> list[Model]:
    options = {"n_jobs": 1, "verbose": -1, "random_state": trial.seed, **options}
    if trial.question.of_classes:
        return [lightgbm.LGBMClassifier(**options)]
    levels = trial.question.levels
    if not levels:
        return [lightgbm.LGBMRegressor(**options)]
    return [lightgbm.LGBMRegressor(objective="quantile", alpha=level, **options) for level in levels]


def _predicted(model: Model, frame: pd.DataFrame) -> np.ndarray:
    predict = getattr(model, "predict_proba", model.predict)
    return np.asarray(predict(frame))


def _answer(trial: Trial, found: list[np.ndarray]) -> np.ndarray:
    return of_probabilities(trial.question, found[0]) if trial.question.of_classes else of_quantiles(found)
