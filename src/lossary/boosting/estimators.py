"""What the estimators of all boosters share: scikit-learn's interface around a booster's own ``train``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from lossary import primitives
from lossary.boosting.constant import constant_model
from lossary.boosting.labels import classes_and_codes, numbers
from lossary.boosting.loss_estimator import LossEstimator
from lossary.boosting.missing import known_rows
from lossary.boosting.model import BoostedModel
from lossary.boosting.tables import Table, categories_of, coded, plain_names
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import LABELS, SIGNS, UNIT

OWN = "params__"


@dataclass(frozen=True)
class Training:
    """How a booster trains: its data sets and its adapter's functions.

    ``dataset`` makes what it trains on from features, labels and weights, after the booster's own parameters and the
    data set that categories and bins are taken from (None for the first); ``features`` what it predicts from.
    ``watched`` has the options of ``train`` by which data sets are watched, and how many rounds without a better cost
    end the training (None: all rounds are trained). ``scores_parameter`` is the booster's name for the number of scores
    an example, ``defaults`` are parameters that a user may override. ``reads_datasets`` says that a trained booster
    predicts from a data set too, so that features that were taken into one once need not be taken again.
    """

    dataset: Callable[[Table, np.ndarray, Any, Any], Any]
    features: Callable[[Table], Any]
    watched: Callable[[Sequence[Any], int | None], Mapping[str, Any]]
    train: Callable[..., BoostedModel]
    refresh_leaves: Callable[..., BoostedModel]
    scores_parameter: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    reads_datasets: bool = True


class Boosted(LossEstimator):
    """Trees under any loss.

    Features are an (n, d) array or nested list of numbers, a CSR matrix, or a data frame of pandas or polars, whose
    categorical columns are split as categories. Missing features are NaN. If no feature takes two values the prediction
    is the loss's best constant.

    Parameters
    ----------
    loss : str or loss
        A name such as "huber:delta=2", a loss of the catalogue, or your own. A parameter in the units of y that is not
        named is set by the scale of the targets (``lossary.boosting.units``); ``model_.loss`` shows it.
    curvature : str
        As for ``objective``.
    n_estimators : int
        Rounds of boosting, at most.
    early_stopping_rounds : int, optional
        Training ends when the cost on the last of ``eval_set`` has not been less for so many rounds; predictions are
        by the rounds of least cost.
    leaf_refresh : bool
        Whether each leaf ends with the value of least cost, as ``refresh_leaves`` finds it; for losses of one score.
    params : mapping, optional
        The booster's own parameters, by its own names; one at a time as ``params__max_depth``.
    missing : "error" or "nan"
        Whether a target that is NaN raises, or its row is left out.

    Attributes
    ----------
    model_ : BoostedModel
        The trained booster with its loss.
    n_features_in_, feature_names_in_ : int, array
        As everywhere in scikit-learn; the latter for data frames only.
    """

    _training: ClassVar[Training]

    def __init__(
        self,
        loss: str | AnyLoss = "squared_error",
        *,
        curvature: str = "auto",
        n_estimators: int = 100,
        early_stopping_rounds: int | None = None,
        leaf_refresh: bool = False,
        params: Mapping[str, Any] | None = None,
        missing: str = "error",
    ) -> None:
        self.loss = loss
        self.curvature = curvature
        self.n_estimators = n_estimators
        self.early_stopping_rounds = early_stopping_rounds
        self.leaf_refresh = leaf_refresh
        self.params = params
        self.missing = missing

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; ``deep`` adds the loss's own, as ``loss__delta``, and those of ``params``."""
        params = super().get_params(deep=deep)
        if deep and isinstance(self.params, Mapping):
            params |= {f"{OWN}{name}": value for name, value in self.params.items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; ``params__max_depth=3`` sets one of the booster's own."""
        own = {name.removeprefix(OWN): value for name, value in params.items() if name.startswith(OWN)}
        super().set_params(**{name: value for name, value in params.items() if not name.startswith(OWN)})
        if own:
            self.params = {**(self.params or {}), **own}
        return self

    def _table(self, X: Any, reset: bool = False) -> Table:
        """Features as numbers, held against those of the training in names and number."""
        if reset:
            self._categories = categories_of(X)
        accepted: dict[str, Any] = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}
        if self._categories and hasattr(X, "columns"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            matrix = coded(X, self._categories)
        else:
            matrix = validate_data(self, X, reset=reset, accept_sparse="csr", accept_large_sparse=False, **accepted)
            if issparse(matrix):
                matrix = csr_matrix(matrix)  # boosters know no sparse arrays, or warn of them
        names = plain_names(getattr(self, "feature_names_in_", None))
        return Table(matrix, tuple(sorted(self._categories)), None if names is None else tuple(map(str, names)))

    def _train(self, X: Any, y: np.ndarray, sample_weight: Any, scores: int | None, eval_set: Any) -> None:
        """Train on features and labels that are ready; ``scores`` is how many an example has, None for one."""
        if self.early_stopping_rounds is not None and eval_set is None:
            raise ValueError("early_stopping_rounds needs eval_set, the data that tells when to stop; pass it to fit")
        table = self._table(X, reset=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, table.matrix, dtype=np.float64)
        if table.matrix.shape[0] != len(y):
            raise ValueError(f"inconsistent numbers of samples: X has {table.matrix.shape[0]} rows, y has {len(y)}")
        self.model_ = self._trained(table, y, sample_weight, scores, eval_set)

    def _trained(self, table: Table, y: np.ndarray, weight: Any, scores: int | None, eval_set: Any) -> BoostedModel:
        training = self._training
        number_of_scores = {} if scores is None else {training.scores_parameter: scores}
        params = {**training.defaults, **number_of_scores, **(self.params or {})}
        if table.is_constant:
            return constant_model(self.loss, self.curvature, y, weight, scores)
        data = training.dataset(table, y, weight, None)
        watched = [training.dataset(*each, data) for each in self._watched(eval_set)]
        options = training.watched(watched, self.early_stopping_rounds) if watched else {}
        model = training.train(params, data, self.n_estimators, loss=self.loss, curvature=self.curvature, **options)
        if not self.leaf_refresh:
            return model
        features = data if training.reads_datasets else training.features(table)
        return training.refresh_leaves(model, features, y, weight)

    def _watched(self, eval_set: Any) -> list[tuple[Table, np.ndarray, Any]]:
        """Features, labels and weights of each part of ``eval_set``."""
        if eval_set is None:
            return []
        parts = [eval_set] if isinstance(eval_set, tuple) else list(eval_set)
        if not all(isinstance(part, tuple) and len(part) in (2, 3) for part in parts):
            raise ValueError("eval_set must be (X, y) or (X, y, sample_weight), or a list of such tuples")
        return [
            (self._table(part[0]), self._labels_again(part[1]), part[2] if len(part) > 2 else None) for part in parts
        ]

    def _labels_again(self, y: Any) -> np.ndarray:
        """Labels of other rows, as those of the training became."""
        raise NotImplementedError

    def _predicted(self, X: Any, raw: bool = False) -> np.ndarray:
        check_is_fitted(self)
        table = self._table(X)
        return np.asarray(self.model_.predict(self._training.features(table), raw=raw))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags


class BoostedRegressor(RegressorMixin, Boosted):
    """Predicts values or means."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, eval_set: Any = None) -> Self:
        """Train; a target outside the loss's domain raises.

        Parameters
        ----------
        X : (n, d) array, CSR matrix or data frame
        y : (n,) array
            Numbers in the loss's domain.
        sample_weight : (n,) array, optional
            Zero or more; rows of weight zero do not count.
        eval_set : (X, y) or (X, y, sample_weight), or a list of such tuples, optional
            Data on which the cost is watched.
        """
        if isinstance(get(self.loss), RowLossFunction):
            raise TypeError(f"{get(self.loss)} is a loss of classes; take LossClassifier")
        X, y, sample_weight = known_rows(X, y, sample_weight, self.missing)
        self._train(X, numbers(y), sample_weight, None, eval_set)
        return self

    def _labels_again(self, y: Any) -> np.ndarray:
        return numbers(y)

    def predict(self, X: Any) -> np.ndarray:
        """The predicted values, on the scale of the target, (n,)."""
        return self._predicted(X)


def _gives_probabilities(estimator: Any) -> bool:
    loss = estimator.model_.loss if hasattr(estimator, "model_") else get(estimator.loss)
    if isinstance(loss, RowLossFunction):
        told = loss.link == "softmax" or loss.record.prediction in ("probabilities", "increasing")
    else:
        told = loss.link in ("logit", "half_logit") or loss.prediction == UNIT
    if not told:
        raise AttributeError(f"{loss} gives no probabilities; take decision_function")
    return True


class BoostedClassifier(ClassifierMixin, Boosted):
    """Predicts labels; probabilities too where the loss gives them.

    Attributes
    ----------
    classes_ : (k,) array
        The labels in order.
    """

    def __init__(
        self,
        loss: str | AnyLoss = "logistic",
        *,
        curvature: str = "auto",
        n_estimators: int = 100,
        early_stopping_rounds: int | None = None,
        leaf_refresh: bool = False,
        params: Mapping[str, Any] | None = None,
        missing: str = "error",
    ) -> None:
        super().__init__(
            loss,
            curvature=curvature,
            n_estimators=n_estimators,
            early_stopping_rounds=early_stopping_rounds,
            leaf_refresh=leaf_refresh,
            params=params,
            missing=missing,
        )

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, eval_set: Any = None) -> Self:
        """Train; labels may be anything that can be sorted. Parameters are those of a regressor's ``fit``."""
        loss = get(self.loss)
        X, y, sample_weight = known_rows(X, y, sample_weight, self.missing)
        self.classes_, codes = classes_and_codes(y)
        count = self.classes_.size
        if count < 2:
            raise ValueError(f"{loss}: there must be at least two classes, not {count} class")
        if isinstance(loss, RowLossFunction):
            self._train(X, codes, sample_weight, count - loss.record.more_classes, eval_set)
            return self
        if loss.target not in (SIGNS, LABELS, UNIT):
            raise TypeError(f"{loss} is a loss of numbers; take LossRegressor")
        if count > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is multiclass: {loss} tells two "
                f"classes apart, but there are {count}; take a loss of rows of scores, such as 'softmax_cross_entropy'"
            )
        self._train(X, self._coded(codes), sample_weight, None, eval_set)
        return self

    def _coded(self, codes: np.ndarray) -> np.ndarray:
        """The places of labels as the loss's targets."""
        return 2.0 * codes - 1.0 if get(self.loss).target == SIGNS else codes

    def _labels_again(self, y: Any) -> np.ndarray:
        found, codes = classes_and_codes(y)
        unknown = ~np.isin(found, self.classes_)
        if unknown.any():
            raise ValueError(f"eval_set has a class that y has not: {found[unknown].tolist()[0]!r}")
        places = np.searchsorted(self.classes_, found)[codes]
        return places if isinstance(get(self.loss), RowLossFunction) else self._coded(places)

    def decision_function(self, X: Any) -> np.ndarray:
        """The scores: (n,) for two classes, positive where the second is likelier, else a row of them an example."""
        scores = self._predicted(X, raw=True)
        return (
            scores[:, 1] - scores[:, 0] if scores.ndim == 2 and scores.shape[1] == self.classes_.size == 2 else scores
        )

    @available_if(_gives_probabilities)
    def predict_proba(self, X: Any) -> np.ndarray:
        """The probabilities of the classes, (n, classes); a loss that has none, such as hinge, has no such method."""
        return self._probabilities(self._predicted(X))

    def _probabilities(self, predictions: np.ndarray) -> np.ndarray:
        if self.model_.activation.name == "increasing":
            cumulative = primitives.sigmoid(predictions)
            return np.diff(cumulative, axis=1, prepend=0.0, append=1.0)
        return predictions if predictions.ndim == 2 else np.column_stack([1.0 - predictions, predictions])

    def predict(self, X: Any) -> np.ndarray:
        """The label of the highest score, or of the highest probability where scores are thresholds."""
        check_is_fitted(self)
        if self.model_.activation.name == "increasing":
            return self.classes_[np.argmax(self._probabilities(self._predicted(X)), axis=1)]
        scores = self.decision_function(X)
        places = (scores > 0.0).astype(int) if scores.ndim == 1 else np.argmax(scores, axis=1)
        return self.classes_[places]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        with contextlib.suppress(TypeError, ValueError):  # what is no loss ``fit`` will refuse
            tags.classifier_tags.multi_class = isinstance(get(self.loss), RowLossFunction)
        return tags
