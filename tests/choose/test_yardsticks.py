"""Scores come from the catalogue, fit the question, and refuse what has no number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossary.choosing.comparison.scores import by_fold, by_row, score_candidates
from lossary.choosing.comparison.study import Want
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.judging.bias import biases, decision_errors
from lossary.choosing.judging.coverage import coverage
from lossary.choosing.judging.leaderboard import leaderboard

Y = np.random.default_rng(1).gamma(2.0, 2.0, 60)
LABELS = (np.random.default_rng(2).random(60) < 0.4).astype(float)


def rows_of(study, name, label="a"):
    yardstick = next(y for y in panel(study) if y.name == name)
    return score_candidates(study, yardstick).by_candidate[label][0]


@pytest.mark.parametrize(
    ("want", "y", "names"),
    [
        (Want("mean"), Y - 3.0, ["squared error"]),
        (Want("mean"), np.floor(Y), ["squared error", "Poisson deviance"]),
        (Want("mean"), Y, ["squared error", "Poisson deviance", "gamma deviance"]),
        (Want("median"), Y, ["absolute error", "absolute error of logs"]),
        (Want("quantile", 0.9), Y - 3.0, ["quantile loss (0.9)"]),
        (Want("quantile", None, 4.0, 1.0), Y - 3.0, ["quantile loss (0.8)"]),
        (Want("interval", 0.8), Y, ["interval score", "quantile loss (0.1)", "quantile loss (0.9)"]),
        (Want("probability"), LABELS, ["log loss", "Brier score"]),
        (Want("label"), LABELS, ["error rate", "balanced error rate"]),
        (Want("label", None, 5.0, 1.0), LABELS, ["cost", "error rate", "balanced error rate"]),
    ],
)
def test_the_panel_fits_question_and_target(study_from, want, y, names):
    study = study_from(y, {"a": y}, want)
    assert [each.name for each in panel(study)] == names


def test_scores_of_numbers_by_hand(study_from, random):
    p = Y + random.normal(0.0, 0.1, 60) ** 2
    study = study_from(Y, {"a": p}, Want("mean"))
    assert rows_of(study, "squared error") == pytest.approx((Y - p) ** 2)
    assert rows_of(study, "Poisson deviance") == pytest.approx(2 * (Y * np.log(Y / p) - Y + p), rel=1e-6, abs=1e-12)
    assert rows_of(study, "gamma deviance") == pytest.approx(2 * (np.log(p / Y) + Y / p - 1), rel=1e-6, abs=1e-12)
    study = replace(study, want=Want("quantile", 0.9))
    assert rows_of(study, "quantile loss (0.9)") == pytest.approx(np.maximum(0.9 * (Y - p), 0.1 * (p - Y)))


def test_winklers_score_by_hand(study_from, random):
    low, high = Y - 1.0 + random.normal(size=60), Y + 1.0 + random.normal(size=60)
    ends = np.stack([low, high], axis=1)
    study = study_from(Y, {"a": ends}, Want("interval", 0.8), constants=np.tile([1.0, 9.0], (5, 1)))
    alpha = 0.2
    below, above = np.maximum(low - Y, 0.0), np.maximum(Y - high, 0.0)
    assert rows_of(study, "interval score") == pytest.approx(high - low + 2 / alpha * (below + above))
    found = coverage(study, "a")
    assert found.share == pytest.approx(np.mean((low <= Y) & (high >= Y)))
    assert (found.meant, found.crossing) == (pytest.approx(0.8), pytest.approx(np.mean(low > high)))


def test_probabilities_of_two_and_of_many_classes(study_from, random):
    p = random.uniform(0.05, 0.95, 60)
    study = study_from(LABELS, {"a": p}, Want("probability"))
    right = np.where(LABELS == 1.0, p, 1.0 - p)
    assert rows_of(study, "log loss") == pytest.approx(-np.log(right))
    assert rows_of(study, "Brier score") == pytest.approx((p - LABELS) ** 2)
    classes, rows = random.integers(0, 3, 60), random.dirichlet(np.ones(3), 60)
    many = study_from(
        classes, {"a": rows}, Want("probability"), classes=("x", "y", "z"), constants=np.full((5, 3), 1 / 3)
    )
    assert rows_of(many, "log loss") == pytest.approx(-np.log(rows[np.arange(60), classes]))
    assert rows_of(many, "Brier score") == pytest.approx(((rows - np.eye(3)[classes]) ** 2).sum(axis=1))


def test_decisions_cost_what_they_cost(study_from, made, random):
    p = random.random(60)
    want = Want("label", None, cost_under=4.0, cost_over=1.0)  # a miss is four times as dear: decide 1 above 0.2
    study = study_from(LABELS, {"a": p}, want)
    said = (p > 0.2).astype(float)
    cost = np.where(said == LABELS, 0.0, np.where(LABELS == 1.0, 4.0, 1.0))
    assert rows_of(study, "cost") == pytest.approx(cost)
    assert rows_of(study, "error rate") == pytest.approx((said != LABELS).astype(float))
    balanced = rows_of(study, "balanced error rate").mean()
    by_class = [np.mean(said[c == LABELS] != c) for c in (0.0, 1.0)]
    assert balanced == pytest.approx(np.mean(by_class))
    assert decision_errors(study, "a") == pytest.approx({"missed": by_class[1], "false alarms": by_class[0]})
    weighted = study_from(LABELS, {"a": p}, want, candidates=[made("a", threshold=0.5)])
    assert rows_of(weighted, "error rate") == pytest.approx(((p > 0.5) != LABELS).astype(float))


def test_impossible_predictions_have_no_number_and_say_how_many(study_from):
    p = np.where(np.arange(60) < 6, -1.0, Y)
    board = leaderboard(study_from(Y, {"a": p, "b": Y + 0.1}, Want("mean")))
    assert board.entry("a").undefined == {
        "Poisson deviance": "10.0% of predictions are negative",
        "gamma deviance": "10.0% of predictions are negative",
    }
    assert not board.entry("b").undefined
    certain = np.where(np.arange(60) == 3, 1.0 - LABELS, np.where(LABELS == 1.0, 0.9, 0.1))
    board = leaderboard(study_from(LABELS, {"a": certain, "b": np.full(60, 0.5)}, Want("probability")))
    assert "the score is infinite" in board.entry("a").undefined["log loss"]
    assert board.entry("a").failure


def test_a_candidate_that_failed_is_listed_last_with_its_reason(study_from):
    broken = np.where(np.arange(60) == 5, np.nan, Y)
    study = study_from(Y, {"a": broken, "b": Y + 1.0, "c": Y}, Want("mean"), failures={"c": "it did not converge"})
    board = leaderboard(study)
    assert board.entries[0].label == "b"
    assert {e.label: e.failure for e in board.entries if e.failure} == {
        "a": "1.7% of predictions are not finite",
        "c": "it did not converge",
    }
    with pytest.raises(ValueError, match=r"no candidate has a squared error.*did not converge"):
        leaderboard(study_from(Y, {"c": Y}, Want("mean"), failures={"c": "it did not converge"}))


def test_rows_of_weight_zero_do_not_count(study_from):
    weight = np.where(np.arange(60) < 20, 0.0, 1.0 + np.arange(60) % 3)
    wild = np.where(np.arange(60) < 20, np.nan, Y + 1.0)
    study = study_from(Y, {"a": wild, "b": Y + np.arange(60)}, Want("mean"), weight=weight)
    board = leaderboard(study)
    assert board.entry("a").score == pytest.approx(1.0)
    assert board.entry("b").score == pytest.approx(np.average(np.arange(60.0) ** 2, weights=weight))


def test_skill_is_against_each_folds_constant(study_from):
    study = study_from(Y, {"a": Y}, Want("mean"))
    by_hand = np.concatenate([(Y[f.test] - Y[f.train].mean()) ** 2 for f in study.folds]).mean()
    board = leaderboard(study)
    assert board.constant == pytest.approx(by_hand)
    assert board.entry("constant").skill == pytest.approx(0.0)
    assert board.entry("a").skill == 1.0


def test_another_yardstick_may_decide(study_from):
    study = study_from(Y, {"a": Y + 0.1, "b": Y * 1.01}, Want("mean"))
    assert leaderboard(study, primary="gamma deviance").primary.name == "gamma deviance"
    with pytest.raises(ValueError, match="there are 'squared error', 'Poisson deviance', 'gamma deviance'"):
        leaderboard(study, primary="rmsle")


def test_bias_is_found_overall_and_where_it_hides(study_from, random):
    y = random.normal(0.0, 1.0, 2000)
    p = random.normal(0.0, 1.0, 2000)
    fan = study_from(y + p, {"right": p, "low": p - 0.2, "steep": 2.0 * p}, Want("mean"))
    right, low, steep = (biases(fan, name)[0] for name in ("right", "low", "steep"))
    assert right.p > 0.01
    assert low.bias == pytest.approx(right.bias - 0.2)
    assert low.p < 1e-6
    assert steep.p > 0.001  # right on average ...
    assert steep.bins[0].bias < -0.8 < 0.8 < steep.bins[-1].bias  # ... and wrong at both ends
    assert all(b.rows == 200 for b in steep.bins)
    level = study_from(y, {"a": np.full(2000, np.quantile(y, 0.7))}, Want("quantile", 0.9))
    assert biases(level, "a")[0].bias == pytest.approx(-0.2, abs=0.001)


def test_a_balanced_bias_t_test_is_scipys(random):
    from scipy import stats  # noqa: PLC0415

    from lossary.choosing.judging.bias import t_test  # noqa: PLC0415

    value = random.normal(0.2, 1.0, 50)
    theirs = stats.ttest_1samp(value, 0.0)
    centre, error, p = t_test(value, np.ones(50))
    assert (centre / error, p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))


def test_repeats_are_averaged_by_row(study_from):
    study = study_from(Y, {"a": Y}, Want("mean"), repeats=2)
    study.predictions["a"][1] += 1.0
    rows = score_candidates(study, panel(study)[0]).by_candidate["a"]
    assert by_row(rows) == pytest.approx(np.full(60, 0.5))
    assert by_fold(study, rows) == pytest.approx([0.0] * 5 + [1.0] * 5)
