"""scikit-learn's histogram gradient boosting, as it comes."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from bench.real.asked import Trial
from bench.real.encoding import tidy
from bench.real.rivals.answers import of_probabilities, of_quantiles

MEDIAN = 0.5


def default(trial: Trial) -> np.ndarray:
    question = trial.question
    train, test = tidy(trial.train.features, trial.test)
    if question.of_classes:
        classifier = HistGradientBoostingClassifier(random_state=trial.seed).fit(train, trial.y)
        return of_probabilities(question, classifier.predict_proba(test))
    found = []
    for options in [_options(level) for level in question.levels] or [{}]:
        model = HistGradientBoostingRegressor(random_state=trial.seed, **options)
        found.append(model.fit(train, trial.y).predict(test))
    return of_quantiles(found)


def _options(level: float) -> dict[str, object]:
    return {"loss": "absolute_error"} if level == MEDIAN else {"loss": "quantile", "quantile": level}
