"""A trained network in NumPy: it predicts, and pickles, without PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.boosting.activation import activation_of
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.networks.learning_curve import LearningCurve, draw_learning_curve
from lossary.fit.problem.data import matrix


@dataclass(frozen=True, repr=False)
class NetworkFit:
    """A trained network, in NumPy: it pickles, and predicts without PyTorch.

    Attributes
    ----------
    loss : the loss it was trained with
    layers : weights (out, in) and biases (out,) of each layer; between layers stands a rectifier
    centre, spread : (d,)
        What is taken off each feature, and what it is then divided by.
    start, unit : (k,) and float
        A score is ``start + unit * (the last layer's output)``.
    learning_curve : LearningCurve
    feature_names : tuple of str or None
    """

    loss: AnyLoss
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    centre: np.ndarray
    spread: np.ndarray
    start: np.ndarray
    unit: float
    learning_curve: LearningCurve
    feature_names: tuple[str, ...] | None = None

    def score(self, X: object) -> np.ndarray:
        """The network's output: (n,), or (n, k) for a loss of rows."""
        features = matrix(X)
        if features.shape[1] != len(self.centre):
            raise ValueError(f"X has {features.shape[1]} features, but the network was trained on {len(self.centre)}")
        hidden = (features - self.centre) / self.spread
        for weight, bias in self.layers[:-1]:
            hidden = np.maximum(hidden @ weight.T + bias, 0.0)
        weight, bias = self.layers[-1]
        scores = self.start + self.unit * (hidden @ weight.T + bias)
        return scores if isinstance(self.loss, RowLossFunction) else scores[:, 0]

    def predict(self, X: object) -> np.ndarray:
        """What the loss takes as a prediction: the score, or a function of it that keeps to the loss's domain."""
        return activation_of(self.loss).forward(self.score(X))

    def mean(self, X: object) -> np.ndarray:
        """The prediction in the target's units: a mean, a probability, or for most regressions the same as predict."""
        return self.loss.mean(self.predict(X))

    def plot_learning_curve(self, ax: Any = None) -> Any:
        """Draw the learning curve on matplotlib's axes, and give them back."""
        return draw_learning_curve(self.learning_curve, str(self.loss), ax)

    def __repr__(self) -> str:
        sizes = " - ".join(str(size) for size in (len(self.centre), *(len(bias) for _, bias in self.layers)))
        return f"<network {sizes} under {self.loss}: {len(self.learning_curve.training)} epochs>"
