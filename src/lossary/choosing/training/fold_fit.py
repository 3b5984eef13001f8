"""One candidate on one fold: encode, train, predict the test rows, and turn predictions into what was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lossary.choosing.comparison.folds import held_out_splits
from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Fold, Want
from lossary.choosing.table.encoding import encoder
from lossary.choosing.training.estimators import train as train_estimator
from lossary.choosing.training.held_out_score import class_score, number_score
from lossary.choosing.training.predictions import (
    Residuals,
    TargetScale,
    class_targets,
    in_target_units,
    probabilities,
    scale_of,
)
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Part, Recipe, loss_of
from lossary.choosing.training.training_set import TrainedModel, TrainingSet
from lossary.evaluate.registry import AnyLoss, pointwise


@dataclass(frozen=True)
class Outcome:
    """Predictions of a fold's test rows, how long they took, and a remark on the training."""

    predictions: np.ndarray
    seconds: float
    remark: str = ""


@dataclass(frozen=True)
class _Task:
    """A recipe on one fold: the training rows' targets and weights, both matrices, and the rows to hold out."""

    problem: Problem
    recipe: Recipe
    y: np.ndarray
    weight: np.ndarray | None
    train_matrix: np.ndarray
    test_matrix: np.ndarray
    splits: tuple[tuple[np.ndarray, np.ndarray], ...]

    def weights(self, rows: np.ndarray) -> np.ndarray | None:
        """The weights of some of the training rows."""
        return None if self.weight is None else self.weight[rows]


def run(problem: Problem, recipe: Recipe, fold: Fold) -> Outcome:
    """Train a recipe on a fold's training rows and predict its test rows."""
    began = time.perf_counter()
    task = _task(problem, recipe, fold)
    parts = recipe.parts
    fitted = [_fit_classes(task, part) if problem.classes else _fit_numbers(task, part) for part in parts]
    columns = [column for each in fitted for column in each.columns]
    remarks = [each.remark for each in fitted]
    if recipe.has_conformal_ends:
        columns, remark = _widened(task, *fitted)
        remarks.append(remark)
    stacked = columns[0] if len(columns) == 1 else np.column_stack(columns)
    remark = next((each for each in remarks if each), "")
    return Outcome(stacked, time.perf_counter() - began, remark)


def _task(problem: Problem, recipe: Recipe, fold: Fold) -> _Task:
    train_matrix, test_matrix = _encoded(problem, fold, for_trees=recipe.model == "boosting")
    weight = None if problem.weight is None else problem.weight[fold.train]
    splits = held_out_splits(problem.split_rows(fold.train))
    return _Task(problem, recipe, problem.y[fold.train], weight, train_matrix, test_matrix, splits)


# Encoding.


class _FoldOfProblem:
    """A fold of a problem, told from others by a digest of the problem and by the fold's rows."""

    def __init__(self, problem: Problem, fold: Fold, for_trees: bool) -> None:
        self.problem, self.fold, self.for_trees = problem, fold, for_trees
        self._key = (problem.key, fold.train.tobytes(), fold.test.tobytes(), for_trees)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _FoldOfProblem) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def _encoded(problem: Problem, fold: Fold, for_trees: bool) -> tuple[np.ndarray, np.ndarray]:
    """The matrices of the training and the test rows, as the model of a recipe takes them."""
    key = _FoldOfProblem(problem, fold, for_trees)
    # A problem without a key cannot be told from another.
    return _matrices(key) if problem.key else _matrices.__wrapped__(key)


@lru_cache(maxsize=1)  # candidates come fold by fold: each takes the matrices of the one before
def _matrices(key: _FoldOfProblem) -> tuple[np.ndarray, np.ndarray]:
    features, fold = key.problem.features, key.fold
    encode = encoder(features, fold.train, key.for_trees)
    return encode(features.matrix[fold.train]), encode(features.matrix[fold.test])


# Numbers.


@dataclass(frozen=True)
class _HeldOut:
    """Transformed targets of training rows, and what models that have not seen them predict; and of the test rows."""

    targets: np.ndarray
    predictions: np.ndarray
    weight: np.ndarray | None
    of_test_rows: np.ndarray
    scale: TargetScale


@dataclass(frozen=True)
class _Fitted:
    """What came of one model: predictions, or what is needed to adjust both ends of an interval together."""

    columns: list[np.ndarray]
    remark: str
    held_out: _HeldOut | None = None


