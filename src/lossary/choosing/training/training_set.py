"""What a model is trained on, and what training gives: the same for lines, trees and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossary.choosing.training.scores import Scores


@dataclass(frozen=True)
class TreeSettings:
    """How boosted trees are grown: the same under every loss, so that losses are compared and not their settings.

    ``rate`` is the learning rate, ``leaves`` the leaves of a tree at most, ``fewest_rows`` the rows of a leaf at least,
    ``rounds`` the trees at most, and ``patience`` the rounds without a better held-out score after which training ends.
    Each tree sees ``share`` of the rows and of the columns, drawn at random.
    """

    rate: float = 0.05
    leaves: int = 8
    fewest_rows: int = 5
    rounds: int = 2000
    patience: int = 30
    share: float = 0.8


SMALL_TREES = TreeSettings()
"""Many small trees of small steps: safe where rows are few."""


@dataclass(frozen=True)
class TrainingSet:
    """The training rows of one fold: matrix, targets as the loss takes them, weights, and ways to hold rows out.

    ``splits`` are pairs of rows to learn from and rows held out; no row is held out twice.
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
    trees: TreeSettings

    def weights(self, rows: np.ndarray) -> np.ndarray | None:
        """The weights of some rows."""
        return None if self.weight is None else self.weight[rows]


@dataclass(frozen=True)
class TrainedModel:
    """A trained model: ``scores`` give what its loss takes as predictions.

    ``out_of_fold()`` gives training rows and predictions of them by models that have not seen them: their residuals are
    like those of new rows.
    """

    scores: Scores
    out_of_fold: Callable[[], tuple[np.ndarray, np.ndarray]]
    remark: str = ""
