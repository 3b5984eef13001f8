"""Boosted trees under any loss: LightGBM with our objectives, stopped by the yardstick.

Where LightGBM is not installed scikit-learn's histogram boosting stands in, with the few losses it has.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from lossary.choosing.training.training_set import TrainedModel, TrainingSet
from lossary.evaluate.registry import AnyLoss

ROUNDS = 300
PATIENCE = 20
RATE = 0.1

BUILT_IN = {
    "squared_error": "squared_error",
    "absolute_error": "absolute_error",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
    "logistic": "log_loss",
    "softmax_cross_entropy": "log_loss",
}
"""The losses that scikit-learn's trees can be trained with."""


def has_lightgbm() -> bool:
    """Whether any loss will do, or only those of ``BUILT_IN``."""
    return find_spec("lightgbm") is not None


def train(loss: AnyLoss, training_set: TrainingSet) -> TrainedModel:
    """Boosted trees."""
    return _lightgbm(loss, training_set) if has_lightgbm() else _histogram(loss, training_set)


def best_rounds(scores: list[float]) -> tuple[int, int]:
    """The first and the last round of the lowest score: an error rate may stay level for long before it moves."""
    finite = np.where(np.isnan(scores), np.inf, scores)
    lowest = np.flatnonzero(finite == finite.min())
    return int(lowest[0]), int(lowest[-1])


def leaves(rows: int) -> tuple[int, int]:
    """The leaves of a tree at most, and the rows of a leaf at least."""
    return (15, 20) if rows >= 1000 else (7, max(3, rows // 40))


# LightGBM.


def _lightgbm(loss: AnyLoss, training_set: TrainingSet) -> TrainedModel:
    import lightgbm  # noqa: PLC0415  optional

    from lossary.lightgbm import train as train_booster  # noqa: PLC0415

    learned, held_out = training_set.learned, training_set.held_out
    params = _lightgbm_params(loss, training_set)
    matrix, y = training_set.matrix, training_set.y
    data = lightgbm.Dataset(matrix[learned], y[learned], weight=training_set.weights(learned), params=params)
    validation = data.create_valid(matrix[held_out], y[held_out], weight=training_set.weights(held_out))
    stopping = _Stopping(loss, training_set)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = train_booster(
            params,
            data,
            ROUNDS,
            loss=loss,
            valid_sets=[validation],
            feval=stopping.yardstick,
            callbacks=[stopping.stop],
        )

    def predict(rows: np.ndarray) -> np.ndarray:
        scores = model.derivatives.shaped(model.predict(rows, raw=True))
        return np.asarray(model.activation.forward(np.asarray(scores, dtype=np.float64)))

    return TrainedModel(predict, held_out)


def _lightgbm_params(loss: AnyLoss, training_set: TrainingSet) -> dict[str, Any]:
    most_leaves, fewest_rows = leaves(training_set.learned.size)
    params: dict[str, Any] = {
        "learning_rate": RATE,
        "num_leaves": most_leaves,
        "min_data_in_leaf": fewest_rows,
        "num_threads": 1,
        "seed": training_set.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    if hasattr(loss.record, "more_classes"):
        params["num_class"] = training_set.classes - loss.record.more_classes
    return params


class _Stopping:
    """Early stopping by the yardstick: its score of the held-out rows after each round."""

    def __init__(self, loss: AnyLoss, training_set: TrainingSet) -> None:
        from lossary.boosting.derivatives import Derivatives  # noqa: PLC0415  needs no booster

        self.training_set = training_set
        self.derivatives = Derivatives(loss)
        self.scores: list[float] = []

    def yardstick(self, raw: np.ndarray, _: Any) -> tuple[str, float, bool]:
        """The score of raw predictions: what the loss takes is one activation away."""
        shaped = self.derivatives.shaped(raw).astype(np.float64)
        predictions = self.derivatives.activation.forward(shaped)
        self.scores.append(self.training_set.score(predictions, self.training_set.held_out))
        return "yardstick", self.scores[-1], False

    def stop(self, _: Any) -> None:
        """LightGBM's callback after a round."""
        from lightgbm.callback import EarlyStopException  # noqa: PLC0415  optional

        first_best, last_best = best_rounds(self.scores)
        if len(self.scores) - 1 - last_best >= PATIENCE or len(self.scores) == ROUNDS:
            raise EarlyStopException(first_best, [("held out", "yardstick", self.scores[first_best], False)])


# scikit-learn.


def _histogram(loss: AnyLoss, training_set: TrainingSet) -> TrainedModel:
    from sklearn.ensemble import (  # noqa: PLC0415
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    if loss.name not in BUILT_IN:
        raise ValueError(f"scikit-learn's trees have no {loss.name}; pip install lightgbm")
    learned, held_out = training_set.learned, training_set.held_out
    most_leaves, fewest_rows = leaves(learned.size)
    options: dict[str, Any] = {
        "learning_rate": RATE,
        "max_iter": ROUNDS,
        "max_leaf_nodes": most_leaves,
        "min_samples_leaf": fewest_rows,
        "early_stopping": False,
        "random_state": training_set.seed,
    }
    if training_set.classes:
        model = HistGradientBoostingClassifier(**options)
    else:
        level = {"quantile": loss.given["tau"]} if loss.name == "quantile" else {}
        model = HistGradientBoostingRegressor(loss=BUILT_IN[loss.name], **options, **level)
    model.fit(training_set.matrix[learned], training_set.y[learned], training_set.weights(learned))

    def staged(matrix: np.ndarray) -> Any:
        """What the loss takes as predictions, after each round."""
        if training_set.classes:
            return (_logits(p, training_set.classes) for p in model.staged_predict_proba(matrix))
        has_log_link = loss.link == "log"
        return (np.log(p) if has_log_link else p for p in model.staged_predict(matrix))

    scores = [training_set.score(f, held_out) for f in staged(training_set.matrix[held_out])]
    best, _ = best_rounds(scores)
    return TrainedModel(lambda matrix: next(islice(staged(matrix), best, None)), held_out)


def _logits(p: np.ndarray, classes: int) -> np.ndarray:
    with np.errstate(divide="ignore"):
        logs = np.log(p)
    return logs[:, 1] - logs[:, 0] if classes == 2 else logs
