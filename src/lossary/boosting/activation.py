"""From a booster's scores, which may be any numbers, to predictions that a loss takes; and back through the chain rule.

Most losses take any number, and nothing happens here. One that wants a positive prediction is given an exponential, one
that wants a probability a sigmoid; rows of probabilities are a softmax of the scores, and increasing rows are sums of
exponentials. None of this is mathematics of a loss: it is the booster's choice of coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lossary import primitives
from lossary.evaluate.links import softmax
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Interval


class Activation(Protocol):
    """Predictions as a function of scores, and derivatives by predictions turned into derivatives by scores."""

    @property
    def name(self) -> str:
        """What it is called."""

    def forward(self, scores: np.ndarray) -> np.ndarray:
        """The predictions of scores."""

    def chained(
        self, scores: np.ndarray, gradient: np.ndarray, hessian: np.ndarray, bend: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and curvature by the scores; with ``bend`` the curvature of the activation itself is in the latter.

        For rows the curvature is of what the Hessian's diagonal gives.
        """

    def inverse(self, prediction: float) -> float:
        """The score of a prediction."""


@dataclass(frozen=True)
class Identity:
    """Scores are predictions."""

    name: str = "identity"

    def forward(self, scores: np.ndarray) -> np.ndarray:
        return scores

    def chained(
        self, scores: np.ndarray, gradient: np.ndarray, hessian: np.ndarray, bend: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        return gradient, hessian

    def inverse(self, prediction: float) -> float:
        return prediction


@dataclass(frozen=True)
class Exponential:
    """``low + exp(score)``: predictions above a bound."""

    low: float
    name: str = "exp"

    def forward(self, scores: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(self.low + primitives.exp(scores), dtype=scores.dtype)

    def chained(
        self, scores: np.ndarray, gradient: np.ndarray, hessian: np.ndarray, bend: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(over="ignore", under="ignore"):
            slope = primitives.exp(scores)
            chained = gradient * slope
            return chained, hessian * slope * slope + (chained if bend else 0.0)

    def inverse(self, prediction: float) -> float:
        return math.log(prediction - self.low) if prediction > self.low else -math.inf


@dataclass(frozen=True)
class Sigmoid:
    """``low + (high - low) sigmoid(score)``: predictions between two bounds."""

    low: float
    high: float
    name: str = "sigmoid"

    def forward(self, scores: np.ndarray) -> np.ndarray:
        with np.errstate(under="ignore"):
            return np.asarray(self.low + (self.high - self.low) * primitives.sigmoid(scores), dtype=scores.dtype)

    def chained(
        self, scores: np.ndarray, gradient: np.ndarray, hessian: np.ndarray, bend: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(under="ignore"):
            slope = (self.high - self.low) * primitives.sigmoid_slope(scores)
            chained = gradient * slope
            turn = chained * (primitives.sigmoid(-scores) - primitives.sigmoid(scores)) if bend else 0.0
            return chained, hessian * slope * slope + turn

    def inverse(self, prediction: float) -> float:
        share = (prediction - self.low) / (self.high - self.low)
        if not 0.0 < share < 1.0:
            return math.copysign(math.inf, share - 0.5)
        return math.log(share) - math.log1p(-share)


@dataclass(frozen=True)
class Softmax:
    """Rows of probabilities."""

    name: str = "softmax"

    def forward(self, scores: np.ndarray) -> np.ndarray:
        # Summed in double: a row must add up to one as nearly as its dtype can.
        return softmax(scores.astype(np.float64)).astype(scores.dtype)

    def chained(
        self, scores: np.ndarray, gradient: np.ndarray, hessian: np.ndarray, bend: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        p = softmax(scores)
        chained = p * (gradient - (p * gradient).sum(axis=1, keepdims=True))
        within = (hessian * p * p).sum(axis=1, keepdims=True)
        bent = (1.0 - 2.0 * p) * chained if bend else 0.0
        return chained, p * p * (hessian * (1.0 - 2.0 * p) + within) + bent

    def inverse(self, prediction: float) -> float:
        return math.log(prediction) if prediction > 0.0 else -math.inf


@dataclass(frozen=True)
class Increasing:
    """Rows that increase: the first score, then each one its predecessor and the exponential of its own score."""

    name: str = "increasing"

    def forward(self, scores: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            return np.cumsum(self._slopes(scores, scores), axis=1)

    def chained(
        self, scores: np.ndarray, gradient: np.ndarray, hessian: np.ndarray, bend: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(over="ignore", under="ignore"):
            slopes = self._slopes(scores, np.ones_like(scores))
            chained = slopes * _sums_to_the_right(gradient)
            bent = chained * (np.arange(scores.shape[1]) > 0) if bend else 0.0
            return chained, slopes * slopes * _sums_to_the_right(hessian) + bent

    def inverse(self, prediction: float) -> float:
        return prediction

    @staticmethod
    def _slopes(scores: np.ndarray, first: np.ndarray) -> np.ndarray:
        steps = np.asarray(primitives.exp(scores))
        steps[:, 0] = first[:, 0]
        return steps


def _sums_to_the_right(numbers: np.ndarray) -> np.ndarray:
    return numbers[:, ::-1].cumsum(axis=1)[:, ::-1]


def activation_of(loss: AnyLoss) -> Activation:
    """The activation that a loss's predictions need; TypeError for predictions that no score can stand for."""
    if isinstance(loss, RowLossFunction):
        rows: dict[str, Activation] = {"scores": Identity(), "probabilities": Softmax(), "increasing": Increasing()}
        if loss.record.prediction in rows:
            return rows[loss.record.prediction]
        raise TypeError(f"{loss}: a booster's scores are no {loss.record.prediction}; take the loss of logits instead")
    domain = loss.prediction
    if isinstance(domain, Interval):
        below, above = math.isfinite(domain.low), math.isfinite(domain.high)
        if not below and not above:
            return Identity()
        if below:
            return Sigmoid(domain.low, domain.high) if above else Exponential(domain.low)
    raise TypeError(f"{loss}: predictions must be in {domain}, which a booster's scores cannot stand for")
