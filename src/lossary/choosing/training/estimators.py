"""A user's own estimator on one fold: fitted to the encoded rows under whatever loss it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from lossary.choosing.training.training_set import TrainedModel, TrainingSet


@dataclass(frozen=True)
class EstimatorScores:
    """A fitted estimator: ``classes`` is 0 for numbers."""

    model: Any
    classes: int

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Numbers; of two classes the probability of the second, of more a row; 0 and 1 where labels are all."""
        if not self.classes:
            predicted = np.asarray(self.model.predict(matrix), dtype=np.float64)
            return predicted.reshape(len(matrix)) if predicted.size == len(matrix) else predicted
        known = np.asarray(self.model.classes_, dtype=np.int64)
        if hasattr(self.model, "predict_proba"):
            shares = np.zeros((len(matrix), self.classes))
            shares[:, known] = self.model.predict_proba(matrix)
        else:
            shares = np.eye(self.classes)[np.asarray(self.model.predict(matrix), dtype=np.int64)]
        return np.ascontiguousarray(shares[:, 1]) if self.classes == 2 else shares


def train(estimator: Any, training_set: TrainingSet) -> TrainedModel:
    """A clone of an estimator, fitted on all rows; its residuals are those of clones fitted without parts of them."""

    def fitted(rows: np.ndarray) -> EstimatorScores:
        return EstimatorScores(_fitted(estimator, training_set, rows), training_set.classes)

    def out_of_fold() -> tuple[np.ndarray, np.ndarray]:
        predicted = [fitted(learned).predict(training_set.matrix[held]) for learned, held in training_set.splits]
        return np.concatenate([held for _, held in training_set.splits]), np.concatenate(predicted)

    unweighted = training_set.weight is not None and not weights_argument(estimator)
    remark = "its fit takes no weights: it was trained without" if unweighted else ""
    return TrainedModel(fitted(np.arange(training_set.y.size)), out_of_fold, remark)


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
