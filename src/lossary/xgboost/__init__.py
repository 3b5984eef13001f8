"""Every loss of the catalogue, and your own, as an objective of XGBoost.

    model = lossary.xgboost.train(params, dtrain, 200, loss="cauchy:c=2")  # start and scale included
    model.predict(dtest)

    start = lossary.xgboost.base_score("cauchy:c=2", y)  # or each part by hand
    xgb.train({"base_score": start}, dtrain, obj=lossary.xgboost.objective("cauchy:c=2"))
    XGBRegressor(objective=lossary.xgboost.objective("expectile:0.9"))

``docs/boosting.md`` says what each part does, and which curvature each loss is given.

Losses, parameters and data sets of the booster come in; its objectives, metrics and trained models go out. It imports
``lossary.boosting``, where all that boosters have in common stands, and no other booster's adapter.
"""

from __future__ import annotations

try:
    import xgboost as _xgboost  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "xgboost":
        raise
    raise ModuleNotFoundError(
        "lossary.xgboost needs XGBoost: pip install 'lossary[xgboost]'", name="xgboost"
    ) from error


from lossary.xgboost.checking import check
from lossary.xgboost.estimators import LossClassifier, LossRegressor
from lossary.xgboost.objectives import base_score, init_score, metric, objective
from lossary.xgboost.training import Model, refresh_leaves, train

__all__ = [
    "LossClassifier",
    "LossRegressor",
    "Model",
    "base_score",
    "check",
    "init_score",
    "metric",
    "objective",
    "refresh_leaves",
    "train",
]
