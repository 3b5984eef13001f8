"""From what a loss of labels takes to the probabilities of the labels.

Neither a table of losses nor the link alone tells them. Where the expected loss is least, the gradients of the labels,
each times its probability, cancel; so the probabilities that a score stands for are read off the loss's own gradient.
That holds for losses that distort them (focal), whose link alone would not give them back (Charoenphakdee et al. 2021,
arXiv:2011.09172).
"""

from __future__ import annotations

import numpy as np

from lossary.evaluate.links import ROW_INVERSES, softmax
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss
from lossary.formula import LABELS, SIGNS, UNIT

LABEL_ONLY = ("label", "none", "smoothed_hinge", "geometric mean")
"""Functionals that tell which label is likeliest, and not how likely."""

SURE = 30.0
"""Scores are read up to this size: beyond it exponentials differ by less than rounding."""


def is_binary(loss: AnyLoss) -> bool:
    """Whether the loss is of one score for one of two labels."""
    return isinstance(loss, LossFunction) and loss.target in (SIGNS, LABELS, UNIT)


def as_targets(loss: LossFunction, positive: np.ndarray) -> np.ndarray:
    """Labels, true for the second of the two, as a loss codes them: -1 and 1, or 0 and 1."""
    return np.where(positive, 1.0, -1.0 if loss.target == SIGNS else 0.0)


def gives_probabilities(loss: AnyLoss) -> bool:
    """Whether predictions tell how likely labels are."""
    if isinstance(loss, LossFunction):
        return is_binary(loss) and loss.functional not in LABEL_ONLY
    return loss.record.targets != "scores" and loss.functional not in LABEL_ONLY


def probabilities(loss: AnyLoss, f: np.ndarray) -> np.ndarray:
    """Probabilities of the second label, (n,), or of every class, (n, classes), at predictions ``f``.

    Raises TypeError for a loss that settles no more than the label.
    """
    if not gives_probabilities(loss):
        raise TypeError(f"{loss} tells which label is likelier, but not how likely")
    f = np.asarray(f, dtype=np.float64)
    return _of_two(loss, f) if isinstance(loss, LossFunction) else _of_rows(loss, f)


def _of_two(loss: LossFunction, f: np.ndarray) -> np.ndarray:
    if loss.prediction == UNIT:
        return f
    if loss.link != "identity" and loss.claims.get("proper"):
        return loss.mean(f)
    f = np.clip(f, -SURE, SURE)
    up = loss.gradient(as_targets(loss, np.ones(f.shape, bool)), f, check=False)
    down = loss.gradient(as_targets(loss, np.zeros(f.shape, bool)), f, check=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = down / (down - up)
    return np.where(np.isfinite(ratios), np.clip(ratios, 0.0, 1.0), f > 0.0)


def _of_rows(loss: AnyLoss, f: np.ndarray) -> np.ndarray:
    kind = loss.record.prediction
    if kind == "increasing":
        return np.diff(ROW_INVERSES["sigmoid"](f), axis=1, prepend=0.0, append=1.0)
    if kind != "scores":
        return _shares(np.exp(f) if kind == "log_probabilities" else f)
    if loss.link == "sigmoid":
        return softmax(-np.logaddexp(0.0, -f))  # shares of sigmoids, where all of them are nearly zero too
    if loss.link == "identity":  # a Fenchel-Young loss, whose gradient is the probabilities less the target
        first = np.zeros(len(f), dtype=np.int64)
        p = np.asarray(loss.gradient(first, f, check=False))
        p[:, 0] += 1.0
        return _shares(np.maximum(p, 0.0))
    return softmax(f) if loss.functional == "probability" else _undistorted(loss, f)


def _undistorted(loss: AnyLoss, f: np.ndarray) -> np.ndarray:
    """Of a loss phi(q) of the label's softmax probability: in proportion to q (1 - q) / -g, with g = dphi / dscore."""
    f = np.clip(f - f.max(axis=1, keepdims=True), -SURE, 0.0)
    q = softmax(f)
    weights = np.empty_like(q)
    for label in range(f.shape[1]):
        pull = np.asarray(loss.gradient(np.full(len(f), label), f, check=False))[:, label]
        with np.errstate(invalid="ignore", divide="ignore"):
            weights[:, label] = q[:, label] * (1.0 - q[:, label]) / -pull
    return _shares(np.where(np.isfinite(weights) & (weights >= 0.0), weights, q))


def _shares(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))
