"""Quantiles and intervals are moved until rows held out are covered as asked: the ranks, and what they come to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lossary.choosing.candidates import candidates
from lossary.choosing.comparison.study import Fold
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.table.features import features_of
from lossary.choosing.table.task import parse_question, task_of
from lossary.choosing.training import fold_fit
from lossary.choosing.training.predictions import Residuals
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import recipe
from lossary.choosing.training.training_set import TreeSettings
from lossary.evaluate.registry import pointwise

pytest.importorskip("lightgbm")

BRIEF = TreeSettings(rate=0.1, rounds=200)

NEW = 4000


# Ranks.


@pytest.mark.parametrize(
    ("rows", "level", "rank"), [(9, 0.9, 9), (19, 0.9, 18), (19, 0.1, 2), (4, 0.5, 2.5), (99, 0.8, 80)]
)
def test_the_rank_counts_the_new_row_too(rows, level, rank):
    values = np.random.default_rng(rows).permutation(np.arange(1.0, rows + 1.0))
    assert Residuals(values).quantile(level) == pytest.approx(rank)
    assert Residuals(values).quantile(level) == pytest.approx(np.quantile(values, level, method="weibull"))
    assert Residuals(values, np.full(rows, 7.0)).quantile(level) == pytest.approx(rank)
    assert Residuals(values).reaches(level)


@pytest.mark.parametrize(("rows", "level"), [(8, 0.9), (3, 0.2), (98, 0.99), (1, 0.6)])
def test_too_few_rows_for_a_level_are_known_as_such(rows, level):
    residuals = Residuals(np.arange(float(rows)))
    assert not residuals.reaches(level)
    assert residuals.quantile(level) == (rows - 1.0 if level > 0.5 else 0.0)


@pytest.mark.parametrize("level", [0.1, 0.8, 0.9])
def test_a_new_row_is_covered_as_often_as_asked_though_rows_are_few(level):
    """The quantile of 19 residuals themselves covers too little of what is new."""
    draw, times = np.random.default_rng(0), 4000
    drawn = draw.normal(size=(times, 19))
    covered = stats.norm.cdf([Residuals(row).quantile(level) for row in drawn])
    assert covered.mean() == pytest.approx(level, abs=4.0 * covered.std() / np.sqrt(times) + 0.004)
    inner = pointwise(f"quantile:{level!r}")
    own = stats.norm.cdf([inner.optimal_constant(row) for row in drawn[:500]])
    assert abs(own.mean() - level) > abs(covered.mean() - level)


def test_weights_are_shares_of_what_is_new():
    """Residuals of two kinds, of which new rows have another mixture than those held out."""
    draw = np.random.default_rng(1)
    far = draw.uniform(size=4000) < 0.5
    values = np.where(far, 10.0, 0.0) + draw.uniform(size=4000)
    weight = np.where(far, 1.0, 9.0)
    assert Residuals(values, weight).quantile(0.85) < 1.0 < 10.0 < Residuals(values).quantile(0.85)
    few = Residuals(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1e-9, 1e-9]))
    assert not few.reaches(0.8)  # one row, by its weight


# What they come to.


def made(seed: int, rows: int) -> tuple[Problem, Fold, np.ndarray]:
    """A target whose spread grows, with columns that say nothing: a flexible model learns them by heart."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows + NEW, 8))
    y = 3.0 * x[:, 0] + np.exp(0.5 * x[:, 1]) * draw.standard_t(4, size=rows + NEW) + 20.0
    features = features_of({f"x{j}": x[:, j] for j in range(8)})
    problem = Problem(features, y, (), None, parse_question("mean"), None, False, seed, "", BRIEF)
    return problem, Fold(np.arange(rows), np.arange(rows, rows + NEW)), y[rows:]


def covers(problem: Problem, fold: Fold, y: np.ndarray, words: str, model: str, shifted: bool) -> tuple[float, float]:
    """The share of new rows covered, and their mean score."""
    want = parse_question(words)
    levels = ((1.0 - want.level) / 2.0, (1.0 + want.level) / 2.0) if want.functional == "interval" else (want.level,)
    problem = Problem(**{**vars(problem), "want": want})
    p = fold_fit.run(problem, recipe("quantile", model, levels=levels, shifted=shifted), fold).predictions
    ends = p if p.ndim == 2 else p[:, None]
    score = sum(
        pointwise(f"quantile:{level!r}").cost(y, np.ascontiguousarray(ends[:, i])) for i, level in enumerate(levels)
    )
    inside = (ends[:, 0] <= y) & (y <= ends[:, 1]) if p.ndim == 2 else y <= p
    if p.ndim == 2 and shifted:
        assert np.all(ends[:, 0] <= ends[:, 1])
    return float(inside.mean()), score


@pytest.mark.parametrize("model", ["linear", "boosting"])
@pytest.mark.parametrize(("words", "asked"), [("quantile:0.9", 0.9), ("quantile:0.1", 0.1), ("interval:0.8", 0.8)])
def test_new_rows_are_covered_as_asked_and_better_than_without(words, asked, model):
    plain, adjusted = [], []
    for seed in range(4):
        problem, fold, y = made(seed, 300)
        plain.append(covers(problem, fold, y, words, model, shifted=False))
        adjusted.append(covers(problem, fold, y, words, model, shifted=True))
    (before, cost_before), (after, cost_after) = np.mean(plain, axis=0), np.mean(adjusted, axis=0)
    error = np.sqrt(asked * (1.0 - asked) / 300 / 4)  # of what 300 rows held out tell, four times
    assert abs(after - asked) < 3.0 * error + 0.01
    assert abs(after - asked) <= abs(before - asked) + 2.0 * error
    assert cost_after < 1.01 * cost_before
    if model == "boosting" and words == "interval:0.8":
        assert before < 0.72  # the fault: 71% where 80 were asked for
        assert cost_after < 0.98 * cost_before


@pytest.mark.parametrize(("words", "levels"), [("quantile:0.99", (0.99,)), ("interval:0.99", (0.005, 0.995))])
def test_too_few_rows_are_said(words, levels):
    problem, fold, _ = made(0, 60)
    problem = Problem(**{**vars(problem), "want": parse_question(words)})
    outcome = fold_fit.run(problem, recipe("quantile", "linear", levels=levels, shifted=True), fold)
    assert np.isfinite(outcome.predictions).all()
    assert "60 rows held out are too few to adjust to 0.9" in outcome.remark


def test_every_quantile_that_is_compared_is_adjusted():
    for words in ("quantile:0.9", "interval:0.8"):
        task = task_of("y", np.arange(60.0) + 0.5)
        found = candidates(parse_question(words), task, Diagnosis((), Settings()), ["linear"])
        assert all(each.shifted for each in found)
        assert found[0].label.endswith("conformal, linear")
        assert found[0].candidate.kind == "reference"
