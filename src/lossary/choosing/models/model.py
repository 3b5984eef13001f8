"""A trained model as an estimator of scikit-learn: predicts tables like the one it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if

from lossary.choosing.comparison.study import Want
from lossary.choosing.comparison.thresholds import classes_at
from lossary.choosing.models import archive
from lossary.choosing.models.content import Content
from lossary.choosing.models.evaluation import Evaluation, Evaluator
from lossary.choosing.models.promise import Promise
from lossary.choosing.models.summaries import Summary
from lossary.choosing.models.tables import CATEGORY, notes_on
from lossary.choosing.models.targets import targets_of
from lossary.choosing.table.frames import raw_columns
from lossary.choosing.training.predictors import encoders_of


class ChosenModel(BaseEstimator):  # type: ignore[misc]
    """What ``lossary.choose(...).model`` and ``lossary.load`` give: a trained model of one table's target.

    Tables to predict are of any kind that ``lossary.choose`` takes, their columns in any order; columns that the model
    does not need may be missing or there. Cells are read as they were in training: a column of amounts written "$1,200"
    stays one, a date counts from the first day of the training, categories are those of the training. Every row is
    predicted by itself, so that a large table may be given in parts: the numbers are the same to the bit.

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
        How many cells of the last table predicted, by column (or part of a date), hold a category that training had
        not: they count as the rare ones.
    last_unreadable : mapping of str to int
        How many of its cells, by column, are no numbers, or no dates, where training had such cells too: they are
        missing.
    last_notes : tuple of str
        Both in sentences.
    """

    def __init__(self, content: Content) -> None:
        self.content = content
        self.feature_names_in_ = np.array(content.schema.names, dtype=object)
        self.n_features_in_ = len(content.schema.names)
        self.last_unseen: Mapping[str, int] = {}
        self.last_unreadable: Mapping[str, int] = {}

    @property
    def label(self) -> str:
        return self.content.label

    @property
    def want(self) -> Want:
        return self.content.want

    @property
    def target(self) -> str:
        return self.content.target.name

    @property
    def columns_needed(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.content.schema.columns)

    @property
    def promise(self) -> Promise:
        return self.content.promise

    @property
    def summaries(self) -> Mapping[str, Summary]:
        return self.content.summaries

    @property
    def notes(self) -> tuple[str, ...]:
        return self.content.notes

    @property
    def last_notes(self) -> tuple[str, ...]:
        return notes_on(self.last_unseen, self.last_unreadable)

    def fit(self, X: Any = None, y: Any = None) -> ChosenModel:
        """The model as it is: it is trained already, and scikit-learn's tools may call this on it."""
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predictions in the target's units, (n,) of float64; of an interval both ends, (n, 2); of classes the class.

        Parameters
        ----------
        X : data frame, mapping of columns, or (n, p) array

        Raises
        ------
        ValueError
            For a table without rows, a column that is missing, and one that holds something else than in training;
            named with its first such cell.

        Examples
        --------
        >>> import numpy as np, lossary
        >>> x = np.linspace(0.0, 1.0, 300)
        >>> noise = np.random.default_rng(0).normal(size=300)
        >>> choice = lossary.choose({"x": x, "y": 5.0 * x + noise}, "y", want="mean", models=["linear"], repeats=1)
        >>> choice.model.predict({"x": [0.0, 1.0]}).round()
        array([0., 5.])
        """
        return self.predictions(X)

    def predict_table(self, X: Any, first_row: int = 0) -> pl.DataFrame:
        """Predictions as a polars frame of as many rows as ``X`` has.

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
        p = self.predictions(X, first_row)
        return pl.DataFrame({"low": p[:, 0], "high": p[:, 1]} if p.ndim == 2 else {"prediction": p})

    def predictions(self, X: Any, first_row: int = 0) -> np.ndarray:
        """Predictions as yardsticks take them: numbers (n,), ends (n, 2), of two classes the probability of the second.

        Of more classes probabilities (n, k). A model that gives labels alone has zeros and ones.
        """
        read = self.content.schema.read(X, first_row)
        self.last_unseen = {**read.unseen, **self._unseen_numbers(read.features)}
        self.last_unreadable = read.unreadable
        return self.content.predictor.predict(read.features)

    def _unseen_numbers(self, features: np.ndarray) -> dict[str, int]:
        """Cells of numbers that a model takes for categories, such as hours, and that training had not."""
        schema, found = self.content.schema, dict[str, int]()
        kinds = {column.name: column.kind for column in schema.columns}
        for encode in encoders_of(self.content.predictor):
            for category in encode.categories:
                source = schema.sources[category.column]
                if kinds[source.column] == CATEGORY:
                    continue
                _, is_known = category.numbers(features)
                count = int(np.count_nonzero(~is_known & ~np.isnan(features[:, category.column])))
                if count:
                    found[".".join(filter(None, source))] = count
        return found

    def targets(self, values: Any, first_row: int = 0) -> np.ndarray:
        """A column of targets as yardsticks take it, (n,): numbers, or the classes' numbers; NaN where missing.

        Raises ValueError for a class that training had not, and for what is no number.
        """
        return targets_of(self.content, values, first_row)

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None) -> Evaluation:
        """How well new rows are predicted, and whether that is what the comparison promised.

        Parameters
        ----------
        X : data frame, mapping of columns, or (n, p) array
        y : (n,) column of targets as the training had them, or the name of one in ``X``; rows without one are left out
        sample_weight : (n,) array, optional
            Weights of zero or more.

        Returns
        -------
        Evaluation
            ``verdict``; ``scores`` by the question's yardsticks with 95% intervals beside the promised ones;
            ``coverage`` of a quantile or an interval; ``drift``, the columns that are not as they were in training.

        Raises
        ------
        ValueError
            As ``predict``; for a class that training had not, and where no row has a target.

        Examples
        --------
        >>> import numpy as np, lossary
        >>> draw = np.random.default_rng(0)
        >>> x = draw.normal(size=600)
        >>> y = 5.0 * x + draw.normal(size=600)
        >>> model = lossary.choose({"x": x[:300]}, y[:300], want="mean", models=["linear"], repeats=1).model
        >>> model.evaluate({"x": x[300:]}, y[300:]).verdict
        'as promised'
        >>> model.evaluate({"x": x[300:] + 3.0}, y[300:]).verdict
        'worse than promised'
        """
        evaluator = Evaluator(self.content)
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        evaluator.add(X, raw_columns(X)[y] if isinstance(y, str) else y, weight)
        return evaluator.result()

    def save(self, path: str | Path) -> Path:
        """Write the model to a file, whole or not at all, and give back its path; ``lossary.load`` reads it.

        The file is data, not code: JSON and arrays.

        Raises
        ------
        ValueError
            For a model that no data describes: a loss of your own whose function it takes to predict, scikit-learn's
            trees.
        OSError
            Where it cannot be written.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import numpy as np, lossary
        >>> x = np.linspace(0.0, 1.0, 300)
        >>> y = np.random.default_rng(0).poisson(np.exp(3.0 * x))
        >>> model = lossary.choose({"x": x}, y, want="mean", models=["linear"], repeats=1).model
        >>> path = model.save(pathlib.Path(tempfile.mkdtemp()) / "model.lossary")
        >>> bool((lossary.load(path).predict({"x": x}) == model.predict({"x": x})).all())
        True
        """
        return archive.write(self.content, Path(path))

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        asked = self.want.functional
        return f"<model of {self.target}: {self.label}, for the {asked}; of {self.content.training.rows:,} rows>"


