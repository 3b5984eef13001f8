"""One model under one loss: fitted on all rows, judged on rows left out beside the best constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossary.cli.data import Table
from lossary.cli.judging import (
    Model,
    Yardstick,
    as_labels,
    code_labels,
    gives_probability,
    is_labelled,
    label_yardsticks,
    number_yardsticks,
    yardstick_predictions,
)
from lossary.cli.models import best_constant, fit_model, output_name
from lossary.cli.refusals import refuse_targets, refuse_unfit
from lossary.evaluate.interface import LossFunction
from lossary.fit import LinearFit

MODEL, CONSTANT = "model", "best constant"


@dataclass(frozen=True)
class Fitting:
    """What was fitted, and how well it predicts rows it was not fitted on.

    importances   for models without coefficients: by how much the mean loss of rows left out rises when a feature's
                  values are shuffled among them, one number a feature
    scores        by row (the model, the best constant) and yardstick, pooled over folds
    """

    table: Table
    loss: LossFunction
    kind: str
    model: Model
    folds: int
    seed: int
    labelled: bool
    yardsticks: list[Yardstick]
    scores: dict[str, dict[str, float]]
    by_fold: dict[str, list[float]]
    importances: np.ndarray | None
    errors: Any
    notes: list[str] = field(default_factory=list)


def fit_and_score(
    table: Table,
    loss: LossFunction,
    kind: str,
    options: Mapping[str, Any],
    folds: int,
    seed: int,
    advance: Callable[[int], None],
) -> Fitting:
    """Fit on all rows and on each fold's complement; ``advance`` is told of every fit."""
    refuse_unfit(table, folds, dependent=kind != "linear" or bool(options.get("alpha")))
    labelled = is_labelled(table.y, [loss])
    y = code_labels(table.y, loss) if labelled else table.y
    refuse_targets(table.target, y, loss)
    yardsticks = label_yardsticks() if labelled else number_yardsticks([loss])
    parts = np.array_split(np.random.default_rng(seed).permutation(len(y)), folds)
    with np.errstate(over="ignore", under="ignore"):
        model = fit_model(kind, loss, table.features, y, options, seed)
        advance(1)
        left_out = _left_out(table.features, y, loss, kind, options, parts, seed, labelled, advance)
    truth = as_labels(table.y) if labelled else table.y
    scores = {
        row: {"own": left_out.own[row]} | {s.name: s.score(truth, left_out.predictions[row]) for s in yardsticks}
        for row in (MODEL, CONSTANT)
    }
    predictions = left_out.predictions[MODEL]
    by_fold = {s.name: [s.score(truth[part], predictions[part]) for part in parts] for s in yardsticks}
    errors, notes = _said(model, loss, labelled)
    return Fitting(
        table,
        loss,
        kind,
        model,
        folds,
        seed,
        labelled,
        yardsticks,
        scores,
        by_fold,
        None if kind == "linear" else left_out.importances,
        errors,
        notes,
    )


@dataclass(frozen=True)
class _LeftOut:
    predictions: dict[str, np.ndarray]
    own: dict[str, float]
    importances: np.ndarray


def _left_out(
    features: np.ndarray,
    y: np.ndarray,
    loss: LossFunction,
    kind: str,
    options: Mapping[str, Any],
    parts: Sequence[np.ndarray],
    seed: int,
    labelled: bool,
    advance: Callable[[int], None],
) -> _LeftOut:
    """Predictions of rows left out, their mean loss, and how that rises when a feature is shuffled."""
    draw = np.random.default_rng([seed, 1])
    raw = {row: np.empty(len(y)) for row in (MODEL, CONSTANT)}
    read = {row: np.empty(len(y)) for row in (MODEL, CONSTANT)}
    rises = np.zeros(features.shape[1])
    for part in parts:
        kept = np.setdiff1d(np.arange(len(y)), part)
        models = {
            MODEL: fit_model(kind, loss, features[kept], y[kept], options, seed),
            CONSTANT: best_constant(loss, y[kept]),
        }
        for row, model in models.items():
            raw[row][part] = model.predict(features[part])
            read[row][part] = yardstick_predictions(model, features[part], labelled)
        if kind != "linear":
            rises += len(part) / len(y) * _rises(models[MODEL], loss, features[part], y[part], draw)
        advance(1)
    own = {row: float(loss.cost(y, raw[row])) for row in raw}
    return _LeftOut(read, own, rises)


def _rises(
    model: Model, loss: LossFunction, features: np.ndarray, y: np.ndarray, draw: np.random.Generator
) -> np.ndarray:
    """By how much the cost rises when a feature's values are shuffled, feature by feature."""
    cost = loss.cost(y, model.predict(features))
    rises = np.empty(features.shape[1])
    for j in range(len(rises)):
        shuffled = features.copy()
        shuffled[:, j] = draw.permutation(features[:, j])
        rises[j] = loss.cost(y, model.predict(shuffled)) - cost
    return rises


def _said(model: Model, loss: LossFunction, labelled: bool) -> tuple[Any, list[str]]:
    """Standard errors, if there are any, and what a reader must know."""
    notes: list[str] = []
    errors = None
    if isinstance(model, LinearFit):
        try:
            errors = model.standard_errors()
        except (ValueError, np.linalg.LinAlgError) as refusal:
            notes.append(f"no standard errors: {refusal}.")
        if not model.converged:
            notes.append("the solver stopped before its certificate was reached; take the numbers with care.")
        elif not model.is_global:
            notes.append("the cost may have several optima; this is the best of those found.")
        link = output_name(loss) or {"identity": "", "log": "exp"}.get(loss.link, "sigmoid")
        if link:
            notes.append(f"the linear score becomes the prediction by {link}.")
    if labelled and not gives_probability(loss):
        notes.append("a label is all this predicts; Brier and log loss take it for a probability of 0 or 1.")
    return errors, notes
