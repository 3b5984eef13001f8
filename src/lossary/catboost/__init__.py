"""Every loss of the catalogue, and your own, as an objective of CatBoost.

    model = lossary.catboost.train(params, pool, 200, loss="cauchy:c=2")  # start and scale included
    model.predict(X)

    objective, metric = lossary.catboost.objective("expectile:0.9"), lossary.catboost.metric("expectile:0.9")
    CatBoost(dict(loss_function=objective, eval_metric=metric))  # or each part by hand

CatBoost calls a custom objective for a thousand examples at a time, and for a loss of rows for one at a time: the
latter is slow. ``docs/boosting.md`` says which curvature each loss is given.

Losses, parameters and data sets of the booster come in; its objectives, metrics and trained models go out. It imports
``lossary.boosting``, where all that boosters have in common stands, and no other booster's adapter.
"""

from __future__ import annotations

try:
    import catboost as _catboost  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "catboost":
        raise
    raise ModuleNotFoundError(
        "lossary.catboost needs CatBoost: pip install 'lossary[catboost]'", name="catboost"
    ) from error


from lossary.catboost.checking import check
from lossary.catboost.estimators import LossClassifier, LossRegressor
from lossary.catboost.objectives import init_score, metric, objective
from lossary.catboost.training import Model, refresh_leaves, train

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
