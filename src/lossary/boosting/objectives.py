"""What the objectives and metrics of all boosters share, whatever the signature by which a booster calls them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from lossary.boosting.derivatives import Derivatives
from lossary.evaluate.registry import AnyLoss


class BoosterObjective:
    """Gradient and curvature of a loss for a booster; a subclass is called as that booster calls objectives."""

    booster: ClassVar[str]

    def __init__(self, derivatives: Derivatives) -> None:
        self.derivatives = derivatives

    def __repr__(self) -> str:
        return f"<{self.booster} objective {self.derivatives.loss}, curvature {self.derivatives.plan}>"


class BoosterMetric:
    """The weighted mean loss at raw scores; a subclass is called as its booster calls metrics."""

    booster: ClassVar[str]

    def __init__(self, loss: str | AnyLoss) -> None:
        self.derivatives = Derivatives(loss)

    def __repr__(self) -> str:
        return f"<{self.booster} metric {self.derivatives.loss}>"


def labels_scores_weights(
    first: Any, second: Any, weight: Any, dataset: type[Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The arguments of an objective in one order.

    A booster's ``train`` passes scores and its data set, which holds labels and weights; its estimators pass labels,
    scores and weights.
    """
    if not isinstance(second, dataset):
        return np.asarray(first), np.asarray(second), weight
    weights = second.get_weight()
    # XGBoost says by an empty array, LightGBM by None, that every example weighs one.
    return np.asarray(second.get_label()), first, None if weights is None or np.size(weights) == 0 else weights
