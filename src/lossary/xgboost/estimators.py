"""scikit-learn estimators of XGBoost's trees under any loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xgboost

from lossary.boosting.estimators import BoostedClassifier, BoostedRegressor, Training
from lossary.boosting.tables import Table
from lossary.xgboost.training import refresh_leaves, train


def _matrix(table: Table, y: np.ndarray | None = None, sample_weight: Any = None, _: Any = None) -> xgboost.DMatrix:
    kinds = None
    if table.categorical:
        kinds = ["c" if number in table.categorical else "q" for number in range(table.matrix.shape[1])]
    return xgboost.DMatrix(
        table.matrix,
        y,
        weight=sample_weight,
        feature_names=None if table.names is None else list(table.names),
        feature_types=kinds,
        enable_categorical=bool(table.categorical),
    )


def _watched(data: Sequence[xgboost.DMatrix], patience: int | None) -> dict[str, Any]:
    evals = [(each, f"validation_{number}") for number, each in enumerate(data)]
    return {"evals": evals, "early_stopping_rounds": patience, "verbose_eval": False}


_TRAINING = Training(_matrix, _matrix, _watched, train, refresh_leaves, scores_parameter="num_class")


class LossRegressor(BoostedRegressor):
    """XGBoost's trees under any loss, for values or means.

    Parameters are those of ``lossary.boosting.estimators.Boosted``.

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.xgboost import LossRegressor
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> LossRegressor("quantile:0.9").fit(X, np.where(X[:, 0] > 0.5, 4.0, 1.0)).predict([[0.1], [0.9]]).round(2)
    array([1., 4.])
    """

    _training = _TRAINING


class LossClassifier(BoostedClassifier):
    """XGBoost's trees under any loss, for labels and probabilities.

    Parameters are those of ``lossary.boosting.estimators.Boosted``.

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.xgboost import LossClassifier
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> LossClassifier("focal").fit(X, np.where(X[:, 0] > 0.5, "high", "low")).predict([[0.1], [0.9]])
    array(['low', 'high'], dtype='<U4')
    """

    _training = _TRAINING
