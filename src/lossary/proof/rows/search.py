"""Where is a function of a row largest or least? Many climbers at once on NumPy; the referee judges what they find.

A climber walks over free numbers, which ``points.FREE`` turns into valid predictions: each takes a random step, keeps
it if it leads on, and lengthens its stride after a success, shortens it after a failure.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lossary.backends.numpy_rows import Rows
from lossary.proof.rows.points import FREE
from lossary.proof.rows.subject import valued
from lossary.rowwise import RowLoss

STEPS = 120
REACH = 600.0
"""Free numbers stay within this."""

Heights = Callable[[np.ndarray], np.ndarray]
"""From rows of free numbers (n, k) to the n numbers to be made small."""


def descend(
    heights: Heights, start: np.ndarray, steps: int = STEPS, into: Callable[[np.ndarray], np.ndarray] = lambda z: z
) -> tuple[np.ndarray, np.ndarray]:
    """Where each climber ends, and how low; ``into`` brings a step back to where climbers may be."""
    chosen = np.random.default_rng(1857)
    here = into(start.copy())
    low = heights(here)
    stride = np.full((len(start), 1), 1.0)
    # An infinite start is left for the first number.
    low = np.where(np.isnan(low), math.inf, low)
    for step in range(steps):
        way = chosen.normal(size=here.shape)
        if step % 3 == 2:
            # Along one coordinate: in a narrow valley, or where only one score counts.
            way *= np.eye(here.shape[1])[chosen.integers(here.shape[1], size=len(here))]
        there = into(np.clip(here + stride * way, -REACH, REACH))
        found = heights(there)
        better = found < low
        here = np.where(better[:, np.newaxis], there, here)
        low = np.where(better, found, low)
        stride = np.clip(stride * np.where(better, 2.0, 0.8)[:, np.newaxis], 1e-9, 100.0)
    return here, low


class Terrain:
    """A loss at fixed parameters on NumPy, over free numbers."""

    def __init__(self, loss: RowLoss, parameters: tuple[float, ...]) -> None:
        self.loss = loss
        self.given = dict(zip((p.name for p in loss.parameters), parameters, strict=True))

    def rows(self, t: np.ndarray, z: np.ndarray) -> Rows:
        """The loss on the rows that free numbers stand for."""
        return Rows(self.loss, t, FREE[self.loss.prediction](z), self.given)

    def at(self, t: np.ndarray, f: np.ndarray) -> np.ndarray:
        """The loss of rows of predictions as they are."""
        return Rows(valued(self.loss), t, f, self.given).value

    def value(self, t: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The loss of each row."""
        return self.at(t, FREE[self.loss.prediction](z))

    def steepest(self, t: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The largest gradient of each row."""
        slopes: np.ndarray = np.abs(self.rows(t, z).over_scores("grad")).max(axis=1)
        return slopes

    def expected(self, shares: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The mean loss of each row if its class is drawn with probabilities ``shares`` (n, classes).

        A loss whose target is a teacher's scores is told their logarithms.
        """
        n, classes = shares.shape
        if self.loss.targets == "scores":
            return self.value(np.log(shares), z)
        indices = np.tile(np.eye(classes), (n, 1))
        each = self.value(indices, np.repeat(z, classes, axis=0)).reshape(n, classes)
        mean: np.ndarray = np.where(shares > 0.0, shares * each, 0.0).sum(axis=1)
        return mean
