"""The model without trees, for features that tell no row from another: the loss's best constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.model import BoostedModel
from lossary.boosting.start import start_of_training
from lossary.boosting.units import in_units_of
from lossary.evaluate.registry import AnyLoss


class ConstantModel(BoostedModel):
    """A model whose booster has no trees, and is None."""

    def _scores(self, data: Any, **options: Any) -> np.ndarray:
        rows = data.shape[0] if hasattr(data, "shape") else data.num_row()
        return np.tile(self.start, (rows,) + (1,) * self.start.ndim)


def constant_model(
    loss: str | AnyLoss, curvature: str, y: np.ndarray, sample_weight: Any, scores: int | None
) -> ConstantModel:
    """The best constant scores of labels, as a model."""
    taken = in_units_of(loss, y, sample_weight)
    start = start_of_training(taken, y, sample_weight, scores)
    return ConstantModel(None, Derivatives(taken, curvature), start, 0.0)
