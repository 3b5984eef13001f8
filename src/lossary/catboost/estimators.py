"""scikit-learn estimators of CatBoost's trees under any loss."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import catboost
import numpy as np
from scipy.sparse import csr_matrix, issparse

from lossary.boosting.estimators import BoostedClassifier, BoostedRegressor, Training
from lossary.boosting.tables import Table
from lossary.catboost.training import refresh_leaves, train


def _pool(table: Table, y: np.ndarray | None = None, sample_weight: Any = None, _: Any = None) -> catboost.Pool:
    features, categorical = table.matrix, list(table.categorical) or None
    if categorical:
        features = _with_text(features, table.categorical)
    elif issparse(features):
        features = csr_matrix(features)  # CatBoost knows no sparse arrays
    names = None if table.names is None else list(table.names)
    return catboost.Pool(features, y, weight=sample_weight, cat_features=categorical, feature_names=names)


def _with_text(matrix: np.ndarray, categorical: Sequence[int]) -> Any:
    """Numbers, and codes of categories as the text that CatBoost wants them to be; -1 for a missing one."""
    columns: dict[str, np.ndarray] = {str(number): matrix[:, number] for number in range(matrix.shape[1])}
    for number in categorical:
        columns[str(number)] = np.where(np.isnan(matrix[:, number]), -1.0, matrix[:, number]).astype(int).astype(str)
    return importlib.import_module("pandas").DataFrame(columns)  # CatBoost brings it


def _watched(data: Sequence[catboost.Pool], patience: int | None) -> dict[str, Any]:
    return {"eval_set": list(data), "early_stopping_rounds": patience, "use_best_model": patience is not None}


_TRAINING = Training(
    _pool,
    _pool,
    _watched,
    train,
    refresh_leaves,
    scores_parameter="classes_count",
    defaults={"logging_level": "Silent", "allow_writing_files": False},
)


class LossRegressor(BoostedRegressor):
    """CatBoost's trees under any loss, for values or means.

    Parameters are those of ``lossary.boosting.estimators.Boosted``.

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.catboost import LossRegressor
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> model = LossRegressor("quantile:0.9", params={"learning_rate": 0.3})
    >>> model.fit(X, np.where(X[:, 0] > 0.5, 4.0, 1.0)).predict([[0.1], [0.9]]).round(2)
    array([1., 4.])
    """

    _training = _TRAINING


class LossClassifier(BoostedClassifier):
    """CatBoost's trees under any loss, for labels and probabilities.

    Parameters are those of ``lossary.boosting.estimators.Boosted``.

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.catboost import LossClassifier
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> LossClassifier("focal").fit(X, np.where(X[:, 0] > 0.5, "high", "low")).predict([[0.1], [0.9]])
    array(['low', 'high'], dtype='<U4')
    """

    _training = _TRAINING
