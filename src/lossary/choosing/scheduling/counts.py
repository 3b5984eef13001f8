"""What the work of a fit depends on, counted on the table before anything is timed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.folds import SplitRows, parts_held_out
from lossary.choosing.scheduling.trial import rounds_of_trial
from lossary.choosing.table.encoding import encoder
from lossary.choosing.training.linear_models import has_enough_rows
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe

ENCODED_ROWS = 2000
"""Rows of which the columns of matrices are counted."""

GROWTH = 0.2
"""Boosting rounds grow about as this power of the rows."""


@dataclass(frozen=True)
class Counts:
    """Sizes of the training rows of one fold.

    ``rows``, the ``columns`` of the matrix by model, ``classes`` (0 for numbers), the ``parts`` that are held out one
    after another, the boosting ``rounds`` of trees of so many ``leaves`` and the ``patience`` after them, and whether
    lines are ``penalised``.
    """

    rows: int
    columns: dict[str, int]
    classes: int
    parts: int
    rounds: int
    leaves: int
    patience: int
    penalised: bool


class Table:
    """Counts of a problem for any number of its rows: encoded once, and with one trial of the usual trees."""

    def __init__(self, problem: Problem, recipes: Sequence[Recipe]) -> None:
        self._problem = problem
        models = dict.fromkeys(recipe.model for recipe in recipes)
        self._columns = {model: _columns(problem, for_trees=model == "boosting") for model in models}
        self._tried_rows, self._tried_rounds = rounds_of_trial(problem) if "boosting" in models else (1, 0)

    @property
    def rows(self) -> int:
        return self._problem.y.size

    def of_fold(self, rows: int, folds: int) -> Counts:
        """Counts for the training rows of a fold, if the comparison has so many rows in all."""
        problem = self._problem
        # Folds in order of time learn from what came before: seven tenths of the rows in the mean.
        trained = max(2, round(rows * (0.7 if problem.ordered else 1.0 - 1.0 / folds)))
        split = _thinned(problem.split_rows(), trained)
        most = problem.trees.rounds
        rounds = min(most, math.ceil(self._tried_rounds * (trained / self._tried_rows) ** GROWTH))
        return Counts(
            rows=trained,
            columns=self._columns,
            classes=len(problem.classes),
            parts=parts_held_out(split),
            rounds=rounds,
            leaves=problem.trees.leaves,
            patience=problem.trees.patience,
            penalised=not has_enough_rows(split.y, split.classes, self._columns.get("linear", 0)),
        )


def _columns(problem: Problem, *, for_trees: bool) -> int:
    rows = problem.y.size
    sample = np.arange(rows)
    if rows > ENCODED_ROWS:
        sample = np.sort(np.random.default_rng(problem.seed).choice(rows, ENCODED_ROWS, replace=False))
    encode = encoder(problem.features, sample, for_trees)
    return encode(problem.features.matrix[sample[:2]]).shape[1]


def _thinned(split: SplitRows, rows: int) -> SplitRows:
    """As many of the rows, at equal distances in order of their targets, so that classes keep their shares."""
    if rows >= split.y.size:
        return split
    kept = np.argsort(split.y, kind="stable")[np.linspace(0, split.y.size - 1, rows).astype(np.int64)]
    return SplitRows(split.y[kept], split.classes, split.seed, None, split.ordered)
