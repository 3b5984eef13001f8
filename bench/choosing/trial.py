"""One data set: what ``choose`` says on the training rows, and what every candidate then costs on fresh ones."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bench.choosing.worlds import Set
from lossary.choosing.choose import Choice, choose
from lossary.choosing.comparison import scores as scoring
from lossary.choosing.comparison import yardsticks
from lossary.choosing.comparison.study import Fold, Study
from lossary.choosing.judging import gains
from lossary.choosing.table.features import features_of
from lossary.choosing.table.frames import columns_of
from lossary.choosing.training import fold_fit
from lossary.choosing.training.predictions import class_targets
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe, loss_of
from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit import ConvergenceWarning, linear

TESTED = 50_000
CONSTANT = "constant"
PENALTY = 1e-6
"""Makes every fit end, and changes none that does."""


@dataclass(frozen=True)
class Trial:
    """What came of one data set. Risks are mean test scores by the question's first yardstick, of refits on all rows.

    ``chosen`` is the recommended candidate's label, or the reference's where the verdict recommends none; ``usual`` the
    reference loss under the model of the best candidate; ``naive`` the line of lowest own training cost.
    """

    name: str
    want: str
    rows: int
    code: str
    chosen: str
    usual: str
    naive: str
    tied: tuple[str, ...]
    risks: Mapping[str, float]
    best: tuple[str, ...]
    seconds: float

    @property
    def oracle(self) -> str:
        return min(self.risks, key=lambda label: self.risks[label])

    def regret(self, label: str) -> float:
        """The share by which a candidate's risk exceeds the oracle's."""
        return self.risks[label] / self.risks[self.oracle] - 1.0

    @property
    def claims_a_winner(self) -> bool:
        """Whether one candidate is said to be better than all others."""
        return len(self.tied) == 1 and self.code not in ("constant", "leverage")


def trial(drawn: Set) -> Trial:
    """Choose on training rows, then refit every candidate on all of them, and score it on fresh rows."""
    world, random = drawn.world, np.random.default_rng(drawn.seed)
    X, y = world.draw(random, drawn.rows)
    if world.spoil is not None:
        X, y = world.spoil(random, X, y)
    fresh_X, fresh_y = (world.fresh or world.draw)(random, TESTED)
    number = np.arange(y.size)
    began = time.perf_counter()
    choice = choose(
        X,
        y,
        world.want if world.cost_under is None else None,
        cost_under=world.cost_under,
        cost_over=world.cost_over,
        models=list(drawn.models),
        groups=number // world.group_rows if world.group_rows else None,
        time=number if world.ordered else None,
        seed=drawn.seed,
    )
    took = time.perf_counter() - began
    whole, fold = _whole(choice, X, y, fresh_X, fresh_y)
    recipes = choice.inspection.workload.recipes
    lines = [r for r in recipes if r.model == "linear" and r.label not in choice.study.failures]
    return Trial(
        drawn.name,
        world.want,
        drawn.rows,
        choice.verdict.code,
        _chosen(choice),
        _usual(choice),
        min(lines, key=lambda recipe: _own_cost(recipe, choice.inspection.problem)).label,
        choice.verdict.tied,
        _risks(_refitted(choice, whole, fold)),
        world.best,
        took,
    )


def _whole(
    choice: Choice, X: np.ndarray, y: np.ndarray, fresh_X: np.ndarray, fresh_y: np.ndarray
) -> tuple[Problem, Fold]:
    """Training rows and fresh ones as one problem, and the split between them."""
    problem = choice.inspection.problem
    everything = np.concatenate([y, fresh_y])
    if everything.dtype == object:
        everything = np.array([problem.classes.index(label) for label in everything])
    features = replace(features_of(columns_of(np.vstack([X, fresh_X]))), kinds=problem.features.kinds)
    whole = replace(problem, features=features, y=everything.astype(float), groups=None, key="")
    return whole, Fold(np.arange(y.size), np.arange(y.size, everything.size))


def _refitted(choice: Choice, whole: Problem, fold: Fold) -> Study:
    """Every candidate trained on all training rows, and its predictions of the fresh ones."""
    recipes = [r for r in choice.inspection.workload.recipes if r.label not in choice.study.failures]
    predictions = {}
    for recipe in recipes:
        found = fold_fit.run(whole, recipe, fold).predictions
        predictions[recipe.label] = np.full((1, whole.y.size, *found.shape[1:]), np.nan)
        predictions[recipe.label][0, fold.test] = found
    constants = fold_fit.constants(whole, [fold])
    candidates = [recipe.candidate for recipe in recipes]
    return Study(whole.want, whole.y, None, [fold], candidates, predictions, constants, whole.classes)


def _risks(study: Study) -> dict[str, float]:
    """Mean scores of fresh rows; a candidate without one is worth nothing."""
    scores = scoring.score_candidates(study, yardsticks.panel(study)[0])
    found = {label: scoring.mean_score(study, rows) for label, rows in scores.by_candidate.items()}
    return {
        **dict.fromkeys(scores.undefined, float("inf")),
        **found,
        CONSTANT: scoring.mean_score(study, scores.constant),
    }


def _chosen(choice: Choice) -> str:
    recommended = choice.verdict.recommended
    if recommended is None:
        return _usual(choice)
    return CONSTANT if recommended.kind == "constant" else recommended.label


def _usual(choice: Choice) -> str:
    """The loss that one takes without thinking, under the model that suits best."""
    board = choice.leaderboard
    usual = gains.usual_under_best_model(board) or gains.reference(board)
    assert usual is not None
    squared = [e for e in board.rivals if e.candidate.loss == "squared_error" and not e.candidate.shifted]
    plain = [e for e in squared if e.candidate.link == "identity" and not e.candidate.target]
    return plain[0].label if plain else usual.label


def _own_cost(recipe: Recipe, problem: Problem) -> float:
    """What a line's training ends at, by the loss it was trained with: not comparable between losses."""
    total, X, y = 0.0, problem.features.matrix, problem.y
    for part in recipe.parts:
        loss = loss_of(part, recipe.candidate.link)
        target = class_targets(loss, y) if problem.classes else np.log1p(y) if recipe.candidate.target else y
        weight = None if recipe.weights is None else np.array(recipe.weights)[y.astype(int)]
        classes = {"classes": len(problem.classes)} if isinstance(loss, RowLossFunction) else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fit = linear(X, target, loss, alpha=PENALTY, sample_weight=weight, **classes)
        total += loss.cost(target, fit.predict(X), weight)
    return total
