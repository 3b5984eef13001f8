"""A loss of the catalogue, or your own, as the ``loss`` of scikit-learn's ``HistGradientBoosting`` estimators.

    HistGradientBoostingRegressor(loss=lossary.sklearn.hist_gradient_boosting.loss("cauchy:c=2"))

scikit-learn takes an object of its class ``BaseLoss`` there, which it does not document: this was written for, and is
tested with, scikit-learn 1.9. The curvature is that of the boosters (``lossary.boosting.curvature``); the start is the
best constant; for losses made of straight pieces scikit-learn refreshes each leaf by that constant of its residuals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn._loss.link import BaseLink, Interval
from sklearn._loss.loss import BaseLoss
from sklearn.utils.metaestimators import available_if

from lossary.boosting.curvature import of_residuals
from lossary.boosting.derivatives import Derivatives
from lossary.boosting.leaves import best_steps
from lossary.boosting.start import starting_score
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss
from lossary.formula import LABELS, REALS, UNIT


class _Link(BaseLink):
    """From scores to what ``predict`` returns."""

    def __init__(self, derivatives: Derivatives) -> None:
        self._derivatives = derivatives
        self.interval_y_pred = Interval(-np.inf, np.inf, False, False)

    def link(self, y_pred: Any, out: Any = None) -> Any:
        raise NotImplementedError("only the inverse of the link is needed to boost")

    def inverse(self, raw_prediction: Any, out: Any = None) -> Any:
        predictions = self._derivatives.predictions(np.asarray(raw_prediction))
        if out is None:
            return predictions
        out[...] = predictions
        return out


def _is_of_differences(derivatives: Derivatives) -> bool:
    """Whether target and score matter by their difference alone, so that residuals may stand for targets."""
    loss = derivatives.loss
    if not of_residuals(loss, derivatives.activation) or loss.target != REALS:
        return False
    here, elsewhere = np.array([1.0, 1.0]), np.array([9.0, 9.0])
    apart = np.array([-2.0, 3.0])
    return bool(np.allclose(loss.gradient(here, here + apart), loss.gradient(elsewhere, elsewhere + apart)))


def _is_of_labels(loss: HistGradientBoostingLoss) -> bool:
    if loss.derivatives.loss.target not in (LABELS, UNIT):
        raise AttributeError(f"{loss.derivatives.loss} gives no probabilities of labels 0 and 1")
    return True


class HistGradientBoostingLoss(BaseLoss):
    """What scikit-learn's histogram gradient boosting asks of a loss.

    Parameters
    ----------
    loss : str or loss
        Of one score an example.
    curvature : str
        As for ``lossary.lightgbm.objective``.
    """

    def __init__(self, loss: str | AnyLoss, curvature: str = "auto") -> None:
        derivatives = Derivatives(loss, curvature)
        if not isinstance(derivatives.loss, LossFunction):
            raise TypeError(f"{derivatives.loss}: scikit-learn's classifiers accept no loss of rows from outside")
        super().__init__(closs=None, link=_Link(derivatives))
        self.derivatives = derivatives
        straight = derivatives.loss.claims.get("smooth") == 0.0
        self.differentiable = not (straight and _is_of_differences(derivatives))

    def in_y_true_range(self, y: Any) -> bool:
        """Whether all targets are in the loss's domain; raises, and says where, if not."""
        self.derivatives.loss(y, np.full(np.shape(y), float(self.fit_intercept_only(y))))
        return True

    def loss(
        self, y_true: Any, raw_prediction: Any, sample_weight: Any = None, loss_out: Any = None, n_threads: int = 1
    ) -> np.ndarray:
        """The loss of each example, times its weight."""
        scores = self.derivatives.shaped(np.asarray(raw_prediction))
        losses = self.derivatives.loss(_like(y_true, scores), self.derivatives.activation.forward(scores))
        losses = losses if sample_weight is None else losses * sample_weight
        if loss_out is None:
            return losses
        loss_out[...] = losses
        return loss_out

    def gradient_hessian(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any = None,
        gradient_out: Any = None,
        hessian_out: Any = None,
        n_threads: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and curvature of each example, times its weight."""
        scores = self.derivatives.shaped(np.asarray(raw_prediction))
        g, h = self.derivatives(np.asarray(y_true), scores, sample_weight)
        if gradient_out is not None:
            gradient_out[...], hessian_out[...] = g.reshape(gradient_out.shape), h.reshape(hessian_out.shape)
            return gradient_out, hessian_out
        return g, h

    def gradient(
        self, y_true: Any, raw_prediction: Any, sample_weight: Any = None, gradient_out: Any = None, n_threads: int = 1
    ) -> np.ndarray:
        """The gradient alone."""
        g, _ = self.gradient_hessian(y_true, raw_prediction, sample_weight)
        if gradient_out is None:
            return g
        gradient_out[...] = g.reshape(gradient_out.shape)
        return gradient_out

    def __call__(self, y_true: Any, raw_prediction: Any, sample_weight: Any = None, n_threads: int = 1) -> float:
        """The weighted mean loss."""
        return self.derivatives.cost(np.asarray(y_true), np.asarray(raw_prediction), sample_weight)

    def fit_intercept_only(self, y_true: Any, sample_weight: Any = None) -> np.floating:
        """The best constant score: of all targets, and for straight pieces of each leaf's residuals, hence quickly."""
        y = np.asarray(y_true)
        if self.differentiable:
            return np.float64(starting_score(self.derivatives.loss, y, sample_weight))
        return np.float64(best_steps(self.derivatives, y, np.zeros(y.shape), sample_weight, np.zeros(y.shape, int))[0])

    @available_if(_is_of_labels)
    def predict_proba(self, raw_prediction: Any) -> np.ndarray:
        """The probabilities of two classes, for a loss of labels 0 and 1.

        Other losses have no such method: scikit-learn takes targets for classes where there is one, and would draw the
        rows for early stopping class by class.
        """
        p = self.derivatives.predictions(np.asarray(raw_prediction))
        return np.column_stack([1.0 - p, p])


def _like(y_true: Any, scores: np.ndarray) -> np.ndarray:
    return np.asarray(y_true, dtype=scores.dtype)


def loss(loss: str | AnyLoss, curvature: str = "auto") -> HistGradientBoostingLoss:
    """A loss for ``HistGradientBoostingRegressor(loss=...)``, or a loss of labels 0 and 1 for the classifier.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from lossary.sklearn import hist_gradient_boosting
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> model = HistGradientBoostingRegressor(loss=hist_gradient_boosting.loss("poisson"))
    >>> model.fit(X, np.where(X[:, 0] > 0.5, 4.0, 1.0)).predict([[0.1], [0.9]]).round(2)
    array([1., 4.])
    """
    return HistGradientBoostingLoss(loss, curvature)
