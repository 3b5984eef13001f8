"""A recipe trained on some rows: a predictor, and what has to be said of the training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lossary.choosing.comparison.folds import held_out_splits
from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Want
from lossary.choosing.table.encoding import Encoder, encoder
from lossary.choosing.training.estimators import train as train_estimator
from lossary.choosing.training.held_out_score import class_score, number_score
from lossary.choosing.training.predictions import Residuals, class_targets, scale_of, smear_of
from lossary.choosing.training.predictors import (
    ClassPredictor,
    NumberPart,
    NumberPredictor,
    adjusted,
    class_probabilities,
)
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Part, Recipe, loss_of
from lossary.choosing.training.training_set import TrainedModel, TrainingSet
from lossary.evaluate.registry import AnyLoss


@dataclass(frozen=True)
class Fitted:
    """A trained recipe, and a remark on the training."""

    predictor: NumberPredictor | ClassPredictor
    remark: str = ""


@dataclass(frozen=True)
class Task:
    """A recipe and the rows to train it on: targets, weights, matrix, and the rows to hold out."""

    problem: Problem
    recipe: Recipe
    y: np.ndarray
    weight: np.ndarray | None
    encode: Encoder
    matrix: np.ndarray
    splits: tuple[tuple[np.ndarray, np.ndarray], ...]

    def weights(self, rows: np.ndarray) -> np.ndarray | None:
        """The weights of some of the rows."""
        return None if self.weight is None else self.weight[rows]


def task_of(problem: Problem, recipe: Recipe, rows: np.ndarray, encode: Encoder, matrix: np.ndarray) -> Task:
    """The task of some rows, whose encoded matrix is known."""
    weight = None if problem.weight is None else problem.weight[rows]
    return Task(problem, recipe, problem.y[rows], weight, encode, matrix, held_out_splits(problem.split_rows(rows)))


def fit(problem: Problem, recipe: Recipe, rows: np.ndarray) -> Fitted:
    """Train a recipe on these rows."""
    encode = encoder(problem.features, rows, for_trees=recipe.model == "boosting")
    return fit_task(task_of(problem, recipe, rows, encode, encode(problem.features.matrix[rows])))


def fit_task(task: Task) -> Fitted:
    """Train a recipe."""
    if task.problem.classes:
        return _fit_classes(task)
    trained = [_fit_part(task, part) for part in task.recipe.parts]
    predictor = NumberPredictor(task.encode, tuple(each.part for each in trained))
    shifts, smear, remark = _adjustment(task, trained)
    remarks = (*(each.remark for each in trained), remark)
    return Fitted(replace(predictor, shifts=shifts, smear=smear), next((each for each in remarks if each), ""))


# Numbers.


@dataclass(frozen=True)
class _TrainedPart:
    """One model of numbers; the transformed targets and predictions of training rows by models that did not see them
    come from ``held_out``, with their weights.
    """

    part: NumberPart
    held_out: Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray | None]]
    remark: str


def _fit_part(task: Task, part: Part) -> _TrainedPart:
    recipe = task.recipe
    scale = scale_of(recipe.candidate, task.y)
    loss: Any = loss_of(part, recipe.candidate.link, scale.unit)
    levels = _levels(task.problem.want, part)
    transformed = scale.transformed(task.y)
    mean_score = number_score(levels)

    def score(f: np.ndarray, rows: np.ndarray) -> float:
        predictions = scale.unscaled(loss.link, f)
        residuals = Residuals(transformed[rows] - predictions, task.weights(rows))
        smear = smear_of(residuals) if recipe.smeared else None
        columns = adjusted([predictions], scale, _shifts(recipe, residuals, levels), smear)
        return mean_score(task.y[rows], columns, task.weights(rows))

    trained = trainer_of(recipe)(loss, _training_set(task, scale.scaled(task.y), task.weight, score))

    def held_out() -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        rows, f = trained.out_of_fold()
        return transformed[rows], scale.unscaled(loss.link, f), task.weights(rows)

    return _TrainedPart(NumberPart(trained.scores, loss.link, scale), held_out, trained.remark)


def _training_set(task: Task, y: np.ndarray, weight: np.ndarray | None, score: Any) -> TrainingSet:
    problem = task.problem
    classes, seed, trees = len(problem.classes), problem.seed, problem.trees
    return TrainingSet(task.matrix, y, weight, task.splits, score, classes, seed, trees)


def _adjustment(task: Task, trained: list[_TrainedPart]) -> tuple[tuple[float, ...], float | None, str]:
    """What is added to predictions, what predicted logs are smeared by, and a remark: by residuals of training rows
    that the models have not seen.
    """
    recipe = task.recipe
    if not (recipe.shifted or recipe.smeared):
        return (), None, ""
    if recipe.has_conformal_ends:
        return _widened(task, *trained)
    targets, predictions, weight = trained[0].held_out()
    residuals = Residuals(targets - predictions, weight)
    levels = _levels(task.problem.want, recipe.parts[0])
    remark = next((_too_few(residuals, level) for level in levels if level is not None), "") if recipe.shifted else ""
    return _shifts(recipe, residuals, levels), smear_of(residuals) if recipe.smeared else None, remark


def _shifts(recipe: Recipe, residuals: Residuals, levels: list[float | None]) -> tuple[float, ...]:
    """The quantiles of residuals that are added to predictions; none where these stay what they are."""
    return tuple(residuals.quantile(level) for level in levels if level is not None) if recipe.shifted else ()


def _widened(task: Task, low: _TrainedPart, high: _TrainedPart) -> tuple[tuple[float, ...], None, str]:
    """Both ends moved outwards, or inwards, until the interval holds the share of held-out rows that it should.

    Conformalised quantile regression (Romano, Patterson and Candes 2019, arXiv:1905.03222).
    """
    targets, lower, weight = low.held_out()
    _, upper, _ = high.held_out()
    missed = Residuals(np.maximum(lower - targets, targets - upper), weight)
    levels = interval_levels(task.problem.want)
    margin = missed.quantile(levels[1] - levels[0])
    return (-margin, margin), None, _too_few(missed, levels[1] - levels[0])


def _too_few(residuals: Residuals, level: float) -> str:
    if residuals.reaches(level):
        return ""
    rows = residuals.values.size
    return f"{rows} rows held out are too few to adjust to {level:g}: the furthest was taken, and fewer may be covered"


def _levels(want: Want, part: Part) -> list[float | None]:
    """The quantiles that one model's predictions are turned into; None where they stay what they are."""
    if part.level is not None:
        return [part.level]
    if want.functional == "interval":
        return list(interval_levels(want))
    return [quantile_level(want)] if want.functional in ("quantile", "median") else [None]


