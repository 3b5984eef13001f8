"""The parts by hand: an objective, its metric and its starting scores, in CatBoost's own signatures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.objectives import BoosterMetric, BoosterObjective
from lossary.boosting.start import is_row, starting_score
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.registry import AnyLoss


class Objective(BoosterObjective):
    """Derivatives of a block of examples at their scores; CatBoost wants those of minus the loss."""

    booster = "CatBoost"

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> np.ndarray:
        """First and second derivative of minus the loss, times the weight: shape (n, 2)."""
        weight = None if weights is None else np.asarray(weights)
        g, h = self.derivatives(np.asarray(targets, dtype=np.float32), np.asarray(approxes), weight)
        return -np.column_stack([g, h]).astype(np.float64)


class RowObjective(Objective):
    """The same for one example with a row of scores."""

    def calc_ders_multi(self, approxes: Any, target: float, weight: float) -> tuple[np.ndarray, np.ndarray]:
        """First derivatives (k,) and the diagonal matrix (k, k) of second ones, of minus the loss, times the weight."""
        weights = None if weight == 1.0 else np.asarray([weight])
        g, h = self.derivatives(np.asarray([target]), np.asarray(approxes, dtype=np.float64)[None, :], weights)
        return -g[0].astype(np.float64), -np.diag(h[0].astype(np.float64))


class Metric(BoosterMetric):
    """The cost as CatBoost's ``eval_metric``, at raw scores."""

    booster = "CatBoost"

    def is_max_optimal(self) -> bool:
        """Less is better."""
        return not self.derivatives

    def evaluate(self, approxes: Sequence[Any], target: Any, weight: Any) -> tuple[float, float]:
        """The sum of weighted losses, and of weights."""
        scores = np.asarray(approxes[0]) if len(approxes) == 1 else np.column_stack([np.asarray(a) for a in approxes])
        weights = None if weight is None or len(weight) == 0 else np.asarray(weight)
        total = float(len(target)) if weights is None else float(weights.sum(dtype=np.float64))
        return self.derivatives.cost(np.asarray(target), scores, weights) * total, total

    def get_final_error(self, error: float, weight: float) -> float:
        """The mean."""
        return error / weight if self.derivatives and weight else 0.0


def objective_of(derivatives: Derivatives) -> Objective:
    """The objective in the signature that the loss needs."""
    return RowObjective(derivatives) if is_row(derivatives.loss) else Objective(derivatives)


def objective(loss: str | AnyLoss, curvature: str = "auto") -> Objective:
    """A loss as CatBoost's ``loss_function``; give ``eval_metric=metric(loss)`` beside it.

    Parameters
    ----------
    loss : str or loss
        A name such as "cauchy:c=2", a loss of the catalogue, or your own from ``lossary.define``. A loss of rows wants
        ``classes_count`` in the parameters.
    curvature : "auto", "exact", "majorizer", "fisher" or "unit"
        What stands for the second derivative; ``lossary.boosting.curvature`` gives the rule of "auto". Raises
        ValueError where the loss has none such.

    CatBoost starts a custom objective from zero, and shows it a thousand examples at a time, so that what "auto"
    measures is measured on these. ``train`` starts from the best constant, and fixes the scale for all.

    Examples
    --------
    >>> import lossary.catboost
    >>> lossary.catboost.objective("poisson", "exact").calc_ders_range([0.0], [2.0], None)
    array([[ 1., -1.]])
    """
    return objective_of(Derivatives(loss, curvature))


def metric(loss: str | AnyLoss) -> Metric:
    """A loss as CatBoost's ``eval_metric``, for models trained by a custom objective (raw scores).

    Examples
    --------
    >>> import lossary.catboost
    >>> lossary.catboost.metric("squared_error").evaluate([[1.0, 4.0]], [1.0, 2.0], None)
    (4.0, 2.0)
    """
    return Metric(loss)


def init_score(loss: str | AnyLoss, y: Any, sample_weight: Any = None, num_class: int | None = None) -> np.ndarray:
    """The best constant scores of labels, (n,) or (n, k): a ``Pool``'s ``baseline``.

    Examples
    --------
    >>> import lossary.catboost
    >>> lossary.catboost.init_score("absolute_error", [1.0, 2.0, 7.0])
    array([2., 2., 2.])
    """
    start = starting_score(loss, plain("y", y), sample_weight, num_class)
    return np.broadcast_to(start, (len(y), *start.shape)).copy()
