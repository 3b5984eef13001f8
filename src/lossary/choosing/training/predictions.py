"""From what a loss predicts to what was asked for: a number in the target's units, a probability, or a label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.study import Candidate
from lossary.choosing.training.recipes import Recipe
from lossary.evaluate.interface import LossFunction
from lossary.evaluate.probabilities import as_targets, gives_probabilities
from lossary.evaluate.probabilities import probabilities as meant
from lossary.evaluate.registry import AnyLoss, pointwise
from lossary.evaluate.rowwise import RowLossFunction

# Numbers.


@dataclass(frozen=True)
class Scale:
    """How targets are written for training: ``(t - centre) / unit``, with t the target or its log1p."""

    centre: float
    unit: float
    log1p: bool

    def written(self, y: np.ndarray) -> np.ndarray:
        """Targets as a loss is trained on them."""
        return np.ascontiguousarray((self.on_scale(y) - self.centre) / self.unit)

    def on_scale(self, y: np.ndarray) -> np.ndarray:
        """Targets, or their logs."""
        return np.log1p(y) if self.log1p else y

    def read(self, loss: LossFunction, f: np.ndarray) -> np.ndarray:
        """A loss's predictions on that scale."""
        with np.errstate(over="ignore"):
            return loss.mean(f) * self.unit + self.centre


def scale_of(candidate: Candidate, y: np.ndarray) -> Scale:
    """Standardised targets for losses of residuals, targets over their mean for those with a log link."""
    log1p = bool(candidate.target)
    link = candidate.link
    if link == "log":
        exact = candidate.loss == "negative_binomial"  # its dispersion is of counts, not of anything in proportion
        mean = float(y.mean())
        return Scale(0.0, mean if mean > 0.0 and not exact else 1.0, log1p)
    if link != "identity":
        return Scale(0.0, 1.0, log1p)
    t = np.log1p(y) if log1p else y
    centre = float(np.median(t))
    unit = float(np.median(np.abs(t - centre))) / 0.6745 or float(np.std(t)) or 1.0
    return Scale(centre, unit, log1p)


def finished(
    recipe: Recipe,
    scale: Scale,
    value: np.ndarray,
    residuals: np.ndarray,
    weight: np.ndarray | None,
    level: float | None,
) -> np.ndarray:
    """Predictions in the target's units; ``residuals`` are those on the scale, of rows that may be learned from."""
    if recipe.shifted and level is not None:
        value = value + pointwise(f"quantile:{level!r}").optimal_constant(residuals, weight)
    with np.errstate(over="ignore"):
        if recipe.smeared:
            return np.exp(value) * float(np.average(np.exp(residuals), weights=weight)) - 1.0
        return np.expm1(value) if scale.log1p else value


# Classes.


def class_targets(loss: AnyLoss, y: np.ndarray) -> np.ndarray:
    """Class numbers as a loss takes them."""
    return y.astype(np.int64) if isinstance(loss, RowLossFunction) else as_targets(loss, y > 0.0)


def probabilities(loss: AnyLoss, f: np.ndarray) -> np.ndarray:
    """Probabilities of class 1, or of each class; zeros and ones where a loss settles the label alone."""
    if loss.name == "logistic":  # with smoothed labels too: undone, they would make sure what they were to leave open
        return np.asarray(loss.mean(f))
    if gives_probabilities(loss):
        return meant(loss, f)
    return (f > 0.0).astype(np.float64) if f.ndim == 1 else np.eye(f.shape[1])[np.argmax(f, axis=1)]
