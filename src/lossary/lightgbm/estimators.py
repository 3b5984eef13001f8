"""scikit-learn estimators of LightGBM's trees under any loss."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np

from lossary.boosting.estimators import BoostedClassifier, BoostedRegressor, Table, Training
from lossary.lightgbm.training import refresh_leaves, train


def _dataset(X: Table, y: np.ndarray, sample_weight: Any) -> lightgbm.Dataset:
    return lightgbm.Dataset(X, y, weight=sample_weight, free_raw_data=False)


_TRAINING = Training(
    _dataset, train, refresh_leaves, scores_parameter="num_class", defaults={"verbosity": -1}, reads_datasets=False
)


class LossRegressor(BoostedRegressor):
    """LightGBM's trees under any loss, for values or means.

    Parameters are those of ``lossary.boosting.estimators.Boosted``.

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.lightgbm import LossRegressor
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> LossRegressor("quantile:0.9").fit(X, np.where(X[:, 0] > 0.5, 4.0, 1.0)).predict([[0.1], [0.9]]).round(2)
    array([1., 4.])
    """

    _training = _TRAINING


class LossClassifier(BoostedClassifier):
    """LightGBM's trees under any loss, for labels and probabilities.

    Parameters are those of ``lossary.boosting.estimators.Boosted``.

    Examples
    --------
    >>> import numpy as np
    >>> from lossary.lightgbm import LossClassifier
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> LossClassifier("focal").fit(X, np.where(X[:, 0] > 0.5, "high", "low")).predict([[0.1], [0.9]])
    array(['low', 'high'], dtype='<U4')
    """

    _training = _TRAINING
