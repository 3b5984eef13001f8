"""Whether predictions go with targets by rank: SciPy's own p-value, and one where nothing can be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.rank_association import association

ROWS = 60


@pytest.fixture
def related(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y = random.normal(size=ROWS)
    return y, y + 2.5 * random.normal(size=ROWS)


def test_it_is_spearmans_one_sided_test(study_from, related):
    y, p = related
    study = study_from(y, {"a": p, "b": -p}, Want("mean"))
    theirs = stats.spearmanr(p, y, alternative="greater").pvalue
    assert 1e-4 < theirs < 0.2
    assert association(study, "a") == pytest.approx(theirs)
    assert association(study, "b") == pytest.approx(1.0 - theirs)


def test_repeats_are_averaged_first(study_from, related, random):
    y, p = related
    study = study_from(y, {"a": p}, Want("mean"), repeats=2)
    study.predictions["a"][1] = p + random.normal(size=ROWS)
    averaged = study.predictions["a"].mean(axis=0)
    assert association(study, "a") == pytest.approx(stats.spearmanr(averaged, y, alternative="greater").pvalue)


def test_of_an_interval_the_middle_is_taken(study_from, related, random):
    y, p = related
    width = random.gamma(2.0, 1.0, ROWS)
    ends = np.stack([p - width, p + 2.0 * width], axis=1)
    study = study_from(y, {"a": ends}, Want("interval", 0.8), constants=np.tile([-1.0, 1.0], (5, 1)))
    middle = stats.spearmanr(p + 0.5 * width, y, alternative="greater").pvalue
    assert association(study, "a") == pytest.approx(middle)


def test_of_many_classes_the_smallest_p_is_taken_times_their_number(study_from, random):
    y = random.integers(0, 3, ROWS)
    scores = 0.3 * np.eye(3)[y] + random.normal(size=(ROWS, 3))
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    names = ("a", "b", "c")
    study = study_from(y, {"a": chances}, Want("probability"), classes=names, constants=np.full((5, 3), 1 / 3))
    each = [stats.spearmanr(chances[:, k], y == k, alternative="greater").pvalue for k in range(3)]
    assert association(study, "a") == pytest.approx(min(1.0, 3.0 * min(each)))
    assert min(each) < 0.33
    wrong = study_from(y, {"a": -chances}, Want("probability"), classes=names, constants=np.full((5, 3), 1 / 3))
    assert association(wrong, "a") == 1.0


def test_rows_in_order_of_time_tell_nothing(study_from, related):
    y, p = related
    study = study_from(y, {"a": p}, Want("mean"))
    assert association(study, "a") < 0.2
    assert association(replace(study, ordered=True), "a") == 1.0
    assert association(study, "nobody") == 1.0


def test_of_rows_that_hang_together_the_means_are_taken(study_from, related, random):
    y, p = related
    pairs = replace(study_from(y, {"a": p}, Want("mean")), groups=np.arange(ROWS) // 2)
    means = (each.reshape(-1, 2).mean(axis=1) for each in (p, y))
    assert association(pairs, "a") == pytest.approx(stats.spearmanr(*means, alternative="greater").pvalue)
    # A row that stands there ten times counts once.
    again = np.r_[np.arange(ROWS), np.repeat(7, 9)]
    copies = study_from(y[again], {"a": p[again]}, Want("mean"), groups=again)
    assert association(copies, "a") == pytest.approx(association(study_from(y, {"a": p}, Want("mean")), "a"))


def test_only_rows_that_are_tested_and_count_are_looked_at(study_from, related):
    y, p = related
    weight = np.where(np.arange(ROWS) < 20, 0.0, 1.0)
    spoilt = np.where(weight > 0.0, p, np.nan)
    study = study_from(y, {"a": spoilt}, Want("mean"), weight=weight)
    assert association(study, "a") == pytest.approx(stats.spearmanr(p[20:], y[20:], alternative="greater").pvalue)


def test_one_number_for_all_has_no_order(study_from, related):
    y, p = related
    constant, broken = np.full(ROWS, 2.0), np.where(np.arange(ROWS) == 3, np.inf, p)
    study = study_from(y, {"constant": constant, "broken": broken, "a": p}, Want("mean"))
    assert association(study, "constant") == 1.0
    assert association(study, "broken") == 1.0
    assert association(study_from(np.ones(ROWS), {"a": p}, Want("mean")), "a") == 1.0
