"""From what a loss predicts to what was asked for: a number in the target's units, a probability, or a label.

Probabilities are not read off by a link alone. A loss that distorts them (focal, generalised cross-entropy) still tells
them: the score that it is least at for a probability is known from its own gradient. For two classes the expected loss
is least where p g1 + (1 - p) g0 = 0, with the gradients g1 and g0 of either label; for losses phi(q) of the label's
softmax probability, where p is in proportion to q (1 - q) / -g, with the gradient g of each label by its own score
(Charoenphakdee et al. 2021, arXiv:2011.09172, has the closed form for focal losses).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.choosing.recipes import Recipe, loss_of
from lossary.evaluate.interface import LossFunction
from lossary.evaluate.links import softmax
from lossary.evaluate.registry import AnyLoss, get, pointwise
from lossary.evaluate.rowwise import RowLossFunction
from lossary.formula import SIGNS

SURE = 30.0
"""Scores beyond this are as sure as a probability can be read."""

DISTORTING = ("focal", "generalized_cross_entropy", "symmetric_cross_entropy", "poly1")


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


def scale_of(recipe: Recipe, y: np.ndarray) -> Scale:
    """Standardised targets for losses of residuals, targets over their mean for those with a log link."""
    log1p = bool(recipe.candidate.target)
    link = recipe.candidate.link
    if link == "log":
        exact = (
            recipe.candidate.loss == "negative_binomial"
        )  # its dispersion is of counts, not of anything in proportion
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
    if isinstance(loss, RowLossFunction):
        return y.astype(np.int64)
    return 2.0 * y - 1.0 if loss.target == SIGNS else y.astype(np.float64)


def probabilities(loss: AnyLoss, f: np.ndarray) -> np.ndarray:
    """Probabilities of class 1, or of each class; zeros and ones where a loss settles the label alone."""
    if isinstance(loss, RowLossFunction):
        return _of_rows(loss, f)
    if loss.functional == "label":
        return (f > 0.0).astype(np.float64)
    if loss.name == "logistic":  # with smoothed labels too: undone, they would make sure what they were to leave open
        return loss.mean(f)
    return _of_two(loss, np.clip(f, -SURE, SURE))


def _of_two(loss: LossFunction, f: np.ndarray) -> np.ndarray:
    one, none = class_targets(loss, np.ones_like(f)), class_targets(loss, np.zeros_like(f))
    up, down = loss.gradient(one, f, check=False), loss.gradient(none, f, check=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = down / (down - up)
    # Where neither label pulls, the loss is content with both: the side of zero is all it says.
    return np.where(np.isfinite(found), np.clip(found, 0.0, 1.0), (f > 0.0).astype(np.float64))


def _of_rows(loss: RowLossFunction, f: np.ndarray) -> np.ndarray:
    if loss.record.prediction == "increasing":
        return _of_levels(f)
    if loss.functional in ("label", "none"):
        return np.eye(f.shape[1])[np.argmax(f, axis=1)]
    if loss.name in ("one_vs_rest_logistic", "multilabel_soft_margin"):
        each = loss.mean(f)
        return np.asarray(each / each.sum(axis=1, keepdims=True))
    if loss.name in DISTORTING or loss.functional in DISTORTING:
        return _undistorted(loss, np.clip(f - f.max(axis=1, keepdims=True), -SURE, 0.0))
    return np.asarray(loss.mean(f)) if loss.link != "softmax" else softmax(f)


def _undistorted(loss: RowLossFunction, f: np.ndarray) -> np.ndarray:
    q = softmax(f)
    found = np.empty_like(q)
    for label in range(f.shape[1]):
        pull = loss.gradient(np.full(len(f), label), f, check=False)[:, label]
        with np.errstate(invalid="ignore", divide="ignore"):
            found[:, label] = q[:, label] * (1.0 - q[:, label]) / -pull
    found = np.where(np.isfinite(found) & (found >= 0.0), found, q)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _of_levels(f: np.ndarray) -> np.ndarray:
    """Probabilities of ordered classes from their increasing cumulative logits."""
    below = get("logistic").mean(f)
    ends = np.concatenate([np.zeros((len(f), 1)), below, np.ones((len(f), 1))], axis=1)
    return np.maximum(np.diff(ends, axis=1), 0.0)


__all__ = ["Scale", "class_targets", "finished", "loss_of", "probabilities", "scale_of"]
