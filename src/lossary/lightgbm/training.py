"""One call that trains LightGBM with any loss and predicts on the loss's own scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import lightgbm
import numpy as np

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.leaves import LeafRefresh
from lossary.boosting.missing import refuse_missing
from lossary.boosting.model import BoostedModel
from lossary.boosting.parameters import first_given, refuse_objective, taken_over
from lossary.boosting.start import start_of_training
from lossary.boosting.units import in_units_of
from lossary.evaluate.registry import AnyLoss, get
from lossary.lightgbm.builtin import BUILTINS, NEUTRAL
from lossary.lightgbm.objectives import Metric, Objective

OBJECTIVES = ("objective", "objective_type", "app", "application", "loss")
BOOSTINGS = ("boosting", "boosting_type", "boost")
RATES = ("learning_rate", "shrinkage_rate", "eta")


class Model(BoostedModel):
    """A trained ``lightgbm.Booster`` together with its loss; it pickles. The start is part of the first tree."""

    def _scores(self, data: Any, **options: Any) -> np.ndarray:
        return np.asarray(self.booster.predict(data, raw_score=True, **options))


def train(
    params: Mapping[str, Any],
    train_set: lightgbm.Dataset,
    num_boost_round: int = 100,
    *,
    loss: str | AnyLoss,
    curvature: str = "auto",
    valid_sets: Sequence[lightgbm.Dataset] | None = None,
    feval: Callable | Sequence[Callable] | None = None,
    **options: Any,
) -> Model:
    """``lightgbm.train`` with any loss, from its best constant, judged by its own cost.

    Parameters
    ----------
    params : mapping
        LightGBM's parameters, without an objective; ``num_class`` for a loss of rows.
    train_set, valid_sets : lightgbm.Dataset
        A data set that has an ``init_score`` (an offset) keeps it; all of them must, or none, and none may if
        ``init_model`` is given: training then goes on where that model ends. Labels that are NaN
        raise; in a data set that is constructed already LightGBM has made zeros of them, which nobody can tell.
    loss, curvature
        As for ``objective``. A parameter in the units of y (``delta``, ``c``, ``scale``, ``epsilon``) that is not named
        is set by the scale of the targets, as ``lossary.boosting.units`` says; ``model.loss`` shows it.
    feval : callable or sequence of them, optional
        Metrics beside the loss's own cost.
    **options
        For ``lightgbm.train``: ``valid_names``, ``callbacks`` ...

    Examples
    --------
    >>> import lightgbm, numpy as np
    >>> import lossary.lightgbm
    >>> X = np.linspace(0.0, 1.0, 200)[:, None]
    >>> data = lightgbm.Dataset(X, np.where(X[:, 0] > 0.5, 4.0, 1.0))
    >>> model = lossary.lightgbm.train({"verbosity": -1}, data, loss="poisson")
    >>> model.predict([[0.1], [0.9]]).round(2)
    array([1., 4.])
    """
    taken, params = taken_over(get(loss), _checked(params), BUILTINS, NEUTRAL)
    evaluated = list(valid_sets or ())
    datasets = list({id(each): each for each in (train_set, *evaluated)}.values())
    goes_on = options.get("init_model") is not None
    if goes_on:
        options["init_model"] = _going_on(options["init_model"], datasets)
    has_offset = _have_offsets(datasets)
    labels, weight = _labels(train_set), _weight(train_set)
    taken = in_units_of(taken, labels, weight)
    start = np.asarray(0.0) if goes_on or has_offset else _start(taken, labels, weight, params)
    derivatives = Derivatives(taken, curvature)
    if not goes_on:
        derivatives = derivatives.begun(labels, _offset(train_set) if has_offset else start, weight)
    metrics = [Metric(taken), *(feval if isinstance(feval, Sequence) else [feval] if feval else ())]
    with _started(() if has_offset else datasets, None if goes_on else start):
        booster = lightgbm.train(
            {**params, "objective": Objective(derivatives)},
            train_set,
            num_boost_round,
            valid_sets=evaluated or None,
            feval=metrics,
            **options,
        )
    if not has_offset and not goes_on:
        _into_first_tree(booster, start)
    return Model(booster, derivatives, start, float(first_given(params, RATES, 0.1)))


def refresh_leaves(model: Model, data: Any, y: Any, sample_weight: Any = None) -> Model:
    """Improve every leaf, tree by tree, by a learning rate's share of the step of least cost. Changes the model.

    The cost on the data does not rise. It matters where the curvature says little (``curvature="unit"``, pieces of
    straight lines), is for losses of one score, and takes some forty evaluations of the gradient a tree.
    ``data`` and ``y`` are what the model was trained on.
    """
    booster = model.booster
    refresh = LeafRefresh(model, model.predict(data, raw=True), y, sample_weight)
    for tree in range(booster.num_trees()):
        leaf = np.asarray(booster.predict(data, pred_leaf=True, start_iteration=tree, num_iteration=1)).reshape(-1)
        for number, step in refresh.steps(leaf).items():
            booster.set_leaf_output(tree, number, booster.get_leaf_output(tree, number) + step)
    return model


def _checked(params: Mapping[str, Any]) -> dict[str, Any]:
    refuse_objective(params, OBJECTIVES)
    for name in BOOSTINGS:
        if params.get(name) in ("rf", "random_forest"):
            raise ValueError(f"{name}={params[name]!r} takes means of trees, for which a custom loss has no start")
    if params.get("linear_tree"):
        raise ValueError("linear_tree fits leaves that no constant can be added to; leave it out")
    return {"metric": "None", **params}


def _going_on(init_model: Any, datasets: Sequence[lightgbm.Dataset]) -> Any:
    """The model to go on from, as LightGBM takes it: its predictions are where training begins."""
    if any(each.init_score is not None for each in datasets):
        raise ValueError("init_model gives the scores to begin at, and so does init_score; give one of the two")
    return init_model.booster if isinstance(init_model, Model) else init_model


def _have_offsets(datasets: Sequence[lightgbm.Dataset]) -> bool:
    offsets = [each.init_score is not None for each in datasets]
    if any(offsets) and not all(offsets):
        raise ValueError("some data sets have an init_score and some have none; give one to all of them, or to none")
    return any(offsets)


def _offset(data: lightgbm.Dataset) -> np.ndarray:
    """The data's own starting scores, one or a row an example: LightGBM holds rows class by class."""
    scores, rows = np.asarray(data.init_score, dtype=np.float64), len(_labels(data))
    return scores if scores.ndim == 2 or scores.size == rows else scores.reshape(rows, -1, order="F")


