"""One candidate on one fold: encode, train, predict the test rows, and read the predictions as what was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lossary.choosing.comparison import folds as splits
from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Fold, Study, Want
from lossary.choosing.comparison.thresholds import decided
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.table.encoding import encoder
from lossary.choosing.training.linear_models import Material, Trained
from lossary.choosing.training.predictions import class_targets, finished, probabilities, scale_of
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Part, Recipe, loss_of
from lossary.evaluate.registry import AnyLoss, get, pointwise

NEARLY = 1e-6
"""Probabilities of 0 and 1 have no log loss: for stopping, and there alone, they are moved by this."""


@dataclass(frozen=True)
class Outcome:
    """Predictions of a fold's test rows, how long it took, and what is to be said."""

    predictions: np.ndarray
    seconds: float
    remark: str = ""


def run(problem: Problem, recipe: Recipe, fold: Fold) -> Outcome:
    """Train a recipe on a fold's training rows and predict its test rows."""
    began = time.perf_counter()
    for_trees = recipe.model == "boosting"
    train_matrix, test_matrix = _encoded(problem, fold, for_trees)
    columns, remarks = [], []
    for part in recipe.parts:
        found, remark = _part(problem, recipe, part, fold, train_matrix, test_matrix)
        columns += found
        remarks.append(remark)
    predictions = columns[0] if len(columns) == 1 else np.column_stack(columns)
    return Outcome(predictions, time.perf_counter() - began, next((r for r in remarks if r), ""))


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
    """The matrices of the training and the test rows."""
    asked = _FoldOfProblem(problem, fold, for_trees)
    # A problem without a key cannot be told from another.
    return _matrices(asked) if problem.key else _matrices.__wrapped__(asked)


@lru_cache(maxsize=1)  # candidates come fold by fold: each takes the matrices of the one before
def _matrices(asked: _FoldOfProblem) -> tuple[np.ndarray, np.ndarray]:
    features, fold = asked.problem.features, asked.fold
    encode = encoder(features, fold.train, asked.for_trees)
    return encode(features.matrix[fold.train]), encode(features.matrix[fold.test])


def _part(
    problem: Problem, recipe: Recipe, part: Part, fold: Fold, matrix: np.ndarray, test: np.ndarray
) -> tuple[list[np.ndarray], str]:
    """The predictions that one model gives: one, or for an interval made of residuals both ends."""
    y = problem.y[fold.train]
    weight = None if problem.weight is None else problem.weight[fold.train]
    bound = None if problem.bound is None else problem.bound[fold.train]
    held_out = splits.several(y, len(problem.classes), problem.seed, bound, problem.ordered)
    if problem.classes:
        return _classes(problem, recipe, part, y, weight, held_out, matrix, test)
    scale = scale_of(recipe.candidate, y)
    loss = loss_of(part, recipe.candidate.link, scale.unit)
    levels = _levels(problem.want, part)
    on_scale = scale.on_scale(y)

    def read(f: np.ndarray, value: np.ndarray, honest: np.ndarray) -> list[np.ndarray]:
        residuals = on_scale[honest] - scale.read(loss, f)  # type: ignore[arg-type]
        weights = None if weight is None else weight[honest]
        return [finished(recipe, scale, value, residuals, weights, level) for level in levels]

    judge = _of_numbers(problem.want, levels)

    def judged(f: np.ndarray, rows: np.ndarray) -> float:
        found = read(f, scale.read(loss, f), rows)  # type: ignore[arg-type]
        return judge(y[rows], found, None if weight is None else weight[rows])

    material = Material(matrix, scale.written(y), weight, held_out, judged, 0, problem.seed)
    trained = trainer(recipe.model)(loss, material)
    value = scale.read(loss, trained.predict(test))  # type: ignore[arg-type]
    inside = trained.predict(matrix[trained.honest]) if recipe.shifted or recipe.smeared else None
    if inside is None:
        return [finished(recipe, scale, value, np.zeros(1), None, None)], trained.remark
    return read(inside, value, trained.honest), trained.remark


def _levels(want: Want, part: Part) -> list[float | None]:
    """The quantiles that one model's predictions are turned into; None where they are what they are."""
    if part.level is not None:
        return [part.level]
    if want.functional == "interval":
        return list(interval_levels(want))
    return [quantile_level(want)] if want.functional in ("quantile", "median") else [None]


def _of_numbers(
    want: Want, levels: list[float | None]
) -> Callable[[np.ndarray, list[np.ndarray], np.ndarray | None], float]:
    """The score of held-out predictions: that of the question's first yardstick."""
    losses = [get("squared_error") if level is None else get(f"quantile:{level!r}") for level in levels]

    def judge(y: np.ndarray, found: list[np.ndarray], weight: np.ndarray | None) -> float:
        if not all(np.isfinite(p).all() for p in found):
            return float("inf")
        return sum(loss.cost(y, p, weight) for loss, p in zip(losses, found, strict=True))

    return judge


def _classes(
    problem: Problem,
    recipe: Recipe,
    part: Part,
    y: np.ndarray,
    weight: np.ndarray | None,
    held_out: tuple[tuple[np.ndarray, np.ndarray], ...],
    matrix: np.ndarray,
    test: np.ndarray,
) -> tuple[list[np.ndarray], str]:
    loss = loss_of(part, "")
    score = _of_classes(problem, recipe)

    def judged(f: np.ndarray, rows: np.ndarray) -> float:
        return score(y[rows], _rows(problem, probabilities(loss, f)), None if weight is None else weight[rows])

    by_cost = weight
    if recipe.weights is not None:
        none, one = recipe.weights
        by_cost = np.where(y > 0.0, one, none) * (1.0 if weight is None else weight)
    material = Material(matrix, class_targets(loss, y), by_cost, held_out, judged, len(problem.classes), problem.seed)
    trained: Trained = trainer(recipe.model)(loss, material)
    return [_rows(problem, probabilities(loss, trained.predict(test)))], trained.remark


def _rows(problem: Problem, p: np.ndarray) -> np.ndarray:
    """Two classes are told by the probability of the second."""
    return p[:, 1] if p.ndim == 2 and len(problem.classes) == 2 else p


@lru_cache(maxsize=8)
def _yardstick(want: Want, classes: tuple[str, ...]) -> tuple[Study, Any]:
    """A study without candidates, whose panel's first yardstick is the one that decides."""
    y = np.array([0.0, 1.0]) if len(classes) == 2 else np.arange(float(len(classes)))
    empty = Study(want, y, None, (), (), {}, np.empty(0), classes)
    return empty, panel(empty)[0]


def _of_classes(problem: Problem, recipe: Recipe) -> Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]:
    """The first yardstick of the question, of probabilities or of decided labels."""
    empty, yardstick = _yardstick(problem.want, problem.classes)

    def score(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None) -> float:
        if not np.isfinite(p).all():
            return float("inf")
        if problem.want.functional == "label":
            p = decided(empty, p, recipe.candidate.threshold)
        else:
            p = np.clip(p, NEARLY, 1.0 - NEARLY)
            p = p / p.sum(axis=1, keepdims=True) if p.ndim == 2 else p
        return float(np.average(yardstick.score(y, p), weights=weight))

    return score


def trainer(model: str) -> Callable[[AnyLoss, Material], Trained]:
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
    found = [pointwise(f"quantile:{level!r}").optimal_constant(y, weight) for level in levels]
    return found if len(found) > 1 else found[0]
