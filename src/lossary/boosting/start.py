"""Where boosting starts: the scores of least cost that are the same for every example."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.boosting.activation import Activation, Identity, activation_of
from lossary.boosting.targets import classes_in, more_classes, targets_of
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import SIGNS

FARTHEST = 30.0
"""A start that would be infinite, such as the logit of a certain event, ends here; so do absent classes."""


def starting_score(
    loss: str | AnyLoss, y: np.ndarray, sample_weight: np.ndarray | None = None, classes: int | None = None
) -> np.ndarray:
    """The best constant score, or row of scores: an array of shape () or (k,).

    ``classes`` is how many there are, for a loss of rows; by default as many as the labels show. Raises ValueError
    where no constant is best. Hinge losses start from 0: at their best constant the heavier class has no slope, so that
    one leaf is as good as another and no tree grows.
    """
    loss = get(loss)
    activation = activation_of(loss)
    y = plain("y", y)
    if isinstance(loss, RowLossFunction):
        return _row(loss, activation, y, sample_weight, classes_in(loss, y, classes) or 0)
    targets = targets_of(loss, y)
    score = activation.inverse(loss.optimal_constant(targets, sample_weight))
    if loss.record.target == SIGNS and _has_a_flat_class(loss, targets, score):
        return np.zeros(())
    logarithmic = not isinstance(activation, Identity) or loss.link != "identity"
    return np.asarray(min(max(score, -FARTHEST), FARTHEST) if logarithmic else score)


def start_of_training(loss: AnyLoss, y: np.ndarray, sample_weight: Any, scores: int | None) -> np.ndarray:
    """The starting score for a booster that was told to hold so many scores an example (None if it was not told).

    Raises ValueError where the loss needs another number of them.
    """
    start = starting_score(loss, y, sample_weight, None if scores is None else scores + more_classes(loss))
    if start.ndim and scores != start.size and not (scores is None and start.size == 1):
        raise ValueError(f"{loss} needs num_class={start.size} in params: that many scores an example")
    return start


def _has_a_flat_class(loss: LossFunction, targets: np.ndarray, score: float) -> bool:
    """Whether a class has neither slope nor curvature at this score."""
    g, h = loss.gradient_and_hessian(targets, np.full(targets.size, score))
    return bool(((g == 0.0) & (h == 0.0)).any())


def _row(
    loss: RowLossFunction, activation: Activation, y: np.ndarray, sample_weight: np.ndarray | None, k: int
) -> np.ndarray:
    """By descent: the cost of a constant row needs the classes' shares only, one example a class."""
    from scipy.optimize import minimize  # noqa: PLC0415  comes with every booster

    indices = targets_of(loss, y)
    classes = np.arange(k + loss.record.more_classes)
    predictions = np.broadcast_to(activation.forward(np.zeros((1, k))), (len(indices), k))
    loss.parts(indices, predictions, sample_weight)  # refuses what is no class or no weight
    shares = np.bincount(indices, weights=sample_weight, minlength=len(classes))
    if shares.sum() == 0.0:
        raise ValueError(f"{loss}: no example counts, so no constant is best")
    shares = shares / shares.sum()

    def cost_and_slope(score: np.ndarray) -> tuple[float, np.ndarray]:
        rows = np.broadcast_to(score, (len(classes), k))
        f = activation.forward(rows.copy())
        cost, gradient = loss.cost_and_gradient(classes, f, shares, reduction="sum")
        return cost, activation.chained(rows, gradient, np.zeros_like(gradient), bend=False)[0].sum(axis=0)

    minimum = minimize(cost_and_slope, np.zeros(k), jac=True, method="L-BFGS-B", bounds=[(-FARTHEST, FARTHEST)] * k)
    return np.asarray(minimum.x)


def rounded(start: np.ndarray) -> float | list[float]:
    """Plain numbers, for parameters that travel as text."""
    if not np.all(np.isfinite(start)):
        raise ValueError(f"no finite constant to start from: {start}")
    return float(start) if start.ndim == 0 else [float(number) for number in start]


def is_row(loss: AnyLoss) -> bool:
    """Whether an example has a row of scores."""
    return not isinstance(loss, LossFunction)
