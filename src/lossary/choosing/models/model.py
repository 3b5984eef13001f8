"""A trained model as an estimator of scikit-learn: predicts tables like the one it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

if TYPE_CHECKING:
    import polars as pl


class ChosenModel(BaseEstimator):  # type: ignore[misc]
    """What ``lossary.choose(...).model`` and ``lossary.load`` give: a trained model of one table's target.

    Tables to predict are of any kind that ``lossary.choose`` takes, their columns in any order; columns that the model
    does not need may be missing or there. Cells are read as they were in training: a column of amounts written "$1,200"
    stays one, a date counts from the first day of the training, categories are those of the training. Every row is
    predicted by itself, so that a large table may be given in parts.

    Attributes
    ----------
    label : str
        What was trained, as "huber(delta=1.3), linear".
    want : Want
        The question: what of the target is predicted.
    target : str
        The target's name.
    feature_names_in_ : (n_features_in_,) array of str
        The columns of the training, the target, weights, groups and dropped ones left out.
    columns_needed : tuple of str
        Those of them that predictions depend on: a table must have these.
    promise : Promise
        What the comparison expects of new rows: the yardstick, its score with an interval, the coverage.
    summaries : mapping of str to Summary
        What the columns of the training held, to see whether new tables are like it.
    notes : tuple of str
        What has to be known of the model.
    last_unseen : mapping of str to int
        How many cells of the last table predicted, by column, hold a category that training had not: they count as the
        rare ones.
    """

    def predict(self, X: Any) -> np.ndarray:
        """Predictions in the target's units, (n,): what was asked for, of classes the class that it amounts to.

        Of an interval both ends, (n, 2).

        Parameters
        ----------
        X : data frame, mapping of columns, or (n, p) array

        Raises
        ------
        ValueError
            For a table without rows, a column that is missing, and one that holds something else than in training;
            named with its first such cell.
        """
        raise NotImplementedError

    def predict_table(self, X: Any, first_row: int = 0) -> pl.DataFrame:
        """Predictions as a frame of as many rows as ``X`` has.

        ``prediction``; of an interval ``low`` and ``high``; of classes ``p_CLASS`` for each class, where the model has
        probabilities, and ``label``.

        Parameters
        ----------
        X : data frame, mapping of columns, or (n, p) array
        first_row : int
            How many rows of a larger table come before these: errors name rows counted from its first.

        Raises
        ------
        ValueError
            As ``predict``.
        """
        raise NotImplementedError

    def predictions(self, X: Any, first_row: int = 0) -> np.ndarray:
        """Predictions as yardsticks take them: numbers (n,), ends (n, 2), of two classes the probability of the second.

        Of more classes probabilities (n, k). A model that gives labels alone has zeros and ones.
        """
        raise NotImplementedError

    def targets(self, values: Any) -> np.ndarray:
        """A column of targets as yardsticks take it, (n,): numbers, or the classes' numbers; NaN where missing.

        Raises ValueError for a class that training had not, and for what is no number.
        """
        raise NotImplementedError

    def save(self, path: str | Path) -> Path:
        """Write the model to a file, whole or not at all, and give back its path.

        The file is data, not code: ``lossary.load`` reads it.

        Raises ValueError for a model that no data describes: a link function of your own, scikit-learn's trees.
        """
        raise NotImplementedError


class ChosenRegressor(RegressorMixin, ChosenModel):  # type: ignore[misc]
    """A trained model of numbers."""

    def predict_interval(self, X: Any) -> np.ndarray:
        """Both ends of the interval, (n, 2), where an interval is wanted."""
        raise NotImplementedError


class ChosenClassifier(ClassifierMixin, ChosenModel):  # type: ignore[misc]
    """A trained model of classes; ``classes_`` (k,) has them as the target does, the positive one of two last."""

    def predict_proba(self, X: Any) -> np.ndarray:
        """How likely each class is, (n, k), in the order of ``classes_``; where the model tells."""
        raise NotImplementedError


def load(path: str | Path) -> ChosenModel:
    """Read a model that ``save`` wrote; nothing in the file is run.

    Raises ValueError for a file that is none, is damaged, or was written by a later version.
    """
    raise NotImplementedError
