"""Predictors of the comparison's folds, trained again, and the rows that each has not seen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.training.predictors import Predictor
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipe_fit import fit
from lossary.choosing.training.recipes import Recipe


@dataclass(frozen=True)
class HeldOut:
    """A predictor, and rows of the problem that it has not seen."""

    predictor: Predictor
    rows: np.ndarray


def held_out(problem: Problem, recipe: Recipe, folds: Sequence[Fold], most_rows: int) -> Iterator[HeldOut]:
    """A predictor of each fold, with (some of) the rows that the fold tests."""
    for number, fold in enumerate(folds):
        rows = fold.test
        if rows.size > most_rows:
            draw = np.random.default_rng((problem.seed, number))
            rows = np.sort(draw.choice(rows, most_rows, replace=False))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what there is to say of these fits was said in the comparison
            yield HeldOut(fit(problem, recipe, fold.train).predictor, rows)
