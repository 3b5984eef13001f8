"""The best value of every leaf of a tree under the loss itself, where the booster only took a Newton step."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.boosting.curvature import of_residuals
from lossary.boosting.derivatives import Derivatives, usual_residual
from lossary.boosting.model import BoostedModel
from lossary.boosting.targets import targets_of
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.pointwise.function import LossFunction

DOUBLINGS = 24
"""How often the first step may double before a leaf is said to fall for ever, and is left as it is."""

HALVINGS = 40


def best_steps(
    derivatives: Derivatives, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None, leaf: np.ndarray
) -> dict[int, float]:
    """For each leaf number the constant that, added to its examples' scores, makes their cost least.

    Found where the summed gradient changes sign, by bisection of all leaves at once. For a loss that is not convex that
    is the minimum on the way down from where the scores are. A leaf whose cost falls for ever keeps the step 0.
    """
    if not isinstance(derivatives.loss, LossFunction):
        raise TypeError(f"{derivatives.loss}: leaves can be refreshed for losses of one score, not of rows")
    order = np.argsort(leaf, kind="stable")
    numbers, begins = np.unique(leaf[order], return_index=True)
    slope = _Slopes(derivatives, y[order], scores[order], None if weight is None else weight[order], begins)
    downhill = -np.sign(slope(np.zeros(numbers.size)))
    near, far = np.zeros(numbers.size), downhill * slope.scale()
    searching = downhill != 0.0
    for _ in range(DOUBLINGS):
        beyond = slope(far) * downhill >= 0.0
        if not np.any(searching := searching & ~beyond):
            break
        near, far = np.where(searching, far, near), np.where(searching, 2.0 * far, far)
    for _ in range(HALVINGS):
        middle = 0.5 * (near + far)
        beyond = slope(middle) * downhill >= 0.0
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
    steps = np.where(searching, 0.0, 0.5 * (near + far))
    return dict(zip(numbers.tolist(), steps.tolist(), strict=True))


class LeafRefresh:
    """Leaves improved tree by tree, each by a learning rate's share of the step of least cost.

    Parameters
    ----------
    model : BoostedModel
    scores : array
        The model's raw scores on the data it was trained on.
    y, sample_weight
        What it was trained on.
    """

    def __init__(self, model: BoostedModel, scores: np.ndarray, y: Any, sample_weight: Any = None) -> None:
        self._model = model
        self._scores = scores.astype(np.float64)
        self._labels = plain("y", y)
        self._weight = None if sample_weight is None else plain("sample_weight", sample_weight)

    def steps(self, leaf: np.ndarray) -> dict[int, float]:
        """What to add to the leaves of the next tree, by their numbers; ``leaf`` is the leaf of each example.

        The scores are those of the improved trees from then on, so trees must come in their order.
        """
        best = best_steps(self._model.derivatives, self._labels, self._scores, self._weight, leaf)
        steps = {number: self._model.learning_rate * step for number, step in best.items()}
        for number, step in steps.items():
            self._scores[leaf == number] += step
        return steps


class _Slopes:
    """The summed gradient of each leaf, as a function of what is added to its scores."""

    def __init__(
        self, derivatives: Derivatives, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None, begins: np.ndarray
    ) -> None:
        self._derivatives, self._begins = derivatives, begins
        self._y, self._scores, self._weight = targets_of(derivatives.loss, y), scores.astype(np.float64), weight
        self._sizes = np.diff(begins, append=y.size)

    def __call__(self, steps: np.ndarray) -> np.ndarray:
        scores = self._scores + np.repeat(steps, self._sizes)
        loss, activation = self._derivatives.loss, self._derivatives.activation
        predictions = activation.forward(scores)
        gradient = loss.gradient(self._y, predictions)
        gradient = activation.chained(scores, gradient, np.zeros_like(gradient), bend=False)[0]
        if self._weight is not None:
            gradient = np.where(self._weight == 0.0, 0.0, gradient * self._weight)
        return np.add.reduceat(gradient, self._begins)

    def scale(self) -> float:
        """The size of a first step."""
        if of_residuals(self._derivatives.loss, self._derivatives.activation):
            return usual_residual(self._y, self._scores)
        return 1.0
