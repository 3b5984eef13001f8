"""What a rival is told of a question, and what it has to give back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.real.loading import Table
from bench.real.question import RealSet


@dataclass(frozen=True)
class Asked:
    """A question to be answered for fresh rows.

    Predictions are (n,) numbers; (n, 2) for an interval; (n, classes) probabilities; (n,) class numbers for a label.
    ``levels`` are the quantiles that the answer is made of: one for a median or a quantile, both ends of an interval.
    """

    functional: str
    levels: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()
    costs: tuple[float, float] | None = None

    @property
    def of_classes(self) -> bool:
        return bool(self.classes)


def asked(chosen: RealSet, y: np.ndarray) -> Asked:
    """What a set asks, of a target with these values."""
    classes = class_names(y) if chosen.functional in ("probability", "label") else ()
    return Asked(chosen.functional, _levels(chosen), classes, chosen.costs)


def _levels(chosen: RealSet) -> tuple[float, ...]:
    if chosen.functional == "median":
        return (0.5,)
    if chosen.functional == "quantile":
        return (chosen.level,)
    if chosen.functional == "interval":
        # Ends are written in hundredths: 1 - 0.9 is not 0.1 in floating point.
        return (round((1.0 - chosen.level) / 2.0, 4), round((1.0 + chosen.level) / 2.0, 4))
    return ()


def class_names(y: np.ndarray) -> tuple[str, ...]:
    """The classes of a target, in the order in which they are numbered."""
    if y.dtype == object:
        return tuple(sorted(set(y)))
    return tuple(f"{value:g}" for value in np.unique(y))


def class_numbers(y: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Which class each row is of."""
    names = y if y.dtype == object else np.array([f"{value:g}" for value in y], dtype=object)
    return np.asarray(pd.Categorical(names, categories=list(classes)).codes, dtype=np.int64)


@dataclass(frozen=True)
class Trial:
    """Training rows with their targets (classes as numbers), the features of the rows to predict, and the question.

    ``splits`` cut the training rows as the held-out ones were cut off: by rows, by whole groups, or in time.
    """

    train: Table
    y: np.ndarray
    test: pd.DataFrame
    question: Asked
    seed: int
