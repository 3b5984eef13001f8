"""Boosted trees under any loss: LightGBM with our objectives, stopped by the yardstick, then trained on all rows.

Where LightGBM is not installed scikit-learn's histogram boosting stands in, with the few losses it has.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from lossary.choosing.training.scores import HistogramScores, Scores, TreeScores, is_of_rows
from lossary.choosing.training.training_set import TrainedModel, TrainingSet, TreeSettings
from lossary.evaluate.registry import AnyLoss

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

MOST_HISTOGRAM_ROUNDS = 500
"""scikit-learn's trees are all grown before they are scored: no patience cuts the rounds off."""


@dataclass(frozen=True)
class _Grown:
    """Trees, with the held-out score after each round (of trees that were grown without held-out rows none)."""

    trees: TreeScores | HistogramScores
    curve: tuple[float, ...] = ()

    def after(self, rounds: int) -> Scores:
        """The first trees alone."""
        return replace(self.trees, rounds=rounds)


_Grow = Callable[[AnyLoss, TrainingSet, np.ndarray, "np.ndarray | None", int], _Grown]
"""Trees of some rows, with others held out or none, of so many rounds at most."""


def has_lightgbm() -> bool:
    """Whether any loss will do, or only those of ``BUILT_IN``."""
    return find_spec("lightgbm") is not None


def train(loss: AnyLoss, training_set: TrainingSet) -> TrainedModel:
    """Boosted trees of all rows, as many as scored best on rows held out."""
    grow, most = _grower(training_set)
    splits = training_set.splits
    by_split = [grow(loss, training_set, learned, held_out, most) for learned, held_out in splits]
    stopped = best_rounds([grown.curve for grown in by_split])
    all_rows = np.arange(training_set.y.size)
    rounds = min(most, rounds_of_all_rows(stopped, splits[0][0].size, all_rows.size))
    final = grow(loss, training_set, all_rows, None, rounds)

    def out_of_fold() -> tuple[np.ndarray, np.ndarray]:
        predicted = [
            grown.after(min(stopped, len(grown.curve))).predict(training_set.matrix[held])
            for grown, (_, held) in zip(by_split, splits, strict=True)
        ]
        return np.concatenate([held for _, held in splits]), np.concatenate(predicted)

    remark = f"the trees were still improving after {most:,} rounds, the most" if stopped == most else ""
    return TrainedModel(final.after(rounds), out_of_fold, remark)


def best_rounds(curves: list[tuple[float, ...]]) -> int:
    """The rounds of the lowest mean score over all splits.

    A split that was stopped earlier than others counts with its last score.
    """
    longest = max(map(len, curves))
    padded = [np.pad(np.asarray(curve), (0, longest - len(curve)), mode="edge") for curve in curves]
    with np.errstate(invalid="ignore"):  # inf where predictions were not finite
        mean = np.mean(padded, axis=0)
    return 1 + int(np.argmin(np.where(np.isnan(mean), np.inf, mean)))


def rounds_of_all_rows(stopped: int, learned: int, rows: int) -> int:
    """The rounds for all rows, of which some were held out when training was stopped: half as many more as rows."""
    return max(1, round(stopped * (1.0 + 0.5 * (rows / learned - 1.0))))


def _grower(training_set: TrainingSet) -> tuple[_Grow, int]:
    """What grows trees, and how many at most."""
    if has_lightgbm():
        return _lightgbm, training_set.trees.rounds
    return _histogram, min(training_set.trees.rounds, MOST_HISTOGRAM_ROUNDS)


# LightGBM.


