"""scikit-learn estimators of CatBoost's trees under any loss."""

from __future__ import annotations

from typing import Any

import catboost
import numpy as np

from lossary.boosting.estimators import Boosted, BoostedClassifier, BoostedRegressor, Table
from lossary.catboost.training import Model, refresh_leaves, train


class _Trees(Boosted):
    def _trained(self, X: Table, y: np.ndarray, sample_weight: Any, scores: int | None) -> Model:
        data = catboost.Pool(X, y, weight=sample_weight)
        rows = {} if scores is None else {"classes_count": scores}
        quiet = {"logging_level": "Silent", "allow_writing_files": False}
        params = {**quiet, **rows, **(self.params or {})}
        model = train(params, data, self.n_estimators, loss=self.loss, curvature=self.curvature)
        return refresh_leaves(model, data, y, sample_weight) if self.leaf_refresh else model


class LossRegressor(_Trees, BoostedRegressor):
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


class LossClassifier(_Trees, BoostedClassifier):
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