def _fit_numbers(task: _Task, part: Part) -> _Fitted:
    """The predictions that one model gives: one, or for an interval made of residuals both ends."""
    recipe = task.recipe
    scale = scale_of(recipe.candidate, task.y)
    loss: Any = loss_of(part, recipe.candidate.link, scale.unit)
    levels = _levels(task.problem.want, part)
    transformed = scale.transformed(task.y)
    mean_score = number_score(levels)

    def finish(predictions: np.ndarray, residuals: Residuals) -> list[np.ndarray]:
        """Predictions in the target's units, corrected by the residuals of some training rows."""
        return [in_target_units(recipe, scale, predictions, residuals, level) for level in levels]

    def score(f: np.ndarray, rows: np.ndarray) -> float:
        predictions = scale.unscaled(loss, f)
        residuals = Residuals(transformed[rows] - predictions, task.weights(rows))
        return mean_score(task.y[rows], finish(predictions, residuals), task.weights(rows))

    training_set = TrainingSet(
        task.train_matrix,
        scale.scaled(task.y),
        task.weight,
        task.splits,
        score,
        classes=0,
        seed=task.problem.seed,
        trees=task.problem.trees,
    )
    trained = trainer_of(recipe)(loss, training_set)
    predictions = scale.unscaled(loss, trained.predict(task.test_matrix))
    if not (recipe.shifted or recipe.smeared):
        return _Fitted([in_target_units(recipe, scale, predictions)], trained.remark)
    rows, f = trained.out_of_fold()
    held_out = _HeldOut(transformed[rows], scale.unscaled(loss, f), task.weights(rows), predictions, scale)
    if recipe.has_conformal_ends:
        return _Fitted([], trained.remark, held_out)
    residuals = Residuals(held_out.targets - held_out.predictions, held_out.weight)
    remark = next((_too_few(residuals, level) for level in levels if level is not None), "") if recipe.shifted else ""
    return _Fitted(finish(predictions, residuals), trained.remark or remark)


def _widened(task: _Task, low: _Fitted, high: _Fitted) -> tuple[list[np.ndarray], str]:
    """Both ends moved outwards, or inwards, until the interval holds the share of held-out rows that it should.

    Conformalised quantile regression (Romano, Patterson and Candes 2019, arXiv:1905.03222).
    """
    assert low.held_out is not None
    assert high.held_out is not None
    held_out, scale, recipe = low.held_out, low.held_out.scale, task.recipe
    outside = np.maximum(held_out.predictions - held_out.targets, held_out.targets - high.held_out.predictions)
    missed = Residuals(outside, held_out.weight)
    levels = interval_levels(task.problem.want)
    margin = missed.quantile(levels[1] - levels[0])
    ends = np.sort([held_out.of_test_rows - margin, high.held_out.of_test_rows + margin], axis=0)
    return [in_target_units(recipe, scale, end) for end in ends], _too_few(missed, levels[1] - levels[0])


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


def _fit_classes(task: _Task, part: Part) -> _Fitted:
    """The probabilities that one model gives, or zeros and ones where its loss gives labels alone."""
    problem, recipe = task.problem, task.recipe
    loss = loss_of(part, "")
    mean_score = class_score(problem.want, problem.classes, recipe.candidate.threshold)

    def score(f: np.ndarray, rows: np.ndarray) -> float:
        return mean_score(task.y[rows], _probabilities(problem, loss, f), task.weights(rows))

    training_set = TrainingSet(
        task.train_matrix,
        class_targets(loss, task.y),
        _with_class_weights(task),
        task.splits,
        score,
        classes=len(problem.classes),
        seed=problem.seed,
        trees=problem.trees,
    )
    trained = trainer_of(recipe)(loss, training_set)
    return _Fitted([_probabilities(problem, loss, trained.predict(task.test_matrix))], trained.remark)


def _with_class_weights(task: _Task) -> np.ndarray | None:
    """The rows' weights times those of their classes, where the recipe weights classes by cost."""
    if task.recipe.weights is None:
        return task.weight
    first, second = task.recipe.weights
    return np.where(task.y > 0.0, second, first) * (1.0 if task.weight is None else task.weight)


def _probabilities(problem: Problem, loss: AnyLoss, f: np.ndarray) -> np.ndarray:
    """The probabilities of each class; of two classes that of the second."""
    p = probabilities(loss, f)
    return p[:, 1] if p.ndim == 2 and len(problem.classes) == 2 else p


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


def constants(problem: Problem, folds: list[Fold]) -> np.ndarray:
    """The best constant of each training fold: one, or one for each class or end of the interval."""
    return np.array([_constant(problem, fold.train) for fold in folds])


def _constant(problem: Problem, rows: np.ndarray) -> Any:
    y, weight = problem.y[rows], None if problem.weight is None else problem.weight[rows]
    if problem.classes:
        counts = np.bincount(y.astype(np.int64), weight, minlength=len(problem.classes))
        shares = counts / counts.sum()
        return shares[1] if len(problem.classes) == 2 else shares
    want = problem.want
    if want.functional == "mean":
        return float(np.average(y, weights=weight))
    levels = interval_levels(want) if want.functional == "interval" else (quantile_level(want),)
    quantiles = [pointwise(f"quantile:{level!r}").optimal_constant(y, weight) for level in levels]
    return quantiles if len(quantiles) > 1 else quantiles[0]
