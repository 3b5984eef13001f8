"""What a model is trained on, and what training gives: the same for lines, trees and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TrainingSet:
    """The training rows of one fold: matrix, targets as the loss takes them, weights, and ways to hold rows out.

    ``splits`` are pairs of rows to learn from and rows held out, ``learned`` and ``held_out`` the first of them.
    ``score(f, rows)`` is the mean score, by the yardstick, of a loss's predictions of rows held out; less is better.
    ``classes`` is the number of classes, 0 for numbers.
    """

    matrix: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    splits: tuple[tuple[np.ndarray, np.ndarray], ...]
    score: Callable[[np.ndarray, np.ndarray], float]
    classes: int
    seed: int

    @property
    def learned(self) -> np.ndarray:
        return self.splits[0][0]

    @property
    def held_out(self) -> np.ndarray:
        return self.splits[0][1]

    def weights(self, rows: np.ndarray) -> np.ndarray | None:
        """The weights of some rows."""
        return None if self.weight is None else self.weight[rows]


@dataclass(frozen=True)
class TrainedModel:
    """A trained model: ``predict`` gives what its loss takes as predictions.

    ``residual_rows`` are the training rows whose residuals are like those of new rows: all of a line's, of trees and
    networks those that were held out.
    """

    predict: Callable[[np.ndarray], np.ndarray]
    residual_rows: np.ndarray
    remark: str = ""
