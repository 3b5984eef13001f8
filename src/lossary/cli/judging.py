"""Yardsticks for predictions, whatever loss and model they come from; and how labels are read and coded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lossary.evaluate.interface import LossFunction
from lossary.evaluate.probabilities import as_targets, gives_probabilities, is_binary, probabilities
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