def _weight(data: lightgbm.Dataset) -> np.ndarray | None:
    return None if data.weight is None else np.asarray(data.weight)


def _start(loss: AnyLoss, labels: np.ndarray, weight: np.ndarray | None, params: Mapping[str, Any]) -> np.ndarray:
    scores = first_given(params, ("num_class", "num_classes"), None)
    return start_of_training(loss, labels, weight, None if scores is None else int(scores))


@contextmanager
def _started(data: Sequence[lightgbm.Dataset], start: np.ndarray | None) -> Iterator[None]:
    """The data sets begin at the start, if there is one, and are given back as they were: without any."""
    try:
        if start is not None:
            for each in data:
                each.set_init_score(np.repeat(np.atleast_1d(start), len(_labels(each))))
        yield
    finally:
        for each in data:
            each.set_init_score(None)
            each.set_field("init_score", None)  # LightGBM itself still holds what Python has let go


def _labels(data: lightgbm.Dataset) -> np.ndarray:
    """The labels as LightGBM will hold them; a data set of a file has none before it is constructed."""
    if data.label is None:
        data.construct()
    labels = np.asarray(data.get_label(), dtype=np.float32)
    # LightGBM would make zeros of labels that are NaN, once it constructs the data set.
    refuse_missing("LightGBM", labels, None if data.weight is None else np.asarray(data.weight))
    return labels


def _into_first_tree(booster: lightgbm.Booster, start: np.ndarray) -> None:
    """The start becomes part of the first tree, as LightGBM does with its own average."""
    if booster.num_trees() == 0:
        raise ValueError("no tree was trained; num_boost_round must be at least 1")
    trees = booster.dump_model(num_iteration=1)["tree_info"]
    for tree, constant in zip(trees, np.atleast_1d(start).tolist(), strict=True):
        for leaf in range(tree["num_leaves"]):
            output = booster.get_leaf_output(tree["tree_index"], leaf)
            booster.set_leaf_output(tree["tree_index"], leaf, output + constant)
