"""A user's own estimator on one fold: fitted to the encoded rows under whatever loss it has."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from lossary.choosing.training.training_set import TrainedModel, TrainingSet


def train(estimator: Any, training_set: TrainingSet) -> TrainedModel:
    """A clone of an estimator, fitted on all rows; its residuals are those of clones fitted without parts of them."""
    fitted = _fitted(estimator, training_set, np.arange(training_set.y.size))

    def out_of_fold() -> tuple[np.ndarray, np.ndarray]:
        predicted = [
            _predictions(_fitted(estimator, training_set, learned), training_set.matrix[held], training_set.classes)
            for learned, held in training_set.splits
        ]
        return np.concatenate([held for _, held in training_set.splits]), np.concatenate(predicted)

    unweighted = training_set.weight is not None and not weights_argument(estimator)
    remark = "its fit takes no weights: it was trained without" if unweighted else ""
    return TrainedModel(lambda matrix: _predictions(fitted, matrix, training_set.classes), out_of_fold, remark)


def _fitted(estimator: Any, training_set: TrainingSet, rows: np.ndarray) -> Any:
    model, weight = clone(estimator), training_set.weights(rows)
    y = training_set.y[rows].astype(np.int64) if training_set.classes else training_set.y[rows]
    name = weights_argument(model)
    options = {name: weight} if name and weight is not None else {}
    try:
        return model.fit(training_set.matrix[rows], y, **options)
    except Exception as error:
        # Anything may come of code that is not the library's: the candidate fails with it, and the comparison goes on.
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def weights_argument(estimator: Any) -> str:
    """What a fit calls the weights of rows; "" if it takes none."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weights_argument(last)
        return f"{name}__{inner}" if inner else ""
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else ""


def _predictions(model: Any, matrix: np.ndarray, classes: int) -> np.ndarray:
    """Numbers; of two classes the probability of the second; of more a row of probabilities; 0 and 1 for labels."""
    if not classes:
        predicted = np.asarray(model.predict(matrix), dtype=np.float64)
        return predicted.reshape(len(matrix)) if predicted.size == len(matrix) else predicted
    known = np.asarray(model.classes_, dtype=np.int64)
    if hasattr(model, "predict_proba"):
        shares = np.zeros((len(matrix), classes))
        shares[:, known] = model.predict_proba(matrix)
    else:
        shares = np.eye(classes)[np.asarray(model.predict(matrix), dtype=np.int64)]
    return np.ascontiguousarray(shares[:, 1]) if classes == 2 else shares
