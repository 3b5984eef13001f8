"""The tests of differences, against published numbers, SciPy's own, and data whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from lossary.choosing.judging.significance import (
    Resampler,
    bayesian_correlated_t_test,
    bootstrap_means,
    corrected_t_test,
    corrected_winner,
    holm,
    model_confidence_set,
)


def with_t(t: float, count: int) -> np.ndarray:
    """Differences whose plain t statistic is ``t``."""
    raw = np.random.default_rng(0).normal(size=count)
    raw = (raw - raw.mean()) / raw.std(ddof=1)
    return raw + t / np.sqrt(count)


def test_engels_difference_is_luck_once_corrected():
    # Ten times ten folds, naive t 3.81 and p .0002; corrected t 1.09 and p .28.
    naive = corrected_t_test(with_t(3.81, 100), ratio=0.0)
    corrected = corrected_t_test(with_t(3.81, 100), ratio=1 / 9)
    assert naive.p == pytest.approx(0.0002, abs=5e-5)
    assert corrected.t == pytest.approx(1.09, abs=0.005)
    assert corrected.p == pytest.approx(0.28, abs=0.005)
    assert corrected.degrees == 99


def test_least_squares_and_lad_tie_on_engels_data(study_of, engel):
    from lossary.choosing.comparison.study import Want  # noqa: PLC0415
    from lossary.choosing.judging.decide import decide  # noqa: PLC0415

    income, food = engel
    decision = decide(study_of(income, food, ["squared", "absolute"], Want("median"), k=10, repeats=10))
    squared, absolute = (decision.leaderboard.entry(name) for name in ("squared", "absolute"))
    assert squared.score == pytest.approx(79.44, rel=0.02)
    assert absolute.score == pytest.approx(76.49, rel=0.02)
    assert squared.naive_p < 0.002
    assert squared.gap.p == pytest.approx(0.28, abs=0.1)
    assert {"squared", "absolute"} == set(decision.verdict.tied)
    assert decision.verdict.code == "tie"
    assert "LY049" in {f.code for f in decision.verdict.reasons}


def test_without_correction_it_is_the_plain_t_test():
    differences = np.random.default_rng(1).normal(0.3, 1.0, 12)
    ours, theirs = corrected_t_test(differences, 0.0), stats.ttest_1samp(differences, 0.0)
    assert (ours.t, ours.p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))
    assert ours.interval() == pytest.approx(tuple(theirs.confidence_interval()))
    assert ours.less == pytest.approx(stats.ttest_1samp(differences, 0.0, alternative="less").pvalue)


def test_the_correction_keeps_its_level_where_the_plain_test_does_not():
    # Two models that are equally good in every world: each predicts the mean of its own variable.
    random, plain, corrected = np.random.default_rng(2), 0, 0
    for _ in range(200):
        u, v = random.normal(size=(2, 60))
        differences = []
        for _ in range(30):
            train, test = np.split(random.permutation(60), [45])
            errors = [np.mean((each[test] - each[train].mean()) ** 2) for each in (u, v)]
            differences.append(errors[0] - errors[1])
        plain += corrected_t_test(np.array(differences), 0.0).p < 0.05
        corrected += corrected_t_test(np.array(differences), 1 / 3).p < 0.05
    assert plain > 60
    assert corrected < 20


@pytest.mark.parametrize("rope", [0.0, 0.4, 2.0])
def test_odds_are_areas_under_students_t(rope):
    differences, k = np.random.default_rng(3).normal(-0.5, 1.0, 20), 10
    rho = 1.0 / k
    scale = np.sqrt(differences.var(ddof=1) * (1.0 / 20 + rho / (1.0 - rho)))

    def density(x):
        return stats.t.pdf((x - differences.mean()) / scale, 19) / scale

    odds = bayesian_correlated_t_test(differences, rho, rope)
    assert odds.better == pytest.approx(integrate.quad(density, -np.inf, -rope)[0], abs=1e-6)
    assert odds.equal == pytest.approx(integrate.quad(density, -rope, rope)[0], abs=1e-6)
    assert odds.worse == pytest.approx(integrate.quad(density, rope, np.inf)[0], abs=1e-6)


def test_differences_that_never_change_are_certain():
    odds = bayesian_correlated_t_test(np.full(5, 2.0), 0.2, 1.0)
    assert (odds.better, odds.equal, odds.worse) == (0.0, 0.0, 1.0)
    assert corrected_t_test(np.zeros(5), 0.25).p == 1.0
    with pytest.raises(ValueError, match="two or more, not 1"):
        corrected_t_test(np.ones(1), 0.25)


def test_holm_adjusts_stepwise():
    # Holm's own procedure by hand: sorted p times 4, 3, 2, 1, never falling, at most one.
    assert holm([0.01, 0.02, 0.02, 0.9]) == pytest.approx([0.04, 0.06, 0.06, 0.9])
    assert holm([0.9, 0.5]) == pytest.approx([1.0, 1.0])
    assert holm([]).size == 0


def test_of_two_candidates_the_confidence_set_is_a_paired_test():
    random = np.random.default_rng(4)
    for shift in (0.05, 0.15, 0.3):
        rows = random.normal(0.0, 1.0, (300, 2)) + np.array([0.0, shift])
        paired = stats.ttest_rel(rows[:, 0], rows[:, 1]).pvalue
        ours = model_confidence_set(rows, draws=4000, seed=1).p.min()
        assert ours == pytest.approx(paired, abs=0.03)


def test_the_confidence_set_holds_the_best_as_often_as_it_says():
    random, missed, kept_bad = np.random.default_rng(5), 0, 0
    for seed in range(80):
        shared = random.normal(size=(150, 1))
        rows = shared + random.normal(size=(150, 5)) + np.array([0.0, 0.0, 0.0, 0.0, 0.6])
        inside = model_confidence_set(rows, draws=200, seed=seed).inside
        missed += not inside[:4].all()
        kept_bad += inside[4]
    assert missed <= 80 * 0.22  # of four equally best, any left out; the level is 10%
    assert kept_bad <= 4


def test_candidates_that_predict_the_same_are_never_told_apart():
    rows = np.repeat(np.random.default_rng(6).normal(size=(50, 1)), 3, axis=1)
    assert model_confidence_set(rows).p == pytest.approx(np.ones(3))


def test_a_bootstrap_of_blocks_sees_that_neighbours_resemble_each_other():
    random = np.random.default_rng(7)
    steps = random.normal(size=1000)
    series = np.convolve(steps, np.ones(8) / 8, mode="same")[:, None]
    weight = np.ones(1000)
    alone = bootstrap_means(series, weight, Resampler(1000), 400, 0).std()
    blocks = bootstrap_means(series, weight, Resampler(1000, ordered=True, block=40), 400, 0).std()
    assert alone == pytest.approx(series.std() / np.sqrt(1000), rel=0.15)
    assert blocks == pytest.approx(1.0 / np.sqrt(1000), rel=0.25)  # the true spread of the mean of such a series


def test_a_bootstrap_of_groups_draws_them_whole():
    groups = np.repeat(np.arange(20), 5)
    (counts,) = Resampler(100, groups=groups).counts(30, seed=0)
    assert (counts.reshape(30, 20, 5) == counts.reshape(30, 20, 5)[:, :, :1]).all()
    assert (counts.sum(axis=1) == 100).all()


def test_weights_are_counts():
    rows = np.random.default_rng(8).normal(size=(40, 2))
    weight = np.where(np.arange(40) < 20, 2.0, 0.0)
    means = bootstrap_means(rows, weight, Resampler(40), 200, 0)
    assert means.mean(axis=0) == pytest.approx(rows[:20].mean(axis=0), abs=0.05)


def test_the_winners_luck_is_taken_back():
    # Twenty candidates, none better than 1: the least of their means is lower, the corrected one is not.
    random, apparent, corrected = np.random.default_rng(9), [], []
    for seed in range(40):
        found = corrected_winner(random.normal(1.0, 1.0, (80, 20)), draws=100, seed=seed)
        apparent.append(found.apparent)
        corrected.append(found.corrected)
        assert found.low < found.corrected < found.high
    assert np.mean(apparent) < 0.83
    assert abs(np.mean(corrected) - 1.0) < 0.05
