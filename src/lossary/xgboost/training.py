"""One call that trains XGBoost with any loss and predicts on the loss's own scale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.leaves import LeafRefresh
from lossary.boosting.model import BoostedModel
from lossary.boosting.parameters import first_given, refuse_objective
from lossary.boosting.start import rounded, start_of_training
from lossary.evaluate.registry import AnyLoss
from lossary.xgboost.objectives import Metric, Objective

RATES = ("learning_rate", "eta")


class Model(BoostedModel):
    """A trained ``xgboost.Booster`` together with its loss; it pickles. The start is its base score."""

    def _scores(self, data: Any, **options: Any) -> np.ndarray:
        best = getattr(self.booster, "best_iteration", None) if _stopped(self.booster) else None
        if best is not None:
            options.setdefault("iteration_range", (0, best + 1))
        return np.asarray(self.booster.predict(_matrix(data), output_margin=True, **options))


def train(
    params: Mapping[str, Any],
    dtrain: xgboost.DMatrix,
    num_boost_round: int = 100,
    *,
    loss: str | AnyLoss,
    curvature: str = "auto",
    **options: Any,
) -> Model:
    """``xgboost.train`` with any loss, from its best constant, judged by its own cost.

    Parameters
    ----------
    params : mapping
        XGBoost's parameters, without an objective; ``num_class`` for a loss of rows. A ``base_score`` given is kept.
    dtrain : xgboost.DMatrix
        Features, labels and weights. One with a ``base_margin`` (an offset) starts from that.
    loss, curvature
        As for ``objective``.
    **options
        For ``xgboost.train``: ``evals``, ``callbacks``, ``early_stopping_rounds`` ...

    Examples
    --------
    >>> import numpy as np, xgboost
    >>> import lossary.xgboost
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> data = xgboost.DMatrix(X, np.where(X[:, 0] > 0.5, 4.0, 1.0))
    >>> model = lossary.xgboost.train({"nthread": 1}, data, loss="poisson")
    >>> model.predict(xgboost.DMatrix([[0.1], [0.9]])).round(2)
    array([1., 4.])
    """
    objective = Objective(Derivatives(loss, curvature))
    refuse_objective(params, ("objective",))
    start = _start(objective.derivatives.loss, dtrain, params)
    params = {"disable_default_eval_metric": True, "base_score": rounded(start), **params}
    options.setdefault("custom_metric", Metric(objective.derivatives.loss))
    booster = xgboost.train(params, dtrain, num_boost_round, obj=objective, **options)
    return Model(booster, objective.derivatives, start, float(first_given(params, RATES, 0.3)))


def refresh_leaves(model: Model, data: Any, y: Any, sample_weight: Any = None) -> Model:
    """Improve every leaf, tree by tree, by a learning rate's share of the step of least cost. Changes the model.

    The cost on the data does not rise. It matters where the curvature says little (``curvature="unit"``, pieces of
    straight lines), is for losses of one score, and takes some forty evaluations of the gradient a tree.
    XGBoost has no way to set a leaf, so the model is written as JSON, which XGBoost documents, changed there and read
    again. ``data`` and ``y`` are what the model was trained on.
    """
    matrix = _matrix(data)
    refresh = LeafRefresh(model, model.predict(matrix, raw=True), y, sample_weight)
    written = json.loads(bytes(model.booster.save_raw("json")))
    trees = written["learner"]["gradient_booster"]["model"]["trees"]
    for number, tree in enumerate(trees):
        one_tree = model.booster[number : number + 1]
        leaf = np.asarray(one_tree.predict(matrix, pred_leaf=True), dtype=np.int64).reshape(-1)
        for node, step in refresh.steps(leaf).items():
            tree["split_conditions"][node] += step  # where a leaf keeps its value
    model.booster.load_model(bytearray(json.dumps(written).encode()))
    return model


def _matrix(data: Any) -> xgboost.DMatrix:
    return data if isinstance(data, xgboost.DMatrix) else xgboost.DMatrix(data)


def _start(loss: AnyLoss, dtrain: xgboost.DMatrix, params: Mapping[str, Any]) -> np.ndarray:
    if "base_score" in params:
        return np.asarray(params["base_score"], dtype=np.float64)
    if dtrain.get_base_margin().size:
        return np.asarray(0.0)
    labels, weight = dtrain.get_label(), dtrain.get_weight()
    if labels.size == 0:
        raise ValueError("the data has no labels; give it some, as xgboost.DMatrix(X, y)")
    scores = int(params["num_class"]) if "num_class" in params else None
    return start_of_training(loss, labels, weight if weight.size else None, scores)


def _stopped(booster: xgboost.Booster) -> bool:
    return booster.attr("best_iteration") is not None
