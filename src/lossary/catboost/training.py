"""One call that trains CatBoost with any loss and predicts on the loss's own scale."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import catboost
import numpy as np

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.leaves import LeafRefresh
from lossary.boosting.missing import refuse_missing
from lossary.boosting.model import BoostedModel
from lossary.boosting.parameters import first_given, refuse_objective
from lossary.boosting.start import is_row, starting_score
from lossary.boosting.targets import classes_in, more_classes
from lossary.catboost.objectives import Metric, objective_of
from lossary.evaluate.registry import AnyLoss

OBJECTIVES = ("loss_function", "objective")
RATES = ("learning_rate", "eta")


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
        Features, labels and weights, without a baseline: it is given the start while training.
    loss, curvature
        As for ``objective``.
    **options
        For ``CatBoost.fit``, such as ``callbacks``. ``eval_set`` must be a pool.

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
    derivatives = Derivatives(loss, curvature)
    loss = derivatives.loss
    labels, weight = _labels(pool), np.asarray(pool.get_weight())
    refuse_missing("CatBoost", labels, weight)
    scores = classes_in(loss, labels, params.get("classes_count"))
    start = starting_score(loss, labels, weight, None if scores is None else scores + more_classes(loss))
    if start.size == 1 and start.ndim:
        raise ValueError(f"{loss}: CatBoost has no custom objective of rows of one score; take a binary loss")
    objective = objective_of(derivatives.settled(labels.astype(np.float32), start, weight))
    params = {"learning_rate": 0.1, **params, "loss_function": objective, "iterations": iterations}
    params.setdefault("eval_metric", Metric(loss))
    if scores is not None:
        params["classes_count"] = start.size
    booster = catboost.CatBoost(params)
    with _started([pool, *([options["eval_set"]] if "eval_set" in options else [])], start), warnings.catch_warnings():
        # CatBoost would compile the methods with Numba if they were plain functions; they already call kernels.
        warnings.filterwarnings("ignore", message="Can't optimze method", category=UserWarning)
        booster.fit(pool, **options)
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


@contextmanager
def _started(pools: Sequence[catboost.Pool], start: np.ndarray) -> Iterator[None]:
    """The pools begin at the start; afterwards at zero, as a baseline can be changed but not taken away."""
    try:
        for each in pools:
            each.set_baseline(np.tile(np.atleast_1d(start), (each.num_row(), 1)))
        yield
    finally:
        for each in pools:
            each.set_baseline(np.zeros((each.num_row(), start.size)))


def _labels(pool: catboost.Pool) -> np.ndarray:
    labels = pool.get_label()
    if labels is None or len(labels) == 0:
        raise ValueError("the pool has no labels; give it some, as catboost.Pool(X, y)")
    return np.asarray(labels, dtype=np.float64)
