"""What estimators of numbers and of classes share, whatever the model between features and predictions.

A model is what a fit hands back: ``score`` (the model's output), ``predict`` (what the loss takes), ``mean`` (in the
target's units) and its ``loss``.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from lossary.boosting.labels import numbers
from lossary.boosting.loss_estimator import LossEstimator
from lossary.boosting.missing import known_rows
from lossary.evaluate.predictions.probabilities import as_targets, gives_probabilities, is_binary, probabilities
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Choice, Interval

_NOT_OF_THE_FIT = ("loss", "random_state", "class_weight", "missing")


class ModelEstimator(LossEstimator):
    """An estimator around a model ``result_``."""

    result_: Any
    random_state: Any
    missing: str
    _sparse = False

    def _model(self, loss: AnyLoss, X: Any, y: np.ndarray, sample_weight: Any, classes: int | None) -> Any:
        """The fitted model."""
        raise NotImplementedError

    def _take(self, model: Any) -> None:
        """Show the model's numbers as attributes."""
        raise NotImplementedError

    def _features(self, X: Any) -> Any:
        check_is_fitted(self)
        accepted = "csr" if self._sparse else False
        return validate_data(self, X, accept_sparse=accepted, dtype=np.float64, reset=False)

    @property
    def _options(self) -> dict[str, Any]:
        """The estimator's parameters that the fit takes under the same names."""
        return {name: x for name, x in self.get_params(deep=False).items() if name not in _NOT_OF_THE_FIT}

    @property
    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._sparse
        return tags


class Regressor(RegressorMixin, ModelEstimator):
    """Predicts numbers in the units of the target."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model; see the class for what is refused.

        Parameters
        ----------
        X : (n, d) array, data frame of numbers, or for linear models CSR matrix
        y : (n,) array
            In the loss's domain.
        sample_weight : (n,) array, optional
            Zero or more; rows of weight zero do not count.
        """
        loss = get(self.loss)
        if isinstance(loss, RowLossFunction) or isinstance(loss.target, Choice):
            raise TypeError(
                f"{loss} is a loss of classes; take {type(self).__name__.replace('Regressor', 'Classifier')}"
            )
        accepted = "csr" if self._sparse else False
        X, y, sample_weight = known_rows(X, y, sample_weight, self.missing)
        X, y = validate_data(self, X, numbers(y), accept_sparse=accepted, dtype=np.float64, y_numeric=True)
        self.result_ = self._model(loss, X, np.asarray(y, dtype=np.float64), sample_weight, None)
        self._take(self.result_)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predictions in the target's units, (n,): values, means or quantiles, as the loss's functional says."""
        X = self._features(X)
        return np.asarray(self.result_.mean(X))

    def predict_raw(self, X: Any) -> np.ndarray:
        """What the loss takes as predictions, (n,): logarithms of means for a loss with the link "log", and so on."""
        X = self._features(X)
        return np.asarray(self.result_.predict(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        target = getattr(_loss_or_none(self.loss), "target", None)
        tags.target_tags.positive_only = isinstance(target, Interval) and target.low >= 0.0
        return tags


def _tells_probabilities(estimator: Any) -> bool:
    loss = estimator.result_.loss if hasattr(estimator, "result_") else get(estimator.loss)
    if not gives_probabilities(loss):
        raise AttributeError(f"{loss} tells which label is likelier, but not how likely; take decision_function")
    return True


class Classifier(ClassifierMixin, ModelEstimator):
    """Predicts one of the labels it has seen."""

    classes_: np.ndarray
    class_weight: Any

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model; see the class for what is refused.

        Parameters
        ----------
        X : (n, d) array, data frame of numbers, or for linear models CSR matrix
        y : (n,) array
            Labels of any kind that can be sorted.
        sample_weight : (n,) array, optional
            Zero or more; rows of weight zero do not count.
        """
        loss = get(self.loss)
        accepted = "csr" if self._sparse else False
        X, y, sample_weight = known_rows(X, y, sample_weight, self.missing)
        X, y = validate_data(self, X, y, accept_sparse=accepted, dtype=np.float64)
        check_classification_targets(y)
        if self.class_weight is not None:
            weight = compute_sample_weight(self.class_weight, y)
            sample_weight = weight if sample_weight is None else weight * np.asarray(sample_weight)
        self.classes_, codes = np.unique(y, return_inverse=True)
        count = len(self.classes_)
        if count < 2:
            raise ValueError(f"there is one class only, {self.classes_[0]!r}: there is nothing to tell apart")
        if isinstance(loss, RowLossFunction):
            self.result_ = self._model(loss, X, codes.astype(np.int64), sample_weight, count)
        else:
            _refuse_unfit(loss, y, count)
            self.result_ = self._model(loss, X, as_targets(loss, codes == 1), sample_weight, None)
        self._take(self.result_)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """The scores: (n,) for two classes, positive where the second is likelier, else (n, classes).

        Of a loss of ordered classes, whose scores are thresholds, the probabilities.
        """
        X = self._features(X)
        of_thresholds = self.result_.loss.record.prediction == "increasing"
        scores = self.predict_proba(X) if of_thresholds else np.asarray(self.result_.score(X))
        return scores[:, 1] - scores[:, 0] if scores.ndim == 2 and scores.shape[1] == 2 else scores

    @available_if(_tells_probabilities)
    def predict_proba(self, X: Any) -> np.ndarray:
        """The probabilities of the classes, (n, classes); there is no such method under a loss that tells none."""
        X = self._features(X)
        p = probabilities(self.result_.loss, np.asarray(self.result_.predict(X)))
        return p if p.ndim == 2 else np.column_stack([1.0 - p, p])

    def predict(self, X: Any) -> np.ndarray:
        """The labels of the highest scores."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return self.classes_[(scores > 0.0).astype(np.int64)]
        return self.classes_[np.argmax(scores, axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = isinstance(_loss_or_none(self.loss), RowLossFunction)
        return tags


def _refuse_unfit(loss: AnyLoss, y: np.ndarray, count: int) -> None:
    if not is_binary(loss):
        raise TypeError(f"{loss} is a loss of numbers; take a regressor, or a loss of labels such as 'logistic'")
    if count > 2:
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {type_of_target(y)}: {loss} tells two "
            f"classes apart, but there are {count}; take a loss of class scores, such as 'softmax_cross_entropy'"
        )


def _loss_or_none(loss: object) -> AnyLoss | None:
    try:
        return get(loss)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
