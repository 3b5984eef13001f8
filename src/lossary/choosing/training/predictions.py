"""From what a loss predicts to what was asked for: numbers in the target's units, probabilities, or labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.study import Candidate
from lossary.evaluate.links import INVERSES
from lossary.evaluate.predictions.probabilities import as_targets, gives_probabilities
from lossary.evaluate.predictions.probabilities import probabilities as probabilities_of
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction

# Numbers.


@dataclass(frozen=True)
class TargetScale:
    """How targets are scaled for training: ``(t - centre) / unit``, with t the target or its log1p."""

    centre: float
    unit: float
    log1p: bool

    def scaled(self, y: np.ndarray) -> np.ndarray:
        """Targets as a loss is trained on them."""
        return np.ascontiguousarray((self.transformed(y) - self.centre) / self.unit)

    def transformed(self, y: np.ndarray) -> np.ndarray:
        """Targets, or their logs."""
        return np.log1p(y) if self.log1p else y

    def unscaled(self, link: str, f: np.ndarray) -> np.ndarray:
        """What predictions of a loss with this link are of targets, or of their logs."""
        with np.errstate(over="ignore"):
            return INVERSES[link](np.asarray(f, dtype=np.float64)) * self.unit + self.centre

    def in_units(self, predictions: np.ndarray, smear: float | None = None) -> np.ndarray:
        """Predictions of targets, or of their logs, in the target's units; ``smear`` is the mean of exp(residual)."""
        with np.errstate(over="ignore"):
            if smear is not None:
                return np.exp(predictions) * smear - 1.0
            return np.expm1(predictions) if self.log1p else predictions


@dataclass(frozen=True)
class Residuals:
    """Transformed targets minus predictions, of rows whose residuals are like those of new rows, and their weights."""

    values: np.ndarray
    weight: np.ndarray | None = None

    def quantile(self, level: float) -> float:
        """What a new row's residual lies below with this probability, if it is one like these.

        The i-th of n has the probability i / (n + 1): a new row is as likely to fall into any of the n + 1 gaps (Vovk,
        Gammerman and Shafer 2005). Between them lines are drawn, as by NumPy's method "weibull"; beyond the last
        residual nothing is known, and it is taken.
        """
        order, places = self._places()
        return float(np.interp(level, places, self.values[order]))

    def reaches(self, level: float) -> bool:
        """Whether there are residuals enough for a level: below and above it one at least."""
        _, places = self._places()
        return bool(places[0] <= level <= places[-1])

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """The order of the residuals, and the probability of lying below each; weights count as parts of rows."""
        order = np.argsort(self.values, kind="stable")
        weight = np.ones(order.size) if self.weight is None else self.weight[order]
        share = weight / weight.sum()
        rows = 1.0 / float(np.sum(share**2))
        return order, ((np.cumsum(share) - 0.5 * share) * rows + 0.5) / (rows + 1.0)


def scale_of(candidate: Candidate, y: np.ndarray) -> TargetScale:
    """Standardised targets for losses of residuals, over their mean for those with a log link, as shares for logits."""
    log1p = bool(candidate.target)
    link = candidate.link
    if candidate.own_units and link != "logit":
        return TargetScale(0.0, 1.0, log1p)
    if link == "log":
        unscaled = candidate.loss == "negative_binomial"  # its dispersion is of counts, not of anything in proportion
        mean = float(y.mean())
        return TargetScale(0.0, mean if mean > 0.0 and not unscaled else 1.0, log1p)
    if link == "logit":
        low, high = candidate.bounds
        return TargetScale(low, high - low, log1p)
    if link != "identity":
        return TargetScale(0.0, 1.0, log1p)
    transformed = np.log1p(y) if log1p else y
    centre = float(np.median(transformed))
    unit = float(np.median(np.abs(transformed - centre))) / 0.6745 or float(np.std(transformed)) or 1.0
    return TargetScale(centre, unit, log1p)


def smear_of(residuals: Residuals) -> float:
    """What exp of a predicted log has to be multiplied by to be a mean (Duan 1983)."""
    return float(np.average(np.exp(residuals.values), weights=residuals.weight))


# Classes.


def class_targets(loss: AnyLoss, y: np.ndarray) -> np.ndarray:
    """Class numbers as a loss takes them."""
    return y.astype(np.int64) if isinstance(loss, RowLossFunction) else as_targets(loss, y > 0.0)


def probabilities(loss: AnyLoss, f: np.ndarray) -> np.ndarray:
    """Probabilities of class 1, or of each class; zeros and ones where a loss gives the label alone."""
    if loss.name == "logistic":  # of smoothed labels too: undoing the smoothing would undo what it is there for
        return np.asarray(loss.mean(f))
    if gives_probabilities(loss):
        return probabilities_of(loss, f)
    return (f > 0.0).astype(np.float64) if f.ndim == 1 else np.eye(f.shape[1])[np.argmax(f, axis=1)]
