"""Every loss of the catalogue, and your own, as an objective of LightGBM.

    model = lossary.lightgbm.train(params, dataset, 200, loss="cauchy:c=2")  # start and scale included
    model.predict(X)

    lgb.train({"objective": lossary.lightgbm.objective("cauchy:c=2")}, dataset)  # or each part by hand
    LGBMRegressor(objective=lossary.lightgbm.objective("expectile:0.9"))

``docs/boosting.md`` says what each part does, and which curvature each loss is given.

Losses, parameters and data sets of the booster come in; its objectives, metrics and trained models go out. It imports
``lossary.boosting``, where all that boosters have in common stands, and no other booster's adapter.
"""

from __future__ import annotations

try:
    import lightgbm as _lightgbm  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "lightgbm":
        raise
    raise ModuleNotFoundError(
        "lossary.lightgbm needs LightGBM: pip install 'lossary[lightgbm]'", name="lightgbm"
    ) from error


from lossary.lightgbm.checking import check
from lossary.lightgbm.estimators import LossClassifier, LossRegressor
from lossary.lightgbm.objectives import init_score, metric, objective
from lossary.lightgbm.training import Model, refresh_leaves, train

__all__ = [
    "LossClassifier",
    "LossRegressor",
    "Model",
    "check",
    "init_score",
    "metric",
    "objective",
    "refresh_leaves",
    "train",
]
