"""A trained recipe as plain data: from features to what was asked for, every row by itself.

The folds of a comparison and the model that is kept predict by the same: what was judged is what is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from lossary.choosing.table.encoding import Encoder
from lossary.choosing.training.predictions import TargetScale, probabilities
from lossary.choosing.training.recipes import Part, loss_of
from lossary.choosing.training.scores import Scores
from lossary.evaluate.registry import AnyLoss


class Predictor(Protocol):
    """What predicts rows of features: numbers (n,), ends (n, 2), probabilities of the second class or of each."""

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Predictions as yardsticks take them."""


@dataclass(frozen=True)
class NumberPart:
    """One trained model of numbers: its scores, the link of its loss, and the scale of the targets it learned."""

    scores: Scores
    link: str
    scale: TargetScale

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Predictions of targets, or of their logs."""
        return self.scale.unscaled(self.link, self.scores.predict(matrix))


@dataclass(frozen=True)
class NumberPredictor:
    """One model, or one for each end of an interval.

    ``shifts`` are added to what they predict: one for each model, or for one model one for each quantile. Both ends of
    an interval are then brought in order. ``smear`` brings predicted logs back to a mean.
    """

    encode: Encoder
    parts: tuple[NumberPart, ...]
    shifts: tuple[float, ...] = ()
    smear: float | None = None

    def predict(self, features: np.ndarray) -> np.ndarray:
        return self.of_encoded(self.encode(features))

    def of_encoded(self, matrix: np.ndarray) -> np.ndarray:
        """Predictions from the models' matrix."""
        predicted = [part.predict(matrix) for part in self.parts]
        columns = adjusted(predicted, self.parts[0].scale, self.shifts, self.smear)
        return columns[0] if len(columns) == 1 else np.column_stack(columns)


def adjusted(
    predicted: list[np.ndarray], scale: TargetScale, shifts: tuple[float, ...], smear: float | None
) -> list[np.ndarray]:
    """What models predict, shifted and in the target's units."""
    columns = predicted
    if shifts:
        several = predicted if len(predicted) > 1 else predicted * len(shifts)
        columns = [column + shift for column, shift in zip(several, shifts, strict=True)]
        if len(predicted) > 1:
            columns = list(np.sort(columns, axis=0))
    return [scale.in_units(column, smear) for column in columns]


@dataclass(frozen=True)
class ClassPredictor:
    """A model of classes: of two the probability of the second, of more one for each; 0 and 1 from a label's loss."""

    encode: Encoder
    scores: Scores
    part: Part
    classes: int

    @cached_property
    def loss(self) -> AnyLoss:
        return loss_of(self.part, "")

    def predict(self, features: np.ndarray) -> np.ndarray:
        return self.of_encoded(self.encode(features))

    def of_encoded(self, matrix: np.ndarray) -> np.ndarray:
        """Predictions from the model's matrix."""
        return class_probabilities(self.loss, self.scores.predict(matrix), self.classes)


def class_probabilities(loss: AnyLoss, f: np.ndarray, classes: int) -> np.ndarray:
    """The probabilities of each class; of two classes that of the second."""
    p = probabilities(loss, f)
    return p[:, 1] if p.ndim == 2 and classes == 2 else p


@dataclass(frozen=True)
class ConstantPredictor:
    """The same for every row: () or (k,)."""

    value: np.ndarray

    def predict(self, features: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.value, (len(features), *self.value.shape)).copy()


@dataclass(frozen=True)
class AveragePredictor:
    """The weighted mean of what others predict."""

    members: tuple[Predictor, ...]
    weights: tuple[float, ...]

    def predict(self, features: np.ndarray) -> np.ndarray:
        weighted = zip(self.weights, self.members, strict=True)
        return np.asarray(sum(weight * member.predict(features) for weight, member in weighted))


def encoders_of(predictor: Predictor) -> tuple[Encoder, ...]:
    """How the models in a predictor take features."""
    if isinstance(predictor, AveragePredictor):
        return tuple(encode for member in predictor.members for encode in encoders_of(member))
    return (predictor.encode,) if isinstance(predictor, NumberPredictor | ClassPredictor) else ()
