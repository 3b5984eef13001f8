"""The parts by hand: an objective, its metric and its starting scores, in XGBoost's own signatures."""

from __future__ import annotations

from typing import Any

import xgboost

from lossary.boosting.curvature import BOUND
from lossary.boosting.derivatives import Derivatives, GradientAndCurvature
from lossary.boosting.objectives import BoosterMetric, BoosterObjective, labels_scores_weights
from lossary.boosting.start import rounded, starting_score
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.registry import AnyLoss


class Objective(BoosterObjective):
    """A function of ``(scores, dmatrix)`` for ``xgboost.train``, of ``(y_true, y_pred, sample_weight)`` for others."""

    booster = "XGBoost"

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> GradientAndCurvature:
        """Gradient and curvature of every example: weighted, (n,) or (n, k), float32."""
        return self.derivatives(*labels_scores_weights(y_true, y_pred, sample_weight, xgboost.DMatrix))


class Metric(BoosterMetric):
    """The cost: with a name for ``xgboost.train(custom_metric=)``, as a number for the estimators' ``eval_metric``."""

    booster = "XGBoost"

    def __init__(self, loss: str | AnyLoss) -> None:
        super().__init__(loss)
        self.__name__ = self.derivatives.loss.name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> tuple[str, float] | float:
        """The weighted mean loss at raw scores."""
        cost = self.derivatives.cost(*labels_scores_weights(y_true, y_pred, sample_weight, xgboost.DMatrix))
        return (self.__name__, cost) if isinstance(y_pred, xgboost.DMatrix) else cost


def objective(loss: str | AnyLoss, curvature: str = "auto") -> Objective:
    """A loss as XGBoost's ``obj``, or as the ``objective`` of its estimators.

    Parameters
    ----------
    loss : str or loss
        A name such as "cauchy:c=2", a loss of the catalogue, or your own from ``lossary.define``. A loss of rows wants
        ``num_class`` in the parameters.
    curvature : "auto", "exact", "majorizer", "fisher" or "unit"
        What stands for the second derivative; ``lossary.boosting.curvature`` gives the rule of "auto". Raises
        ValueError where the loss has none such.

    Give ``base_score`` too: XGBoost's own start is a guess for another loss. And it makes no split that gains less than
    1e-6, in squared units of the target: targets much smaller than one want another unit. ``train`` sees to both.

    Examples
    --------
    >>> import lossary.xgboost
    >>> lossary.xgboost.objective("poisson", "exact")([2.0], [0.0])
    (array([-1.], dtype=float32), array([1.], dtype=float32))
    """
    return Objective(Derivatives(loss, curvature, BOUND))


def metric(loss: str | AnyLoss) -> Metric:
    """A loss as XGBoost's ``custom_metric`` or ``eval_metric``, for models trained by a custom objective (raw scores).

    Examples
    --------
    >>> import lossary.xgboost
    >>> lossary.xgboost.metric("squared_error")([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    return Metric(loss)


def base_score(
    loss: str | AnyLoss, y: Any, sample_weight: Any = None, num_class: int | None = None
) -> float | list[float]:
    """The best constant score of labels (a list for a loss of rows), for the parameter of that name.

    Examples
    --------
    >>> import lossary.xgboost
    >>> lossary.xgboost.base_score("absolute_error", [1.0, 2.0, 7.0])
    2.0
    """
    return rounded(starting_score(loss, plain("y", y), sample_weight, num_class))


init_score = base_score
"""The same by the name that the other boosters use."""
