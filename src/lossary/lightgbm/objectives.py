"""The parts by hand: an objective, its metric and its starting scores, in LightGBM's own signatures."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np

from lossary.boosting.derivatives import Derivatives, GradientAndCurvature
from lossary.boosting.objectives import BoosterMetric, BoosterObjective, labels_scores_weights
from lossary.boosting.start import starting_score
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.registry import AnyLoss


class Objective(BoosterObjective):
    """A function of ``(scores, dataset)`` for ``lightgbm.train``, of ``(y_true, y_pred, weight)`` for estimators."""

    booster = "LightGBM"

    def __call__(self, y_true: Any, y_pred: Any, weight: Any = None) -> GradientAndCurvature:
        """Gradient and curvature of every example: weighted, (n,) or (n, k), float32."""
        return self.derivatives(*labels_scores_weights(y_true, y_pred, weight, lightgbm.Dataset))


class Metric(BoosterMetric):
    """A function of the same arguments to a name, the cost, and False: less is better."""

    booster = "LightGBM"

    def __call__(self, y_true: Any, y_pred: Any, weight: Any = None) -> tuple[str, float, bool]:
        """The weighted mean loss at raw scores."""
        cost = self.derivatives.cost(*labels_scores_weights(y_true, y_pred, weight, lightgbm.Dataset))
        return self.derivatives.loss.name, cost, False


def objective(loss: str | AnyLoss, curvature: str = "auto") -> Objective:
    """A loss as LightGBM's ``objective``, in ``lightgbm.train`` and in its estimators alike.

    Parameters
    ----------
    loss : str or loss
        A name such as "cauchy:c=2", a loss of the catalogue, or your own from ``lossary.define``. A loss of rows wants
        ``num_class``.
    curvature : "auto", "exact", "majorizer", "fisher" or "unit"
        What stands for the second derivative; ``lossary.boosting.curvature`` gives the rule of "auto". Raises
        ValueError where the loss has none such.

    LightGBM starts a custom objective from zero: give the data set ``init_score``, or use ``train``, which does.

    Examples
    --------
    >>> import lossary.lightgbm
    >>> lossary.lightgbm.objective("poisson", "exact")([2.0], [0.0])
    (array([-1.], dtype=float32), array([1.], dtype=float32))
    """
    return Objective(Derivatives(loss, curvature))


def metric(loss: str | AnyLoss) -> Metric:
    """A loss as LightGBM's ``feval`` or ``eval_metric``, for models trained by a custom objective (raw scores).

    Examples
    --------
    >>> import lossary.lightgbm
    >>> lossary.lightgbm.metric("squared_error")([1.0, 2.0], [1.0, 4.0])
    ('squared_error', 2.0, False)
    """
    return Metric(loss)


def init_score(
    loss: str | AnyLoss, y: Any, sample_weight: Any = None, num_class: int | None = None, rows: int | None = None
) -> np.ndarray:
    """The best constant scores of labels, one for each example (and class, class by class), as ``Dataset`` takes them.

    ``rows`` is for how many examples (a validation set starts from the training labels' scores); by default as many as
    there are labels. LightGBM's predictions leave these scores out: add them again.

    Examples
    --------
    >>> import lossary.lightgbm
    >>> lossary.lightgbm.init_score("absolute_error", [1.0, 2.0, 7.0])
    array([2., 2., 2.])
    """
    start = starting_score(loss, plain("y", y), sample_weight, num_class)
    return np.repeat(np.atleast_1d(start), len(y) if rows is None else rows)
