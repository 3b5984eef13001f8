"""One call that trains XGBoost with any loss and predicts on the loss's own scale."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xgboost

from lossary.boosting.curvature import BOUND
from lossary.boosting.derivatives import Derivatives
from lossary.boosting.leaves import LeafRefresh
from lossary.boosting.model import BoostedModel
from lossary.boosting.parameters import first_given, refuse_objective, taken_over
from lossary.boosting.start import rounded, start_of_training
from lossary.boosting.units import in_units_of
from lossary.evaluate.registry import AnyLoss, get
from lossary.xgboost.builtin import BUILTINS, NEUTRAL
from lossary.xgboost.gains import multiple, multiplied
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
        Features, labels and weights. One with a ``base_margin`` (an offset) starts from that, and so must the data
        sets of ``evals``.
    loss, curvature
        As for ``objective``. A parameter in the units of y (``delta``, ``c``, ``scale``, ``epsilon``) that is not named
        is set by the scale of the targets, as ``lossary.boosting.units`` says; ``model.loss`` shows it.
    **options
        For ``xgboost.train``: ``evals``, ``callbacks``, ``early_stopping_rounds`` ... With ``xgb_model`` training goes
        on where that model ends, its start included.

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
    refuse_objective(params, ("objective",))
    taken, params = taken_over(get(loss), params, BUILTINS, NEUTRAL)
    labels, weight, margin = _labels(dtrain), _weight(dtrain), dtrain.get_base_margin()
    _refuse_some_margins([dtrain, *(each for each, _ in options.get("evals") or ())])
    taken = in_units_of(taken, labels, weight)
    before = options.get("xgb_model")
    if before is not None:
        options["xgb_model"], start = _going_on(before, params)
    else:
        start = _start(taken, labels, weight, margin, params)
        params = {"base_score": rounded(start), **params}
    derivatives, begins = Derivatives(taken, curvature, BOUND), margin if margin.size else start
    if before is None:
        derivatives = derivatives.begun(labels, begins, weight)
    if params.get("booster") != "gblinear":
        times = multiple(derivatives, labels, begins, weight)
        derivatives, params = derivatives.multiplied(times), multiplied(params, times)
    options.setdefault("custom_metric", Metric(taken))
    params = {"disable_default_eval_metric": True, **params}
    booster = xgboost.train(params, dtrain, num_boost_round, obj=Objective(derivatives), **options)
    return Model(booster, derivatives, start, float(first_given(params, RATES, 0.3)))


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


def _labels(dtrain: xgboost.DMatrix) -> np.ndarray:
    labels = dtrain.get_label()
    if labels.size == 0:
        raise ValueError("the data has no labels; give it some, as xgboost.DMatrix(X, y)")
    return labels


def _weight(dtrain: xgboost.DMatrix) -> np.ndarray | None:
    weight = dtrain.get_weight()
    return weight if weight.size else None


def _refuse_some_margins(data: Sequence[xgboost.DMatrix]) -> None:
    margins = [each.get_base_margin().size > 0 for each in data]
    if any(margins) and not all(margins):
        raise ValueError("some data sets have a base_margin and some have none; give one to all of them, or to none")


def _going_on(before: Any, params: Mapping[str, Any]) -> tuple[Any, np.ndarray]:
    """The model to go on from, as XGBoost takes it, and its start, which stays as it is."""
    if "base_score" in params:
        raise ValueError("xgb_model has a base_score of its own; leave base_score out")
    booster = before.booster if isinstance(before, Model) else before
    loaded = booster if isinstance(booster, xgboost.Booster) else xgboost.Booster(model_file=booster)
    text = json.loads(loaded.save_config())["learner"]["learner_model_param"]["base_score"]
    return booster, np.squeeze(np.asarray(json.loads(text), dtype=np.float64))


def _start(
    loss: AnyLoss, labels: np.ndarray, weight: np.ndarray | None, margin: np.ndarray, params: Mapping[str, Any]
) -> np.ndarray:
    if "base_score" in params:
        return np.asarray(params["base_score"], dtype=np.float64)
    if margin.size:
        return np.asarray(0.0)
    scores = int(params["num_class"]) if "num_class" in params else None
    return start_of_training(loss, labels, weight, scores)


def _stopped(booster: xgboost.Booster) -> bool:
    return booster.attr("best_iteration") is not None
