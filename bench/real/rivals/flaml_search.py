"""FLAML's search over learners and their settings, in a given time."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np

from bench.real.asked import Trial
from bench.real.encoding import tidy
from bench.real.rivals.answers import of_probabilities, of_quantiles

METRICS = {"mean": "mse", "probability": "log_loss", "label": "accuracy"}


def search(trial: Trial, seconds: float) -> np.ndarray:
    """The best that is found in so many seconds, refitted on all training rows."""
    question = trial.question
    train, test = tidy(trial.train.features, trial.test)
    if question.levels:
        share = seconds / len(question.levels)
        return of_quantiles([_quantile(trial, level, share, train).predict(test) for level in question.levels])
    # Labels of unequal costs are cut from probabilities.
    metric = METRICS[question.functional] if question.costs is None else "log_loss"
    found = _fitted(
        trial, train, seconds, metric=metric, task="classification" if question.of_classes else "regression"
    )
    if not question.of_classes:
        return np.asarray(found.predict(test))
    return of_probabilities(question, found.predict_proba(test))


def _fitted(trial: Trial, train: Any, seconds: float, **settings: Any) -> Any:
    from flaml import AutoML  # noqa: PLC0415  an import of seconds

    logging.getLogger("flaml").setLevel(logging.ERROR)
    search = AutoML()
    if settings.pop("quantile", None) is not None:
        search.add_learner("quantile", settings.pop("learner"))
    if trial.train.groups is not None:
        settings |= {"split_type": "group", "groups": trial.train.groups}
    elif trial.train.times is not None:
        settings |= {"split_type": "time"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(train, trial.y, time_budget=seconds, n_jobs=1, seed=trial.seed, verbose=0, **settings)
    if search.model is None:
        raise RuntimeError(f"no model was found in {seconds:g} s")
    return search


def _quantile(trial: Trial, level: float, seconds: float, train: Any) -> Any:
    from flaml.automl.model import LGBMEstimator  # noqa: PLC0415
    from sklearn.metrics import mean_pinball_loss  # noqa: PLC0415

    class QuantileTrees(LGBMEstimator):
        """LightGBM under the quantile loss, with FLAML's space of settings."""

        def __init__(self, task: Any = "regression", **config: Any) -> None:
            super().__init__(task, **config)
            self.params |= {"objective": "quantile", "alpha": level}

    def pinball(
        X_val: Any, y_val: Any, estimator: Any, labels: Any, X_train: Any, y_train: Any, *_: Any, **__: Any
    ) -> tuple[float, dict[str, float]]:
        loss = float(mean_pinball_loss(y_val, estimator.predict(X_val), alpha=level))
        return loss, {"pinball": loss}

    return _fitted(
        trial,
        train,
        seconds,
        metric=pinball,
        task="regression",
        estimator_list=["quantile"],
        quantile=level,
        learner=QuantileTrees,
    )
