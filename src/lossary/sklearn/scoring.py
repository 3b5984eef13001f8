"""Every loss as a scorer of scikit-learn: for ``cross_validate``, ``GridSearchCV`` and the rest.

A scorer asks an estimator for what the loss takes:

    a loss of values (squared error, quantile, the deviances)     predict
    a loss of means with a link (Poisson ...)                     predict, through the link
    a loss of probabilities, or of scores that stand for them     predict_proba, through the link
    a loss of margins or of class scores that stand for nothing   decision_function

of a classifier, and ``predict`` through the link of any other estimator. Nothing is clipped: a probability of zero for
what happens costs infinity under a logarithmic loss.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.metadata_routing import MetadataRequest

from lossary.boosting.missing import known_rows
from lossary.evaluate.arrays.inputs import plain
from lossary.evaluate.predictions.conversion import from_means, from_probabilities, takes_probabilities
from lossary.evaluate.predictions.probabilities import as_targets, is_binary
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction


def scorer(loss: str | AnyLoss, *, missing: str = "error", **parameters: Any) -> LossScorer:
    """The loss as a scorer: minus the mean loss, so that more is better.

    Parameters
    ----------
    loss : str or loss
        A name, an alias or a loss.
    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row is left out.
    **parameters
        Of the loss.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from lossary.sklearn import scorer
    >>> scorer("pinball", tau=0.9)(DummyRegressor().fit([[0.0], [1.0]], [0.0, 1.0]), [[0.0]], [2.5])
    -1.8
    """
    function = get(loss)
    return LossScorer(function.using(**parameters) if parameters else function, missing)


class LossScorer:
    """A callable ``(estimator, X, y, sample_weight=None)`` that gives minus the mean loss."""

    def __init__(self, loss: AnyLoss, missing: str = "error") -> None:
        if isinstance(loss, RowLossFunction) and loss.record.targets == "scores":
            raise TypeError(f"{loss} compares rows of scores with other rows, not with labels")
        self.loss = loss
        self.missing = missing
        self._request = MetadataRequest(owner="LossScorer")

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        X, y, sample_weight = known_rows(X, y, sample_weight, self.missing)
        if is_classifier(estimator) and (isinstance(self.loss, RowLossFunction) or is_binary(self.loss)):
            targets, f = _of_classes(self.loss, estimator, X, plain("y", y))
        elif isinstance(self.loss, RowLossFunction):
            raise TypeError(f"{self.loss} scores classifiers, and {type(estimator).__name__} is none")
        else:
            targets, f = plain("y", y), from_means(self.loss, np.asarray(estimator.predict(X)))
        return -float(self.loss.cost(targets, f, sample_weight))

    def __repr__(self) -> str:
        return f"<scorer of {self.loss}: minus the mean loss>"

    # Metadata routing, for those who enable it.

    def set_score_request(self, *, sample_weight: bool | str | None = None) -> Self:
        """Whether sample weights given to a search or a cross-validation are to reach this scorer."""
        self._request.score.add_request(param="sample_weight", alias=sample_weight)
        return self

    def get_metadata_routing(self) -> MetadataRequest:
        """What this scorer asks to be passed."""
        return self._request


def _of_classes(loss: AnyLoss, estimator: Any, X: Any, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = _codes(estimator.classes_, y)
    if isinstance(loss, RowLossFunction):
        return codes, _rows(loss, estimator, X)
    if len(estimator.classes_) != 2:
        raise ValueError(f"{loss} tells two classes apart, but the estimator has {len(estimator.classes_)}")
    targets = as_targets(loss, codes == 1)
    if takes_probabilities(loss):
        return targets, from_means(loss, np.asarray(_method(loss, estimator, "predict_proba")(X))[:, 1])
    return targets, np.asarray(_method(loss, estimator, "decision_function")(X))


def _codes(classes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Labels as places in the estimator's classes."""
    codes = np.searchsorted(classes, y)
    unseen = classes[np.minimum(codes, len(classes) - 1)] != y
    if unseen.any():
        first = int(np.argmax(unseen))
        raise ValueError(f"y[{first}] is {y[first]!r}, a label that the estimator has not seen: {classes.tolist()}")
    return codes.astype(np.int64)


def _rows(loss: RowLossFunction, estimator: Any, X: Any) -> np.ndarray:
    """Rows of what the loss takes."""
    if takes_probabilities(loss):
        return from_probabilities(loss, np.asarray(_method(loss, estimator, "predict_proba")(X)))
    scores = np.asarray(_method(loss, estimator, "decision_function")(X))
    if scores.ndim == 2:
        return scores
    if loss.claims.get("shift_invariant") is not True:
        raise ValueError(f"{loss} needs a score for each class, but decision_function gives one for both")
    return np.column_stack([np.zeros_like(scores), scores])


def _method(loss: AnyLoss, estimator: Any, method: str) -> Any:
    function = getattr(estimator, method, None)
    if function is None:
        raise TypeError(f"{loss} asks for {method}, which {type(estimator).__name__} has not")
    return function
