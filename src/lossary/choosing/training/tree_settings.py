"""How boosted trees are grown on a problem: settled once, for the usual loss, and then the same under every loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lossary.choosing.comparison.folds import held_out_splits
from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Fold
from lossary.choosing.training import fold_fit
from lossary.choosing.training.held_out_score import class_score, number_score
from lossary.choosing.training.problem import Problem, subset
from lossary.choosing.training.recipes import Recipe
from lossary.choosing.training.training_set import SMALL_TREES, TreeSettings

MANY_ROWS = 5000
"""Rows from which trees may well be larger, and steps longer: fewer rows cannot tell, and small trees are safe."""

LEAVES = (8, 31)
FAST_RATE = 0.1
TRIED_ROWS = 20_000
"""More rows than this tell nothing more: a part of them is tried."""


def settle_trees(problem: Problem, recipes: Sequence[Recipe]) -> TreeSettings:
    """The settings under which the usual loss scores best on rows held out; where rows are few, the safe ones."""
    boosted = [recipe for recipe in recipes if recipe.model == "boosting"]
    if not boosted or problem.y.size < MANY_ROWS:
        return SMALL_TREES
    usual = next((r for r in boosted if r.candidate.kind == "reference"), boosted[0])
    sample = _sample(problem)
    options = [TreeSettings(rate=FAST_RATE, leaves=leaves) for leaves in LEAVES]
    return min(options, key=lambda settings: _held_out_score(replace(sample, trees=settings), usual))


def _sample(problem: Problem) -> Problem:
    if problem.y.size <= TRIED_ROWS:
        return problem
    if problem.ordered:
        return subset(problem, np.arange(problem.y.size - TRIED_ROWS, problem.y.size))
    drawn = np.random.default_rng(problem.seed).choice(problem.y.size, TRIED_ROWS, replace=False)
    return subset(problem, np.sort(drawn))


def _held_out_score(problem: Problem, recipe: Recipe) -> float:
    learned, held_out = held_out_splits(problem.split_rows())[0]
    try:
        predictions = fold_fit.run(problem, recipe, Fold(learned, held_out)).predictions
    except (ValueError, ArithmeticError, RuntimeError):
        return float("inf")  # the comparison will say so of the candidate
    y = problem.y[held_out]
    weight = None if problem.weight is None else problem.weight[held_out]
    if problem.classes:
        return class_score(problem.want, problem.classes, recipe.candidate.threshold)(y, predictions, weight)
    columns = [predictions] if predictions.ndim == 1 else list(predictions.T)
    return number_score(_levels(problem))(y, columns, weight)


def _levels(problem: Problem) -> Sequence[float | None]:
    want = problem.want
    if want.functional == "interval":
        return interval_levels(want)
    return [quantile_level(want) if want.functional in ("quantile", "median") else None]
