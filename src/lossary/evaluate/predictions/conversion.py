"""Predictions in the target's units, means or probabilities, as what a loss takes: to judge any model by any loss."""

from __future__ import annotations

import numpy as np

from lossary.evaluate.links import LINKS
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import REALS


def from_means(loss: LossFunction, means: np.ndarray) -> np.ndarray:
    """What a loss of one prediction takes, (n,), from means (or probabilities of the second label)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        predictions = np.asarray(LINKS[loss.link](means))
    if np.isnan(predictions).any():
        first = int(np.argmax(np.isnan(predictions)))
        raise ValueError(f"{loss} takes the {loss.link} of predictions, but the one of row {first} is {means[first]:g}")
    return predictions


def from_probabilities(loss: RowLossFunction, p: np.ndarray) -> np.ndarray:
    """Rows of what a loss of classes takes, from probabilities (n, classes).

    Scores are the logarithms: right for every loss whose scores are those of a softmax.
    """
    kind = loss.record.prediction
    with np.errstate(divide="ignore"):
        if kind == "increasing":
            return LINKS["logit"](np.cumsum(p, axis=1)[:, :-1])
        return np.log(p) if kind in ("scores", "log_probabilities") else p


def takes_probabilities(loss: AnyLoss) -> bool:
    """Whether probabilities of labels tell all that a loss of labels takes; margins, for one, they do not tell."""
    if isinstance(loss, LossFunction):
        return loss.prediction != REALS or loss.link != "identity"
    return loss.record.prediction != "scores" or (loss.link == "softmax" and loss.functional not in ("label", "none"))
