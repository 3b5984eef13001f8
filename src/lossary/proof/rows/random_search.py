"""Where is a function of a row largest or least? A random search on NumPy; the referee judges what it finds.

Many points search at once, over unconstrained numbers that ``cases.FROM_UNCONSTRAINED`` turns into valid predictions.
Each takes a random step and keeps it if the objective falls; steps grow after a success and shrink after a failure.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lossary.backends.numpy_rows import Rows
from lossary.proof.rows.cases import FROM_UNCONSTRAINED
from lossary.proof.rows.exact_loss import valued
from lossary.rowwise import RowLoss

STEPS = 120
REACH = 600.0
"""Unconstrained numbers stay within this."""

Objective = Callable[[np.ndarray], np.ndarray]
"""From rows of unconstrained numbers (n, k) to the n numbers to be made small."""


def minimise(
    objective: Objective,
    start: np.ndarray,
    steps: int = STEPS,
    project: Callable[[np.ndarray], np.ndarray] = lambda points: points,
) -> tuple[np.ndarray, np.ndarray]:
    """Where each search ends, and the objective there; ``project`` brings a step back to where points may be."""
    generator = np.random.default_rng(1857)
    points = project(start.copy())
    lowest = objective(points)
    step_size = np.full((len(start), 1), 1.0)
    # An infinite start is left for the first number.
    lowest = np.where(np.isnan(lowest), math.inf, lowest)
    for step in range(steps):
        direction = generator.normal(size=points.shape)
        if step % 3 == 2:
            # Along one coordinate: in a narrow valley, or where only one score counts.
            direction *= np.eye(points.shape[1])[generator.integers(points.shape[1], size=len(points))]
        proposed = project(np.clip(points + step_size * direction, -REACH, REACH))
        objectives = objective(proposed)
        is_better = objectives < lowest
        points = np.where(is_better[:, np.newaxis], proposed, points)
        lowest = np.where(is_better, objectives, lowest)
        step_size = np.clip(step_size * np.where(is_better, 2.0, 0.8)[:, np.newaxis], 1e-9, 100.0)
    return points, lowest


class NumpyRowLoss:
    """A loss at fixed parameters on NumPy, as a function of unconstrained numbers."""

    def __init__(self, record: RowLoss, parameters: tuple[float, ...]) -> None:
        self.record = record
        self.parameters = dict(zip((p.name for p in record.parameters), parameters, strict=True))

    def rows(self, t: np.ndarray, z: np.ndarray) -> Rows:
        """The loss on the rows that unconstrained numbers stand for."""
        return Rows(self.record, t, FROM_UNCONSTRAINED[self.record.prediction](z), self.parameters)

    def at(self, t: np.ndarray, f: np.ndarray) -> np.ndarray:
        """The loss of rows of predictions as they are."""
        return Rows(valued(self.record), t, f, self.parameters).value

    def value(self, t: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The loss of each row."""
        return self.at(t, FROM_UNCONSTRAINED[self.record.prediction](z))

    def steepest(self, t: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The largest absolute derivative of each row."""
        largest: np.ndarray = np.abs(self.rows(t, z).over_scores("grad")).max(axis=1)
        return largest

    def expected(self, probabilities: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The mean loss of each row if its class is drawn with these probabilities (n, classes).

        A loss whose target is a teacher's scores is given their logarithms.
        """
        n, classes = probabilities.shape
        if self.record.targets == "scores":
            return self.value(np.log(probabilities), z)
        indices = np.tile(np.eye(classes), (n, 1))
        of_class = self.value(indices, np.repeat(z, classes, axis=0)).reshape(n, classes)
        mean: np.ndarray = np.where(probabilities > 0.0, probabilities * of_class, 0.0).sum(axis=1)
        return mean
