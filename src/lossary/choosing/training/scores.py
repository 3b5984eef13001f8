"""What training leaves of a model: plain data that predicts what the model's loss takes.

Sums of products are taken row by row (``einsum``), not by BLAS, whose last digit depends on how many rows are predicted
together and by how many threads: a row has one prediction, alone, in a part of a table, and in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import numpy as np

from lossary.boosting.activation import Activation, Identity, activation_of
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit import LinearFit
from lossary.fit.networks.model import NetworkFit

CHUNK = 1 << 14
"""Rows of a network's layers that are held at a time."""


class Scores(Protocol):
    """A trained model."""

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """What the model's loss takes as predictions, (n,) or (n, k), from an encoded matrix."""


@dataclass(frozen=True)
class LinearScores:
    """``intercept + matrix @ coef``, through an activation: (d,) and one number, or (k, d) and (k,).

    Of ``ordered`` classes the k intercepts are thresholds, and ``coef`` (d,) is taken off each.
    """

    coef: np.ndarray
    intercept: np.ndarray
    activation: Activation
    ordered: bool

    @classmethod
    def of(cls, fit: LinearFit) -> LinearScores:
        """What a fit found."""
        is_plain = fit._output is None or fit._output.is_identity
        ordered = fit.loss.record.prediction == "increasing"
        activation = Identity() if is_plain else activation_of(fit.loss)
        return cls(np.asarray(fit.coef), np.asarray(fit.intercept, dtype=np.float64), activation, ordered)

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        if self.coef.ndim == 2:
            return self.activation.forward(np.einsum("ij,kj->ik", matrix, self.coef) + self.intercept)
        linear = np.einsum("ij,j->i", matrix, self.coef)
        if self.ordered:
            return self.activation.forward(self.intercept - linear[:, np.newaxis])
        return self.activation.forward(linear + self.intercept)


@dataclass(frozen=True)
class NetworkScores:
    """A network of rectifiers: ``layers`` are weights (out, in) and biases (out,).

    A score is ``start + unit * (the last layer's output)``.
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    centre: np.ndarray
    spread: np.ndarray
    start: np.ndarray
    unit: float
    activation: Activation
    rows: bool

    @classmethod
    def of(cls, fit: NetworkFit) -> NetworkScores:
        """What a fit found."""
        layers = tuple((np.asarray(weight), np.asarray(bias)) for weight, bias in fit.layers)
        start = np.atleast_1d(np.asarray(fit.start, dtype=np.float64))
        activation, rows = activation_of(fit.loss), is_of_rows(fit.loss)
        return cls(layers, np.asarray(fit.centre), np.asarray(fit.spread), start, float(fit.unit), activation, rows)

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        parts = [self._scores(matrix[first : first + CHUNK]) for first in range(0, max(1, len(matrix)), CHUNK)]
        scores = np.concatenate(parts)
        return self.activation.forward(scores if self.rows else scores[:, 0])

    def _scores(self, matrix: np.ndarray) -> np.ndarray:
        hidden = (matrix - self.centre) / self.spread
        for weight, bias in self.layers[:-1]:
            hidden = np.maximum(np.einsum("ij,kj->ik", hidden, weight) + bias, 0.0)
        weight, bias = self.layers[-1]
        return self.start + self.unit * (np.einsum("ij,kj->ik", hidden, weight) + bias)


@dataclass(frozen=True)
class TreeScores:
    """The first ``rounds`` trees of a LightGBM booster; ``rows`` says that a prediction is a row of scores."""

    booster: Any = field(repr=False)
    rounds: int
    activation: Activation
    rows: bool

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        raw = np.asarray(self.booster.predict(matrix, raw_score=True, num_iteration=self.rounds), dtype=np.float64)
        return self.activation.forward(raw[:, np.newaxis] if self.rows and raw.ndim == 1 else raw)


@dataclass(frozen=True)
class HistogramScores:
    """The first ``rounds`` trees of scikit-learn's histogram boosting, of numbers (0 ``classes``) or of classes.

    ``log`` says that its loss takes the log of what the trees predict.
    """

    model: Any = field(repr=False)
    rounds: int
    classes: int
    log: bool

    def staged(self, matrix: np.ndarray) -> Iterator[np.ndarray]:
        """What the loss takes as predictions, after each round."""
        if self.classes:
            return (_logits(p, self.classes) for p in self.model.staged_predict_proba(matrix))
        return (np.log(p) if self.log else p for p in self.model.staged_predict(matrix))

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        return next(islice(self.staged(matrix), self.rounds - 1, None))


def _logits(p: np.ndarray, classes: int) -> np.ndarray:
    with np.errstate(divide="ignore"):
        logs = np.log(p)
    return logs[:, 1] - logs[:, 0] if classes == 2 else logs


def is_of_rows(loss: object) -> bool:
    """Whether a loss takes a row of scores."""
    return isinstance(loss, RowLossFunction)