def _has_interval(model: ChosenModel) -> bool:
    if model.want.functional != "interval":
        raise AttributeError(
            f"this model predicts the {model.want.functional}, no interval: choose with want='interval'"
        )
    return True


def _has_probabilities(model: ChosenModel) -> bool:
    if not model.content.is_probable:
        raise AttributeError(f"{model.label} tells which class is likelier, but not how likely")
    return True


class ChosenRegressor(RegressorMixin, ChosenModel):  # type: ignore[misc]
    """A trained model of numbers."""

    @available_if(_has_interval)  # type: ignore[untyped-decorator]
    def predict_interval(self, X: Any) -> np.ndarray:
        """Both ends of the interval, (n, 2), where an interval is wanted."""
        return self.predictions(X)


class ChosenClassifier(ClassifierMixin, ChosenModel):  # type: ignore[misc]
    """A trained model of classes; ``classes_`` (k,) has them as the target does, the positive one of two last."""

    def __init__(self, content: Content) -> None:
        super().__init__(content)
        is_text = any(isinstance(each, str) for each in content.classes)
        self.classes_ = np.array(content.classes, dtype=object if is_text else None)

    def predict(self, X: Any) -> np.ndarray:
        """The class of each row, (n,): the likeliest, or of two that which costs less.

        Raises ValueError as for numbers.
        """
        return self.classes_[self._decided(self.predictions(X))]

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> np.ndarray:
        """How likely each class is, (n, k), in the order of ``classes_``; where the model tells."""
        return self._of_each(self.predictions(X))

    def predict_table(self, X: Any, first_row: int = 0) -> pl.DataFrame:
        """``p_CLASS`` for each class, where the model has probabilities, and ``label``."""
        p = self.predictions(X, first_row)
        columns: dict[str, Any] = {}
        if self.content.is_probable:
            each = self._of_each(p)
            columns = {f"p_{name}": each[:, j] for j, name in enumerate(self.content.classes)}
        label = pl.Series("label", list(self.content.classes)).gather(self._decided(p))
        return pl.DataFrame({**columns, "label": label})

    def _decided(self, p: np.ndarray) -> np.ndarray:
        return classes_at(p, self.content.threshold, len(self.content.classes) > 2).astype(np.int64)

    def _of_each(self, p: np.ndarray) -> np.ndarray:
        return np.column_stack([1.0 - p, p]) if p.ndim == 1 else p


def model_of(content: Content) -> ChosenModel:
    """The estimator of a trained model."""
    return (ChosenClassifier if content.classes else ChosenRegressor)(content)


def load(path: str | Path) -> ChosenModel:
    """Read a model that ``save`` wrote; nothing in the file is run.

    Parameters
    ----------
    path : path

    Returns
    -------
    ChosenRegressor or ChosenClassifier

    Raises
    ------
    ValueError
        For a file that is no model, is damaged, or is in a format of a later version; the message says which.
    OSError
        For a file that cannot be opened.
    """
    return model_of(archive.read(Path(path)))
