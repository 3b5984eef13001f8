"""Parameters in the units of y that nobody named: set by the scale of the targets, as a fit sets them by its residuals.

A Huber loss whose delta is 1 is absolute error for targets in dollars, and squared error for targets in millions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.boosting.targets import targets_of
from lossary.discovery import is_own
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss, get, pointwise


def in_units_of(loss: str | AnyLoss, y: np.ndarray, sample_weight: Any = None) -> AnyLoss:
    """The loss with its parameter in the units of y set to a multiple of the targets' scale, if nobody named it.

    The scale is the median distance of the targets from their median, over 0.6745: the standard deviation, if they are
    normal. The multiple is that of 95% efficiency under normal errors (``lossary.evaluate.pointwise.tuning``); where
    there is none (a density's scale, an epsilon) it is the parameter's default. Losses without such a parameter, your
    own, and those whose parameter was named come back as they are; so do all if half of the targets are equal.
    """
    loss = get(loss)
    if not isinstance(loss, LossFunction) or not loss.parameters or is_own(loss.record):
        return loss
    from lossary.evaluate.pointwise import tuning  # noqa: PLC0415  needs scipy, which comes with every booster

    name = tuning.scale_parameter(loss)
    if name is None or name in loss.fixed:
        return loss
    scale = _scale(targets_of(loss, y), sample_weight)
    if not 0.0 < scale < np.inf:
        return loss
    try:
        return tuning.tuned(loss, set()).at(scale)
    except ValueError:
        return loss.using(**{name: float(loss.given[name]) * scale})


def _scale(y: np.ndarray, sample_weight: Any) -> float:
    from lossary.evaluate.pointwise.tuning import mad  # noqa: PLC0415  as above

    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    y = y.astype(np.float64)
    if weight is not None:
        y, weight = y[weight > 0.0], weight[weight > 0.0]
    if y.size == 0 or not np.isfinite(y).all():
        return 0.0  # refused where all labels are looked at
    middle = pointwise("absolute_error").optimal_constant(y, weight)
    return mad(y - middle, weight)