def _lightgbm(
    loss: AnyLoss, training_set: TrainingSet, learned: np.ndarray, held_out: np.ndarray | None, rounds: int
) -> _Grown:
    import lightgbm  # noqa: PLC0415  optional

    from lossary.lightgbm import train as train_booster  # noqa: PLC0415

    params = _lightgbm_params(loss, training_set)
    data = _dataset(training_set, learned, params)
    options: dict[str, Any] = {}
    stopping = None
    if held_out is not None:
        stopping = _Stopping(loss, training_set, held_out)
        validation = data.create_valid(
            training_set.matrix[held_out], training_set.y[held_out], weight=training_set.weights(held_out)
        )
        options = {"valid_sets": [validation], "feval": stopping.yardstick, "callbacks": [stopping.stop]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = train_booster(params, data, rounds, loss=loss, **options)
    assert isinstance(model.booster, lightgbm.Booster)

    trees = TreeScores(model.booster, rounds, model.activation, is_of_rows(loss))
    return _Grown(trees, () if stopping is None else tuple(stopping.scores))


def _dataset(training_set: TrainingSet, rows: np.ndarray, params: dict[str, Any]) -> Any:
    import lightgbm  # noqa: PLC0415  optional

    weight = training_set.weights(rows)
    return lightgbm.Dataset(training_set.matrix[rows], training_set.y[rows], weight=weight, params=params)


def _lightgbm_params(loss: AnyLoss, training_set: TrainingSet) -> dict[str, Any]:
    params: dict[str, Any] = {
        **lightgbm_params(training_set.trees),
        "num_threads": 1,
        "seed": training_set.seed,
        "deterministic": True,
        "force_row_wise": True,
    }
    if hasattr(loss.record, "more_classes"):
        params["num_class"] = training_set.classes - loss.record.more_classes
    return params


def lightgbm_params(settings: TreeSettings) -> dict[str, Any]:
    """The settings in LightGBM's words."""
    return {
        "learning_rate": settings.rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.fewest_rows,
        "bagging_fraction": settings.share,
        "bagging_freq": 1,
        "feature_fraction": settings.share,
        "verbosity": -1,
    }


class _Stopping:
    """Early stopping by the yardstick: its score of the held-out rows after each round."""

    def __init__(self, loss: AnyLoss, training_set: TrainingSet, held_out: np.ndarray) -> None:
        from lossary.boosting.derivatives import Derivatives  # noqa: PLC0415  needs no booster

        self.training_set, self.held_out = training_set, held_out
        self.derivatives = Derivatives(loss)
        self.scores: list[float] = []
        self.lowest, self.last_lowest = np.inf, 0

    def yardstick(self, raw: np.ndarray, _: Any) -> tuple[str, float, bool]:
        """The score of raw predictions: what the loss takes is one activation away."""
        shaped = self.derivatives.shaped(raw).astype(np.float64)
        predictions = self.derivatives.activation.forward(shaped)
        score = self.training_set.score(predictions, self.held_out)
        self.scores.append(score)
        if score <= self.lowest:  # an error rate may stay level for long before it moves
            self.lowest, self.last_lowest = score, len(self.scores)
        return "yardstick", score, False

    def stop(self, _: Any) -> None:
        """LightGBM's callback after a round."""
        from lightgbm.callback import EarlyStopException  # noqa: PLC0415  optional

        if len(self.scores) - self.last_lowest >= self.training_set.trees.patience:
            raise EarlyStopException(len(self.scores) - 1, [("held out", "yardstick", self.scores[-1], False)])


# scikit-learn.


def _histogram(
    loss: AnyLoss, training_set: TrainingSet, learned: np.ndarray, held_out: np.ndarray | None, rounds: int
) -> _Grown:
    from sklearn.ensemble import (  # noqa: PLC0415
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    if loss.name not in BUILT_IN:
        raise ValueError(f"scikit-learn's trees have no {loss.name}; pip install lightgbm")
    settings = training_set.trees
    options: dict[str, Any] = {
        "learning_rate": settings.rate,
        "max_iter": rounds,
        "max_leaf_nodes": settings.leaves,
        "min_samples_leaf": settings.fewest_rows,
        "max_features": settings.share,
        "early_stopping": False,
        "random_state": training_set.seed,
    }
    if training_set.classes:
        model = HistGradientBoostingClassifier(**options)
    else:
        level = {"quantile": loss.given["tau"]} if loss.name == "quantile" else {}
        model = HistGradientBoostingRegressor(loss=BUILT_IN[loss.name], **options, **level)
    model.fit(training_set.matrix[learned], training_set.y[learned], training_set.weights(learned))

    trees = HistogramScores(model, rounds, training_set.classes, loss.link == "log")
    if held_out is None:
        return _Grown(trees)
    return _Grown(trees, tuple(training_set.score(f, held_out) for f in trees.staged(training_set.matrix[held_out])))
