"""scikit-learn estimators of LightGBM's trees under any loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np

from lossary.boosting.estimators import BoostedClassifier, BoostedRegressor, Training
from lossary.boosting.tables import Table
from lossary.lightgbm.training import refresh_leaves, train


def _dataset(table: Table, y: np.ndarray, sample_weight: Any, reference: Any) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        table.matrix,
        y,
        weight=sample_weight,
        reference=reference,
        feature_name="auto" if table.names is None else list(table.names),
        categorical_feature=list(table.categorical),
        free_raw_data=False,
    )


def _watched(data: Sequence[lightgbm.Dataset], patience: int | None) -> dict[str, Any]:
    stopping = [] if patience is None else [lightgbm.early_stopping(patience, verbose=False)]
    return {"valid_sets": list(data), "callbacks": stopping}


_TRAINING = Training(
    _dataset,
    lambda table: table.matrix,
    _watched,
    train,
    refresh_leaves,
    scores_parameter="num_class",
    # Where no feature can split LightGBM would leave all of them out, and then fail for want of any.
    defaults={"verbosity": -1, "feature_pre_filter": False},
    reads_datasets=False,
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
