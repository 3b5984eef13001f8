"""The score of held-out rows, by which training stops and penalties are chosen: the question's first yardstick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lossary.choosing.comparison.study import Study, Want
from lossary.choosing.comparison.thresholds import decided_classes
from lossary.choosing.comparison.yardsticks import panel
from lossary.evaluate.registry import get

NEARLY = 1e-6
"""Probabilities of 0 and 1 have no log loss: for stopping, and there alone, they are moved by this."""

NumberScore = Callable[[np.ndarray, list[np.ndarray], np.ndarray | None], float]
"""From targets, predictions (of each level) and weights to a mean score."""

ClassScore = Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]
"""From classes, probabilities and weights to a mean score."""


def number_score(levels: Sequence[float | None]) -> NumberScore:
    """The score of predictions of numbers: of quantiles at these levels, or of the mean where a level is None."""
    losses = [get("squared_error") if level is None else get(f"quantile:{level!r}") for level in levels]

    def score(y: np.ndarray, predictions: list[np.ndarray], weight: np.ndarray | None) -> float:
        if not all(np.isfinite(p).all() for p in predictions):
            return float("inf")
        return sum(loss.cost(y, p, weight) for loss, p in zip(losses, predictions, strict=True))

    return score


def class_score(want: Want, classes: tuple[str, ...], threshold: float | None) -> ClassScore:
    """The score of probabilities, or of the labels that they amount to above a candidate's threshold."""
    study, yardstick = _yardstick(want, classes)

    def score(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None) -> float:
        if not np.isfinite(p).all():
            return float("inf")
        if want.functional == "label":
            p = decided_classes(study, p, threshold)
        else:
            p = np.clip(p, NEARLY, 1.0 - NEARLY)
            p = p / p.sum(axis=1, keepdims=True) if p.ndim == 2 else p
        return float(np.average(yardstick.score(y, p), weights=weight))

    return score


@lru_cache(maxsize=8)
def _yardstick(want: Want, classes: tuple[str, ...]) -> tuple[Study, Any]:
    """A study without candidates, whose panel's first yardstick is the one that decides."""
    y = np.array([0.0, 1.0]) if len(classes) == 2 else np.arange(float(len(classes)))
    empty = Study(want, y, None, (), (), {}, np.empty(0), classes)
    return empty, panel(empty)[0]
