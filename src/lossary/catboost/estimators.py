"""scikit-learn estimators of CatBoost's trees under any loss."""

from __future__ import annotations

from typing import Any

import catboost
import numpy as np

from lossary.boosting.estimators import BoostedClassifier, BoostedRegressor, Table, Training
from lossary.catboost.training import refresh_leaves, train


def _dataset(X: Table, y: np.ndarray, sample_weight: Any) -> catboost.Pool:
    return catboost.Pool(X, y, weight=sample_weight)


_TRAINING = Training(
    _dataset,
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