# Classes.


def _fit_classes(task: Task) -> Fitted:
    """The model of classes; ``score`` judges what training holds out."""
    problem, recipe = task.problem, task.recipe
    (part,) = recipe.parts
    loss = loss_of(part, "")
    classes = len(problem.classes)
    mean_score = class_score(problem.want, problem.classes, recipe.candidate.threshold)

    def score(f: np.ndarray, rows: np.ndarray) -> float:
        return mean_score(task.y[rows], class_probabilities(loss, f, classes), task.weights(rows))

    trained = trainer_of(recipe)(
        loss, _training_set(task, class_targets(loss, task.y), _with_class_weights(task), score)
    )
    return Fitted(ClassPredictor(task.encode, trained.scores, part, classes), trained.remark)


def _with_class_weights(task: Task) -> np.ndarray | None:
    """The rows' weights times those of their classes, where the recipe weights classes by cost."""
    if task.recipe.weights is None:
        return task.weight
    first, second = task.recipe.weights
    return np.where(task.y > 0.0, second, first) * (1.0 if task.weight is None else task.weight)


def trainer_of(recipe: Recipe) -> Callable[[AnyLoss, TrainingSet], TrainedModel]:
    """How a recipe is trained: an estimator under its own loss, else its model under the loss it is given."""
    if recipe.estimator is None:
        return trainer(recipe.model)
    return lambda _, training_set: train_estimator(recipe.estimator, training_set)


def trainer(model: str) -> Callable[[AnyLoss, TrainingSet], TrainedModel]:
    """How a model is trained."""
    if model == "boosting":
        from lossary.choosing.training.trees import train  # noqa: PLC0415  each model needs a library of its own
    elif model == "mlp":
        from lossary.choosing.training.networks import train  # noqa: PLC0415
    else:
        from lossary.choosing.training.linear_models import train  # noqa: PLC0415
    return train
