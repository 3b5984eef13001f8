"""How predictions are scored, whatever loss and model they come from: folds, yardsticks, and how labels are coded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.predictions.probabilities import as_targets, gives_probabilities, is_binary, probabilities
from lossary.evaluate.registry import AnyLoss, get

NO_SCORE = float("nan")


class Model(Protocol):
    """What predicts: ``predict`` gives what the loss takes, ``mean`` the target's units."""

    @property
    def loss(self) -> AnyLoss:
        """The loss it was fitted under."""

    def predict(self, features: np.ndarray, /) -> np.ndarray:
        """What the loss takes."""

    def mean(self, features: np.ndarray, /) -> np.ndarray:
        """Predictions in the target's units."""


@dataclass(frozen=True)
class Yardstick:
    """A number to judge predictions by, and the functional that makes it smallest."""

    name: str
    consistent_for: str
    measure: Callable[[np.ndarray, np.ndarray], float]
    signed: bool = False

    def score(self, truth: np.ndarray, predictions: np.ndarray) -> float:
        """The number; NaN for predictions that are none."""
        return self.measure(truth, predictions) if np.isfinite(predictions).all() else NO_SCORE


@dataclass(frozen=True)
class CrossValidation:
    """The rows left out in turn, the yardsticks, and whether targets are labels."""

    parts: Sequence[np.ndarray]
    yardsticks: list[Yardstick]
    labelled: bool

    def observed(self, y: np.ndarray) -> np.ndarray:
        """Targets as yardsticks take them."""
        return as_labels(y) if self.labelled else y

    def scores(self, y: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
        """The scores of all rows' predictions."""
        observed = self.observed(y)
        return {yardstick.name: yardstick.score(observed, predictions) for yardstick in self.yardsticks}

    def scores_by_fold(self, y: np.ndarray, predictions: np.ndarray) -> dict[str, list[float]]:
        """The scores of each part's predictions."""
        observed = self.observed(y)
        return {
            yardstick.name: [yardstick.score(observed[part], predictions[part]) for part in self.parts]
            for yardstick in self.yardsticks
        }


def cross_validation(y: np.ndarray, losses: Sequence[LossFunction], folds: int, seed: int) -> CrossValidation:
    """Shuffled folds, and the yardsticks that suit the targets and losses."""
    labelled = is_labelled(y, losses)
    yardsticks = label_yardsticks() if labelled else number_yardsticks(losses)
    parts = np.array_split(np.random.default_rng(seed).permutation(len(y)), folds)
    return CrossValidation(parts, yardsticks, labelled)


def number_yardsticks(losses: Sequence[LossFunction]) -> list[Yardstick]:
    """For numbers: the usual ones, and a pinball loss for each quantile that is fitted."""
    levels = sorted({float(loss.given["tau"]) for loss in losses if loss.name == "quantile"})
    pinballs = [Yardstick(f"pinball {tau:g}", f"{tau:g}-quantile", get(f"quantile:{tau!r}").cost) for tau in levels]
    return [
        Yardstick("MAE", "median", get("absolute_error").cost),
        Yardstick("RMSE", "mean", get("root_mean_squared_error").cost),
        *pinballs,
        Yardstick("bias", "mean", lambda y, p: float(np.mean(p) - np.mean(y)), signed=True),
    ]


def label_yardsticks() -> list[Yardstick]:
    """For labels 0 and 1, and predictions that are probabilities of 1."""
    brier, log_loss = get("brier"), get("binary_cross_entropy")
    return [
        Yardstick("errors", "label", lambda t, p: float(np.mean((p > 0.5) != (t > 0.5)))),
        Yardstick("Brier", "probability", brier.cost),
        Yardstick("log loss", "probability", log_loss.cost),
        Yardstick("bias", "probability", lambda t, p: float(np.mean(p) - np.mean(t)), signed=True),
    ]


def is_labelled(y: np.ndarray, losses: Sequence[LossFunction]) -> bool:
    """Whether the targets are labels, and a loss takes them for such."""
    values = set(np.unique(y).tolist())
    return any(loss.family == "binary" for loss in losses) and values in ({0.0, 1.0}, {-1.0, 1.0})


def as_labels(y: np.ndarray) -> np.ndarray:
    """Labels as 0 and 1, however they were coded."""
    return (y > 0.0).astype(np.float64)


def code_labels(y: np.ndarray, loss: LossFunction) -> np.ndarray:
    """Labels as the loss wants them: -1 and +1 for losses on margins, 0 and 1 for the others."""
    return as_targets(loss, y > 0.0)


def gives_probability(loss: LossFunction) -> bool:
    """Whether the prediction tells how likely a label is, and not only which is likelier."""
    return not is_binary(loss) or gives_probabilities(loss)


def yardstick_predictions(model: Model, features: np.ndarray, labelled: bool) -> np.ndarray:
    """What a yardstick takes: the prediction in the target's units, or the probability of label 1.

    A loss that settles only the label gives 0 or 1 here: the side of zero its score is on.
    """
    if not labelled:
        return model.mean(features)
    if not is_binary(model.loss):
        return np.clip(model.mean(features), 0.0, 1.0)
    f = model.predict(features)
    return probabilities(model.loss, f) if gives_probabilities(model.loss) else (f > 0.0).astype(np.float64)
