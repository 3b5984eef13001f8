"""What the estimators of all boosters share: scikit-learn's interface around a booster's own ``train``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from lossary import primitives
from lossary.boosting.missing import known_rows
from lossary.boosting.model import BoostedModel
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import LABELS, SIGNS, UNIT

Table = Any
"""Features: an array, or a table that the booster takes."""


@dataclass(frozen=True)
class Training:
    """How a booster trains: its data sets and its adapter's functions.

    ``scores_parameter`` is its name for the number of scores an example, ``defaults`` are parameters that a user may
    override. ``reads_datasets`` says that a trained booster predicts from a data set too, so that features that were
    taken into one once need not be taken again.
    """

    dataset: Callable[[Table, np.ndarray, Any], Any]
    train: Callable[..., BoostedModel]
    refresh_leaves: Callable[..., BoostedModel]
    scores_parameter: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    reads_datasets: bool = True


class Boosted(BaseEstimator):
    """Trees under any loss.

    Parameters
    ----------
    loss : str or loss
        A name such as "huber:delta=2", a loss of the catalogue, or your own.
    curvature : str
        As for ``objective``.
    n_estimators : int
        Rounds of boosting.
    leaf_refresh : bool
        Whether each leaf ends with the value of least cost, as ``refresh_leaves`` finds it; for losses of one score.
    params : mapping, optional
        The booster's own parameters, by its own names.
    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row is left out.
    """

    _training: ClassVar[Training]

    def __init__(
        self,
        loss: str | AnyLoss = "squared_error",
        *,
        curvature: str = "auto",
        n_estimators: int = 100,
        leaf_refresh: bool = False,
        params: Mapping[str, Any] | None = None,
        missing: str = "error",
    ) -> None:
        self.loss = loss
        self.curvature = curvature
        self.n_estimators = n_estimators
        self.leaf_refresh = leaf_refresh
        self.params = params
        self.missing = missing

    def _trained(self, X: Table, y: np.ndarray, sample_weight: Any, scores: int | None) -> BoostedModel:
        """A trained model; ``scores`` is how many an example has, None for one."""
        training = self._training
        data = training.dataset(X, y, sample_weight)
        number_of_scores = {} if scores is None else {training.scores_parameter: scores}
        params = {**training.defaults, **number_of_scores, **(self.params or {})}
        model = training.train(params, data, self.n_estimators, loss=self.loss, curvature=self.curvature)
        if not self.leaf_refresh:
            return model
        return training.refresh_leaves(model, data if training.reads_datasets else X, y, sample_weight)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")


class BoostedRegressor(RegressorMixin, Boosted):
    """Predicts values or means."""

    def fit(self, X: Table, y: Any, sample_weight: Any = None) -> BoostedRegressor:
        """Train; a target outside the loss's domain raises."""
        if isinstance(get(self.loss), RowLossFunction):
            raise TypeError(f"{get(self.loss)} is a loss of classes; take LossClassifier")
        X, y, sample_weight = known_rows(X, y, sample_weight, self.missing)
        self.n_features_in_ = np.shape(X)[1]
        self.model_ = self._trained(X, plain("y", y), sample_weight, None)
        return self

    def predict(self, X: Table) -> np.ndarray:
        """The predicted values, on the scale of the target."""
        check_is_fitted(self)
        return np.asarray(self.model_.predict(X))


class BoostedClassifier(ClassifierMixin, Boosted):
    """Predicts labels; probabilities too where the loss gives them."""

    def fit(self, X: Table, y: Any, sample_weight: Any = None) -> BoostedClassifier:
        """Train; labels may be anything that can be sorted."""
        loss = get(self.loss)
        X, y, sample_weight = known_rows(X, y, sample_weight, self.missing)
        self.classes_, codes = np.unique(plain("y", y), return_inverse=True)
        count = self.classes_.size
        if count < 2:
            raise ValueError(f"{loss}: there must be at least two classes, not {count}")
        self.n_features_in_ = np.shape(X)[1]
        if isinstance(loss, RowLossFunction):
            self.model_ = self._trained(X, codes, sample_weight, count - loss.record.more_classes)
            return self
        if loss.target not in (SIGNS, LABELS, UNIT):
            raise TypeError(f"{loss} is a loss of numbers; take LossRegressor")
        if count > 2:
            raise ValueError(f"{loss} tells two classes apart, but there are {count}; take a loss of rows of scores")
        self.model_ = self._trained(X, 2.0 * codes - 1.0 if loss.target == SIGNS else codes, sample_weight, None)
        return self

    def decision_function(self, X: Table) -> np.ndarray:
        """The scores: one an example, or a row of them."""
        check_is_fitted(self)
        return np.asarray(self.model_.predict(X, raw=True))

    def predict_proba(self, X: Table) -> np.ndarray:
        """The probabilities of the classes, (n, classes); AttributeError for a loss that has none, such as hinge."""
        check_is_fitted(self)
        predictions = np.asarray(self.model_.predict(X))
        loss, activation = self.model_.loss, self.model_.activation.name
        if activation == "increasing":
            cumulative = primitives.sigmoid(predictions)
            return np.diff(cumulative, axis=1, prepend=0.0, append=1.0)
        if loss.link == "softmax" or activation == "softmax":
            return predictions
        if loss.link in ("logit", "half_logit") or activation == "sigmoid":
            return np.column_stack([1.0 - predictions, predictions])
        raise AttributeError(f"{loss} gives no probabilities; take decision_function")

    def predict(self, X: Table) -> np.ndarray:
        """The label of the highest score, or of the highest probability where scores are thresholds."""
        check_is_fitted(self)
        if not isinstance(self.model_.loss, RowLossFunction):
            return self.classes_[(self.decision_function(X) > 0.0).astype(int)]
        thresholds = self.model_.activation.name == "increasing"
        rows = self.predict_proba(X) if thresholds else self.decision_function(X)
        return self.classes_[np.argmax(rows, axis=1)]
