"""One model under one loss: fitted on all rows, judged on rows left out beside the best constant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossary.cli.data import Table
from lossary.cli.models import ModelSpec, best_constant, output_name
from lossary.cli.refusals import refuse_targets, refuse_unfit
from lossary.cli.scoring import (
    CrossValidation,
    Model,
    Yardstick,
    code_labels,
    cross_validation,
    gives_probability,
    yardstick_predictions,
)
from lossary.evaluate.pointwise.function import LossFunction
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


def fit_and_score(table: Table, spec: ModelSpec, folds: int, advance: Callable[[int], None]) -> Fitting:
    """Fit on all rows and on each fold's complement; ``advance`` is told of every fit."""
    loss = spec.loss
    refuse_unfit(table, folds, dependent=spec.kind != "linear" or bool(spec.options.get("alpha")))
    validation = cross_validation(table.y, [loss], folds, spec.seed)
    y = code_labels(table.y, loss) if validation.labelled else table.y
    refuse_targets(table.target, y, loss)
    with np.errstate(over="ignore", under="ignore"):
        model = spec.fit(table.features, y)
        advance(1)
        left_out = _left_out(spec, table.features, y, validation, advance)
    errors, notes = _errors_and_notes(model, loss, validation.labelled)
    return Fitting(
        table=table,
        loss=loss,
        kind=spec.kind,
        model=model,
        folds=folds,
        seed=spec.seed,
        labelled=validation.labelled,
        yardsticks=validation.yardsticks,
        scores={
            row: {"own": left_out.own[row]} | validation.scores(table.y, left_out.predictions[row])
            for row in (MODEL, CONSTANT)
        },
        by_fold=validation.scores_by_fold(table.y, left_out.predictions[MODEL]),
        importances=None if spec.kind == "linear" else left_out.importances,
        errors=errors,
        notes=notes,
    )


@dataclass(frozen=True)
class _LeftOut:
    """Of rows left out: predictions and mean loss, by row of the table of scores, and the features' importances."""

    predictions: dict[str, np.ndarray]
    own: dict[str, float]
    importances: np.ndarray


def _left_out(
    spec: ModelSpec,
    features: np.ndarray,
    y: np.ndarray,
    validation: CrossValidation,
    advance: Callable[[int], None],
) -> _LeftOut:
    """Predictions of rows left out, their mean loss, and how that rises when a feature is shuffled."""
    loss, draw = spec.loss, np.random.default_rng([spec.seed, 1])
    raw = {row: np.empty(len(y)) for row in (MODEL, CONSTANT)}
    predictions = {row: np.empty(len(y)) for row in (MODEL, CONSTANT)}
    rises = np.zeros(features.shape[1])
    for part in validation.parts:
        training_rows = np.setdiff1d(np.arange(len(y)), part)
        models = {
            MODEL: spec.fit(features[training_rows], y[training_rows]),
            CONSTANT: best_constant(loss, y[training_rows]),
        }
        for row, model in models.items():
            raw[row][part] = model.predict(features[part])
            predictions[row][part] = yardstick_predictions(model, features[part], validation.labelled)
        if spec.kind != "linear":
            rises += len(part) / len(y) * _rises(models[MODEL], loss, features[part], y[part], draw)
        advance(1)
    own = {row: float(loss.cost(y, raw[row])) for row in raw}
    return _LeftOut(predictions, own, rises)


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


def _errors_and_notes(model: Model, loss: LossFunction, labelled: bool) -> tuple[Any, list[str]]:
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
