"""``lossary.choose`` as an estimator of scikit-learn: it chooses and trains in ``fit``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, RegressorTags, Tags, check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    assert_all_finite,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from lossary.choosing.choose import FOLDS, choose
from lossary.choosing.comparison.scores import skill
from lossary.choosing.comparison.study import Study
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.models.model import ChosenClassifier
from lossary.choosing.table.frames import raw_columns
from lossary.choosing.table.task import OF_CLASSES, parse_question
from lossary.choosing.training.fold_fit import best_constant
from lossary.choosing.training.recipes import MODELS
from lossary.evaluate.registry import AnyLoss

OPTIONS = (
    "want",
    "cost_under",
    "cost_over",
    "models",
    "losses",
    "only",
    "groups",
    "time",
    "positive",
    "folds",
    "repeats",
    "time_budget",
    "jobs",
    "backend",
    "folder",
    "primary",
)


def _asks_for(estimator: LossChooser) -> str:
    """What is wanted, or "" where that is not known before the data is."""
    return str(estimator.model_.want.functional) if hasattr(estimator, "model_") else _asked(estimator)


def _asked(estimator: LossChooser) -> str:
    """What somebody said is wanted, or "" where nobody did."""
    try:
        question = parse_question(estimator.want, estimator.cost_under, estimator.cost_over)
    except ValueError:  # told by fit
        return ""
    if question is None or (question.functional == "quantile" and question.level is None):
        return ""
    return question.functional


def _has_probabilities(estimator: LossChooser) -> bool:
    if hasattr(estimator, "model_"):
        if not isinstance(estimator.model_, ChosenClassifier):
            raise AttributeError(f"the {_asks_for(estimator)} of numbers is wanted, and they have no classes")
        return callable(estimator.model_.predict_proba)  # or an AttributeError that says why there are none
    return _asks_for(estimator) in ("", *OF_CLASSES)


def _has_interval(estimator: LossChooser) -> bool:
    if _asks_for(estimator) != "interval":
        raise AttributeError("there is an interval where one is wanted: LossChooser(want='interval:0.8')")
    return True


class LossChooser(BaseEstimator):  # type: ignore[misc]
    """Compares training losses on the data, and predicts by the model it recommends, trained on all rows.

    It is ``lossary.choose`` for pipelines, ``cross_val_score`` and whatever else takes an estimator: a whole comparison
    is made within each ``fit``. A classifier where probabilities or labels are wanted, a regressor where the mean, the
    median, a quantile or an interval is; with ``want=None`` it is what the target of ``fit`` makes it, so that
    ``cross_val_score`` draws folds of like classes only where ``want`` is given.

    Parameters
    ----------
    want : str, optional
        "mean", "median", "quantile:0.9", "interval:0.8", "probability" or "label"; by default the mean of numbers, the
        probability of classes.
    cost_under, cost_over : float, optional
    models : sequence of "linear", "boosting", "mlp", and estimators
    losses : sequence of names and losses
    only : bool
    groups, time : name of a column of X, optional
        Rows of one group stay in one fold, and are no feature; folds are tested on what came after their training.
    positive : str or number, optional
    folds, repeats : int
    time_budget : float, optional
        Seconds for each ``fit``.
    jobs, backend, folder, primary
        All these are those of ``lossary.choose``, which says what they mean.
    random_state : int, RandomState or None
        Decides folds and all else that is drawn.

    Attributes
    ----------
    choice_ : Choice
        What was found out: ``choice_.verdict``, ``choice_.report("report.html")``.
    model_ : ChosenRegressor or ChosenClassifier
        What predicts; ``model_.save("model.lossary")`` keeps it.
    classes_ : (k,) array
        Of classes, sorted.
    n_features_in_, feature_names_in_

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.sklearn import LossChooser
    >>> x = np.linspace(0.0, 1.0, 300)[:, np.newaxis]
    >>> y = 5.0 * x[:, 0] + np.random.default_rng(0).normal(size=300)
    >>> chooser = LossChooser(want="mean", models=("linear",), repeats=1).fit(x, y)
    >>> chooser.choice_.verdict.recommended.loss
    'squared_error'
    >>> chooser.predict([[0.0], [1.0]]).round()
    array([0., 5.])
    """

    model_: Any

    def __init__(
        self,
        want: str | None = None,
        *,
        cost_under: float | None = None,
        cost_over: float | None = None,
        models: Sequence[Any] = MODELS,
        losses: Sequence[str | AnyLoss] = (),
        only: bool = False,
        groups: str | None = None,
        time: str | None = None,
        positive: str | float | None = None,
        folds: int = FOLDS,
        repeats: int | None = None,
        time_budget: float | None = None,
        jobs: int = 1,
        backend: str = "loky",
        folder: str | Path | None = None,
        primary: str | None = None,
        random_state: Any = 0,
    ) -> None:
        self.want = want
        self.cost_under = cost_under
        self.cost_over = cost_over
        self.models = models
        self.losses = losses
        self.only = only
        self.groups = groups
        self.time = time
        self.positive = positive
        self.folds = folds
        self.repeats = repeats
        self.time_budget = time_budget
        self.jobs = jobs
        self.backend = backend
        self.folder = folder
        self.primary = primary
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Compare losses, and train the model that is recommended.

        Parameters
        ----------
        X : data frame (polars or pandas), or (n, p) array
            Numbers, text, dates and missing values are all taken.
        y : (n,) array
            Numbers, or classes of any kind that can be sorted; none may be missing.
        sample_weight : (n,) array, optional
            Zero or more; rows of weight zero do not count.

        Raises
        ------
        ValueError
            As ``lossary.choose``, and for a target that is missing or infinite.
        """
        X = self._table(X, reset=True)
        values = _complete_targets(y, type(self).__name__)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        counted = values if sample_weight is None else values[sample_weight > 0.0]
        if _asked(self) in OF_CLASSES:
            check_classification_targets(values)
            if counted.size and np.unique(counted).size == 1:
                raise ValueError(f"there is one class only, {counted[0]!r}: there is nothing to tell apart")
        self._names = tuple(raw_columns(X))
        options = {name: getattr(self, name) for name in OPTIONS}
        named = y if hasattr(y, "name") else values
        choice = choose(X, named, sample_weight=sample_weight, seed=self._seed, **options)
        self.model_, self.choice_ = choice.model, choice
        self.__dict__.pop("classes_", None)
        if isinstance(self.model_, ChosenClassifier):
            self.classes_ = np.unique(counted)
            self._places = _places(self.classes_, self.model_.classes_)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predictions in the target's units, (n,); of an interval both ends, (n, 2); of classes the class.

        Raises ValueError for columns that are missing or hold something else than in ``fit``.
        """
        table = self._new(X)
        predicted = self.model_.predict(table)
        if not isinstance(self.model_, ChosenClassifier):
            return predicted
        own = dict(zip(self.model_.classes_[self._places].tolist(), range(len(self._places)), strict=True))
        return self.classes_[[own[each] for each in predicted.tolist()]]

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> np.ndarray:
        """How likely each class is, (n, k), in the order of ``classes_``; where the model tells."""
        table = self._new(X)
        return self.model_.predict_proba(table)[:, self._places]

    @available_if(_has_interval)  # type: ignore[untyped-decorator]
    def predict_interval(self, X: Any) -> np.ndarray:
        """Both ends of the interval, (n, 2), where an interval is wanted."""
        table = self._new(X)
        return self.model_.predict_interval(table)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Of classes the share that is predicted right; of numbers the part of a constant's score that is saved.

        That is 1 - s / c by the question's first yardstick, with s the model's mean score and c that of the best
        constant of these rows: R squared for the mean, and the like of quantile losses and interval scores. 1 is
        perfect.
        """
        predicted = self.predict(X)
        values = _complete_targets(y, type(self).__name__)
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        if isinstance(self.model_, ChosenClassifier):
            return float(np.average(predicted == values, weights=weight))
        observed, want = np.asarray(values, dtype=np.float64), self.model_.want
        empty = Study(want, observed, weight, (), (), {}, np.empty(0))
        yardstick = panel(empty)[0]
        constant = np.broadcast_to(best_constant(observed, weight, want), predicted.shape).copy()
        ours, theirs = (
            float(np.average(yardstick.score(observed, each), weights=weight)) for each in (predicted, constant)
        )
        return skill(ours, theirs)

    def _table(self, X: Any, reset: bool) -> Any:
        """Features as ``choose`` takes them: frames as they are, all else as an array of two dimensions."""
        if hasattr(X, "columns"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        few = 2 if reset else 1
        return validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=few)

    def _new(self, X: Any) -> dict[str, Any]:
        """A table to predict, its columns called as in training: their names are those, or have none."""
        check_is_fitted(self)
        return dict(zip(self._names, raw_columns(self._table(X, reset=False)).values(), strict=True))

    @property
    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        # Not "categorical": to scikit-learn that means that whole numbers are taken for categories.
        tags.input_tags.allow_nan = tags.input_tags.string = True
        asked = _asks_for(self)
        if asked in OF_CLASSES:
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        elif asked:
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        return tags


def _complete_targets(y: Any, estimator: str) -> np.ndarray:
    """The targets as an array, (n,): estimators refuse those that are missing."""
    values = column_or_1d(y, warn=True)
    missing = np.array([value is None for value in values]) if values.dtype == object else np.zeros(1, dtype=bool)
    if missing.any():
        raise ValueError(
            f"Input y contains NaN: it is missing in row {int(np.argmax(missing)) + 1}; leave such rows out"
        )
    assert_all_finite(values, input_name="y", estimator_name=estimator)
    return values


def _places(classes: np.ndarray, of_model: np.ndarray) -> np.ndarray:
    """Where each class stands in the model's order: the model has them as numbers, or as text."""
    numbers = {each: place for place, each in enumerate(of_model.tolist())}
    return np.array([numbers[each] if each in numbers else numbers[str(each)] for each in classes.tolist()])
