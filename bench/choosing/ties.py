"""Losses that tie exactly, by symmetry: how often is one of them called the winner all the same?

Mirrored losses (quantiles 0.25 and 0.75 where the median is wanted, expectiles where the mean is, the one or
the other class weighted more where labels are) have the same risk, to the last digit, on data that is its own mirror
image; so any claim that one of them is better is false, and its rate should stay below the level of the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.choosing.worlds import CENTRED, NORMAL_LINE, T3_LINE, Draw
from lossary.choosing.comparison.folds import plan_folds
from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.leaderboard import leaderboard
from lossary.choosing.scheduling.engine import compare_candidates
from lossary.choosing.scheduling.store import Store
from lossary.choosing.table.features import features_of
from lossary.choosing.table.frames import columns_of
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe, recipe

TRIES = 200
FOLDS, REPEATS = 5, 2


@dataclass(frozen=True)
class Tying:
    """Data that is its own mirror image, and two losses that are each other's."""

    name: str
    want: Want
    draw: Draw
    recipes: tuple[Recipe, Recipe]
    rows: int
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tie:
    """How often, of so many data sets, one of two losses that tie was called better than the other."""

    name: str
    rows: int
    tries: int
    claims: int
    plain: int
    """How often a plain t-test over the folds would have claimed it, at 5%."""


def worlds_that_tie() -> Sequence[Tying]:
    """Every pair, at three sizes."""
    quantiles = (recipe("quantile", "linear", {"tau": 0.25}), recipe("quantile", "linear", {"tau": 0.75}))
    expectiles = (recipe("expectile", "linear", {"tau": 0.25}), recipe("expectile", "linear", {"tau": 0.75}))
    classes = (_weighted("yes", (1.0, 3.0)), _weighted("no", (3.0, 1.0)))
    named = ("no", "yes")
    found = []
    for rows in (100, 400, 1600):
        found.append(Tying("quantiles 0.25 and 0.75, for the median", Want("median"), NORMAL_LINE, quantiles, rows))
        found.append(Tying("expectiles 0.25 and 0.75, for the mean", Want("mean"), T3_LINE, expectiles, rows))
        found.append(Tying("one class weighs 3, or the other", Want("label"), CENTRED, classes, rows, named))
    return found


def _weighted(which: str, weights: tuple[float, float]) -> Recipe:
    made = recipe("logistic", "linear", weights=weights)
    return replace(made, candidate=replace(made.candidate, label=f"logistic, {which} weighs more"))


def tie(tying: Tying, tries: int) -> Tie:
    """Draw so many data sets, and count the claims."""
    claims = plain = 0
    for attempt in range(tries):
        random = np.random.default_rng([tying.rows, attempt])
        X, y = tying.draw(random, tying.rows)
        problem = Problem(features_of(columns_of(X)), y, tying.classes, None, tying.want, None, False, attempt)
        plan = plan_folds(problem.split_rows(), FOLDS, REPEATS)
        study = compare_candidates(problem, tying.recipes, plan.folds, store=Store(None, problem)).study
        board = leaderboard(study)
        claims += len(board.tied) == 1
        plain += (board.rivals[1].naive_p or 1.0) < board.rules.alpha
    return Tie(tying.name, tying.rows, tries, claims, plain)
