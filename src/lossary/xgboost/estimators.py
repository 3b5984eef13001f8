"""scikit-learn estimators of XGBoost's trees under any loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost

from lossary.boosting.estimators import Boosted, BoostedClassifier, BoostedRegressor, Table
from lossary.xgboost.training import Model, refresh_leaves, train


class _Trees(Boosted):
    def _trained(self, X: Table, y: np.ndarray, sample_weight: Any, scores: int | None) -> Model:
        data = xgboost.DMatrix(X, y, weight=sample_weight)
        rows = {} if scores is None else {"num_class": scores}
        params = {**rows, **(self.params or {})}
        model = train(params, data, self.n_estimators, loss=self.loss, curvature=self.curvature)
        return refresh_leaves(model, data, y, sample_weight) if self.leaf_refresh else model


class LossRegressor(_Trees, BoostedRegressor):
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


class LossClassifier(_Trees, BoostedClassifier):
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
