"""Boosted trees under any loss: LightGBM with our objectives, stopped by the yardstick.

Where LightGBM is not installed scikit-learn's histogram boosting stands in, with the few losses it has.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from lossary.choosing.training.linear_models import Material, Trained
from lossary.evaluate.registry import AnyLoss

ROUNDS = 300
PATIENCE = 20
RATE = 0.1

BUILT_IN = {
    "squared_error": "squared_error",
    "absolute_error": "absolute_error",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
    "logistic": "log_loss",
    "softmax_cross_entropy": "log_loss",
}
"""The losses that scikit-learn's trees can be trained with."""


def has_lightgbm() -> bool:
    """Whether any loss will do, or only those of ``BUILT_IN``."""
    return find_spec("lightgbm") is not None


def train(loss: AnyLoss, material: Material) -> Trained:
    """Boosted trees."""
    return _lightgbm(loss, material) if has_lightgbm() else _histogram(loss, material)


def best_of(scores: list[float]) -> tuple[int, int]:
    """The first and the last round of the lowest score: an error rate may stay level for long before it moves."""
    found = np.where(np.isnan(scores), np.inf, scores)
    lowest = np.flatnonzero(found == found.min())
    return int(lowest[0]), int(lowest[-1])


def leaves(rows: int) -> tuple[int, int]:
    """Leaves of a tree, and the rows that a leaf must have."""
    return (15, 20) if rows >= 1000 else (7, max(3, rows // 40))


def _lightgbm(loss: AnyLoss, material: Material) -> Trained:
    import lightgbm  # noqa: PLC0415  optional
    from lightgbm.callback import EarlyStopException  # noqa: PLC0415

    from lossary.lightgbm import train as trained  # noqa: PLC0415

    learn, held = material.learn, material.held
    most, fewest = leaves(learn.size)
    params = {
        "learning_rate": RATE,
        "num_leaves": most,
        "min_data_in_leaf": fewest,
        "num_threads": 1,
        "seed": material.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        **({"num_class": material.classes - loss.record.more_classes} if hasattr(loss.record, "more_classes") else {}),
    }
    data = lightgbm.Dataset(material.matrix[learn], material.y[learn], weight=material.weights(learn), params=params)
    other = data.create_valid(material.matrix[held], material.y[held], weight=material.weights(held))
    scored: list[float] = []
    derivatives: list[Any] = []

    def yardstick(scores: np.ndarray, given: lightgbm.Dataset) -> tuple[str, float, bool]:
        # A custom objective's scores are raw: what the loss takes is one activation away.
        if not derivatives:
            from lossary.boosting.derivatives import Derivatives  # noqa: PLC0415  needs no booster

            derivatives.append(Derivatives(loss))
        shaped = derivatives[0].shaped(scores).astype(np.float64)
        scored.append(material.judge(derivatives[0].activation.forward(shaped), held))
        return "yardstick", scored[-1], False

    def stop(env: Any) -> None:
        best, last = best_of(scored)
        if len(scored) - 1 - last >= PATIENCE or len(scored) == ROUNDS:
            raise EarlyStopException(best, [("held", "yardstick", scored[best], False)])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = trained(params, data, ROUNDS, loss=loss, valid_sets=[other], feval=yardstick, callbacks=[stop])

    def predict(matrix: np.ndarray) -> np.ndarray:
        scores = model.derivatives.shaped(model.predict(matrix, raw=True))
        return np.asarray(model.activation.forward(np.asarray(scores, dtype=np.float64)))

    return Trained(predict, held)


def _histogram(loss: AnyLoss, material: Material) -> Trained:
    from sklearn.ensemble import (  # noqa: PLC0415
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    if loss.name not in BUILT_IN:
        raise ValueError(f"scikit-learn's trees have no {loss.name}; pip install lightgbm")
    learn, held = material.learn, material.held
    most, fewest = leaves(learn.size)
    given: dict[str, Any] = {
        "learning_rate": RATE,
        "max_iter": ROUNDS,
        "max_leaf_nodes": most,
        "min_samples_leaf": fewest,
        "early_stopping": False,
        "random_state": material.seed,
    }
    if material.classes:
        model = HistGradientBoostingClassifier(**given)
    else:
        level = {"quantile": loss.given["tau"]} if loss.name == "quantile" else {}
        model = HistGradientBoostingRegressor(loss=BUILT_IN[loss.name], **given, **level)
    model.fit(material.matrix[learn], material.y[learn], material.weights(learn))

    def stages(matrix: np.ndarray) -> Any:
        if material.classes:
            return (_logits(p, material.classes) for p in model.staged_predict_proba(matrix))
        logarithmic = loss.link == "log"
        return (np.log(p) if logarithmic else p for p in model.staged_predict(matrix))

    scores = [material.judge(f, held) for f in stages(material.matrix[held])]
    best, _ = best_of(scores)
    return Trained(lambda matrix: next(islice(stages(matrix), best, None)), held)


def _logits(p: np.ndarray, classes: int) -> np.ndarray:
    with np.errstate(divide="ignore"):
        logs = np.log(p)
    return logs[:, 1] - logs[:, 0] if classes == 2 else logs
