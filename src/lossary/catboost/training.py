"""One call that trains CatBoost with any loss and predicts on the loss's own scale."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import catboost
import numpy as np

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.leaves import LeafRefresh
from lossary.boosting.missing import refuse_missing
from lossary.boosting.model import BoostedModel
from lossary.boosting.parameters import first_given, refuse_objective, taken_over
from lossary.boosting.start import is_row, starting_score
from lossary.boosting.targets import classes_in, more_classes
from lossary.boosting.units import in_units_of
from lossary.catboost.builtin import BUILTINS, NEUTRAL
from lossary.catboost.objectives import Metric, objective_of
from lossary.evaluate.registry import AnyLoss, get

OBJECTIVES = ("loss_function", "objective")
RATES = ("learning_rate", "eta")
TWO_CLASSES = 2


class Model(BoostedModel):
    """A trained ``catboost.CatBoost`` together with its loss; it pickles. The start is its bias."""

    def _scores(self, data: Any, **options: Any) -> np.ndarray:
        scores = np.asarray(self.booster.predict(data, prediction_type="RawFormulaVal", **options))
        return scores[:, None] if is_row(self.loss) and scores.ndim == 1 else scores


def train(
    params: Mapping[str, Any],
    pool: catboost.Pool,
    iterations: int = 100,
    *,
    loss: str | AnyLoss,
    curvature: str = "auto",
    **options: Any,
) -> Model:
    """Train ``catboost.CatBoost`` with any loss, from its best constant, judged by its own cost.

    Parameters
    ----------
    params : mapping
        CatBoost's parameters, without an objective; ``classes_count`` for a loss of rows.
    pool : catboost.Pool
        Features, labels and weights. One with a ``baseline`` (an offset) starts from that, and so must the pools of
        ``eval_set``. Without one a copy is trained on, as a baseline could not be taken away again.
    loss, curvature
        As for ``objective``. A parameter in the units of y (``delta``, ``c``, ``scale``, ``epsilon``) that is not named
        is set by the scale of the targets, as ``lossary.boosting.units`` says; ``model.loss`` shows it.
    **options
        For ``CatBoost.fit``, such as ``callbacks``. ``eval_set`` must be a pool, or a list of them.

    Examples
    --------
    >>> import catboost, numpy as np
    >>> import lossary.catboost
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> data = catboost.Pool(X, np.where(X[:, 0] > 0.5, 4.0, 1.0))
    >>> params = {"logging_level": "Silent", "allow_writing_files": False, "learning_rate": 0.3}
    >>> model = lossary.catboost.train(params, data, loss="poisson")
    >>> model.predict([[0.1], [0.9]]).round(2)
    array([1., 4.])
    """
    refuse_objective(params, OBJECTIVES)
    taken, params = taken_over(get(loss), params, BUILTINS, NEUTRAL)
    if options.get("init_model") is not None:
        raise ValueError("init_model: CatBoost goes on from its own losses only; give its raw predictions as baseline")
    labels, weight = _labels(pool), np.asarray(pool.get_weight())
    refuse_missing("CatBoost", labels, weight)
    taken = in_units_of(taken, labels, weight)
    derivatives = Derivatives(taken, curvature)
    scores = classes_in(taken, labels, params.get("classes_count"))
    start = starting_score(taken, labels, weight, None if scores is None else scores + more_classes(taken))
    if more_classes(taken):
        raise ValueError(f"{taken} has one score fewer than classes, which CatBoost refuses; take LightGBM or XGBoost")
    if start.ndim and start.size <= TWO_CLASSES:
        raise ValueError(
            f"{taken}: CatBoost gives two classes one score, and has no custom objective of rows of {start.size}; take "
            "a binary loss, such as 'logistic'"
        )
    pools, held_out = _pools(pool, options)
    offset = _offset(pools)
    begins = np.broadcast_to(start, (labels.size, *start.shape)) if offset is None else offset
    if offset is not None:
        start = np.zeros_like(start)
    objective = objective_of(derivatives.settled(labels.astype(np.float32), begins, weight))
    params = {"learning_rate": 0.1, **params, "loss_function": objective, "iterations": iterations}
    params.setdefault("eval_metric", Metric(taken))
    if scores is not None:
        params["classes_count"] = start.size
    started = pools if offset is not None else [_started(each, start) for each in pools]
    if held_out:
        options["eval_set"] = started[1:]
    booster = catboost.CatBoost(params)
    with warnings.catch_warnings():
        # CatBoost would compile the methods with Numba, and says so where it cannot; they already call kernels.
        for said in ("Can't optimze method", "Failed to import numba"):
            warnings.filterwarnings("ignore", message=said, category=UserWarning)
        booster.fit(started[0], **options)
    booster.set_scale_and_bias(1.0, start.tolist())
    return Model(booster, derivatives, start, float(first_given(params, RATES, 0.1)))


def refresh_leaves(model: Model, data: Any, y: Any, sample_weight: Any = None) -> Model:
    """Improve every leaf, tree by tree, by a learning rate's share of the step of least cost. Changes the model.

    The cost on the data does not rise. It matters where the curvature says little (``curvature="unit"``, pieces of
    straight lines), is for losses of one score, and takes some forty evaluations of the gradient a tree.
    ``data`` and ``y`` are what the model was trained on.
    """
    pool = data if isinstance(data, catboost.Pool) else catboost.Pool(data)
    refresh = LeafRefresh(model, model.predict(pool, raw=True), y, sample_weight)
    leaves, values = np.asarray(model.booster.calc_leaf_indexes(pool)), np.array(model.booster.get_leaf_values())
    begins = np.cumsum([0, *model.booster.get_tree_leaf_counts()])
    for tree, begin in enumerate(begins[:-1]):
        for number, step in refresh.steps(leaves[:, tree]).items():
            values[begin + number] += step
    model.booster.set_leaf_values(values)
    model.booster.set_scale_and_bias(1.0, model.start.tolist())  # without this CatBoost predicts by the old leaves
    return model


def _pools(pool: catboost.Pool, options: Mapping[str, Any]) -> tuple[list[catboost.Pool], bool]:
    """All pools that are trained or judged on, and whether there are any of the latter."""
    evaluated = options.get("eval_set")
    held_out = list(evaluated) if isinstance(evaluated, list | tuple) else [] if evaluated is None else [evaluated]
    for each in held_out:
        if not isinstance(each, catboost.Pool):
            raise TypeError(f"eval_set must be a catboost.Pool, or a list of them, not {type(each).__name__}")
    return [pool, *held_out], bool(held_out)


def _offset(pools: Sequence[catboost.Pool]) -> np.ndarray | None:
    """The baseline of the first pool, if all pools have one; None if none has."""
    baselines = [np.asarray(each.get_baseline(), dtype=np.float64) for each in pools]
    if not any(each.size for each in baselines):
        return None
    if not all(each.size for each in baselines):
        raise ValueError("some pools have a baseline and some have none; give one to all of them, or to none")
    first = baselines[0]
    return first[:, 0] if first.shape[1] == 1 else first


def _started(pool: catboost.Pool, start: np.ndarray) -> catboost.Pool:
    """A copy that begins at the start: a baseline that a pool was given cannot be taken from it any more."""
    copy = pool.slice(np.arange(pool.num_row()))
    copy.set_baseline(np.tile(np.atleast_1d(start), (pool.num_row(), 1)))
    return copy


def _labels(pool: catboost.Pool) -> np.ndarray:
    labels = pool.get_label()
    if labels is None or len(labels) == 0:
        raise ValueError("the pool has no labels; give it some, as catboost.Pool(X, y)")
    return np.asarray(labels, dtype=np.float64)
