"""Above which probability the second of two classes is decided: by the costs of errors, or by a loss that has them."""

from __future__ import annotations

import numpy as np

from lossary.choosing.comparison.study import Study, Want, many_classes

EQUAL_COSTS = 0.5
"""Where a probability is cut if both errors cost the same."""


def cost_threshold(want: Want) -> float:
    """The probability above which it pays to say 1 (Elkan 2001)."""
    return want.cost_over / (want.cost_over + want.cost_under)


def decided_classes(study: Study, predictions: np.ndarray, threshold: float | None) -> np.ndarray:
    """The class that predictions amount to: the likeliest; of two 1 above a threshold, by default the costs'."""
    level = cost_threshold(study.want) if threshold is None else threshold
    return classes_at(predictions, level, many_classes(study))


def classes_at(predictions: np.ndarray, level: float, many: bool) -> np.ndarray:
    """The likeliest of many classes; of two, given as the probability of the second, that where it is above a level."""
    return (np.argmax(predictions, axis=-1) if many else predictions > level).astype(np.float64)


def own_threshold(functional: str, weights: tuple[float, float] | None) -> float | None:
    """The threshold of a loss that has the costs in its class weights, or gives labels alone; None for the others."""
    return EQUAL_COSTS if weights or functional == "label" else None
