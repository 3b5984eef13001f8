"""Splits of targets in small units: XGBoost makes none that gains less than a millionth, whatever the unit.

The gain of a split is a sum of ``gradient**2 / curvature``, and so in the square of the target's unit: of targets of a
millionth none gains as much, and trees of one leaf move all scores about their best constant. So both derivatives are
multiplied by what brings that square to one, and with them the parameters that are held against their sums. Trees are
the same but for that limit: the multiple is a power of two, which rounds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary.boosting.curvature import of_residuals
from lossary.boosting.derivatives import Derivatives

OF_SUMS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("lambda", "reg_lambda"), 1.0),
    (("alpha", "reg_alpha"), 0.0),
    (("gamma", "min_split_loss"), 0.0),
    (("min_child_weight",), 1.0),
)
"""XGBoost's parameters that are held against sums of gradients, curvatures or gains, and their defaults."""


def multiple(derivatives: Derivatives, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None) -> float:
    """What brings the size of gains to one, if it is less; one where scores are not in the target's unit."""
    if not derivatives.plan.scaled or not of_residuals(derivatives.loss, derivatives.activation):
        return 1.0
    gradient, curvature = (each.astype(np.float64) for each in derivatives(y, np.broadcast_to(scores, y.shape), weight))
    counts = curvature > 0.0
    size = float(np.sum(gradient[counts] ** 2 / curvature[counts])) / max(float(curvature.sum()), 1e-300)
    return 2.0 ** math.ceil(-math.log2(size)) if 0.0 < size < 1.0 else 1.0


def multiplied(params: Mapping[str, Any], times: float) -> dict[str, Any]:
    """The parameters that mean the same beside derivatives so many times as large."""
    if times == 1.0:
        return dict(params)
    changed = dict(params)
    for names, default in OF_SUMS:
        given = [name for name in names if name in params]
        changed |= {name: times * float(params[name]) for name in given} or {names[0]: times * default}
    return changed
