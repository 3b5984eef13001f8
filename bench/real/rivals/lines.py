"""scikit-learn's linear models."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, QuantileRegressor, Ridge, RidgeCV

from bench.real.asked import Asked, Trial
from bench.real.encoding import for_lines
from bench.real.rivals.answers import of_probabilities, of_quantiles
from bench.real.splits import folds

PENALTIES = np.logspace(-4.0, 4.0, 17)
ITERATIONS = 5_000
FOLDS = 5
MOST_ROWS_OF_QUANTILES = 5_000
"""The linear programme's time grows with the square of the rows; a sample tells a line of few columns as well."""


def tuned(trial: Trial) -> np.ndarray:
    """``RidgeCV``, ``LogisticRegressionCV`` or ``QuantileRegressor``."""
    question = trial.question
    train, test = for_lines(trial.train.features, trial.test)
    if question.levels:
        return _quantiles(question, train, trial.y, test, trial.seed)
    if not question.of_classes:
        return np.asarray(RidgeCV(PENALTIES).fit(train, trial.y).predict(test))
    splits = folds(trial.train, True, FOLDS, trial.seed)
    model = LogisticRegressionCV(
        cv=splits, scoring="neg_log_loss", max_iter=ITERATIONS, use_legacy_attributes=False, l1_ratios=(0.0,)
    )
    return of_probabilities(question, model.fit(train, trial.y).predict_proba(test))


def plain(trial: Trial) -> np.ndarray:
    """``Ridge``, ``LogisticRegression`` or ``QuantileRegressor`` with nothing tuned."""
    question = trial.question
    train, test = for_lines(trial.train.features, trial.test)
    if question.levels:
        return _quantiles(question, train, trial.y, test, trial.seed)
    if not question.of_classes:
        return np.asarray(Ridge().fit(train, trial.y).predict(test))
    model = LogisticRegression(max_iter=ITERATIONS).fit(train, trial.y)
    return of_probabilities(question, model.predict_proba(test))


def _quantiles(question: Asked, train: np.ndarray, y: np.ndarray, test: np.ndarray, seed: int) -> np.ndarray:
    if y.size > MOST_ROWS_OF_QUANTILES:
        rows = np.random.default_rng(seed).choice(y.size, MOST_ROWS_OF_QUANTILES, replace=False)
        train, y = train[rows], y[rows]
    models = (QuantileRegressor(quantile=level, alpha=0.0) for level in question.levels)
    return of_quantiles([model.fit(train, y).predict(test) for model in models])
