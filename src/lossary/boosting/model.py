"""A trained booster together with its loss, whatever the booster: predictions on the loss's own scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.boosting.activation import Activation
from lossary.boosting.derivatives import Derivatives
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.registry import AnyLoss


class BoostedModel:
    """A trained booster together with its loss; it pickles.

    Attributes
    ----------
    booster : the booster's own model
        Its raw predictions are scores, the start included.
    loss : loss
        The loss it was trained with.
    start : array of shape () or (k,)
        The constant scores from which training began.
    learning_rate : float
        What each tree's step was multiplied by.
    """

    def __init__(self, booster: Any, derivatives: Derivatives, start: np.ndarray, learning_rate: float) -> None:
        self.booster, self.start, self.learning_rate = booster, start, learning_rate
        self.derivatives = derivatives

    @property
    def loss(self) -> AnyLoss:
        return self.derivatives.loss

    @property
    def activation(self) -> Activation:
        """What turns scores into predictions of the loss."""
        return self.derivatives.activation

    def _scores(self, data: Any, **options: Any) -> np.ndarray:
        raise NotImplementedError

    def predict(self, data: Any, raw: bool = False, **options: Any) -> np.ndarray:
        """Predicted values, means or probabilities; with ``raw`` the scores. ``options`` are the booster's own."""
        scores = self._scores(data, **options)
        return scores if raw else self.derivatives.predictions(scores)

    def cost(self, data: Any, y: Any, sample_weight: Any = None) -> float:
        """The weighted mean loss on other data."""
        return self.derivatives.cost(plain("y", y), self._scores(data), sample_weight)
