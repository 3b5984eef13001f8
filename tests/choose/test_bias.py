"""Identification functions and coverages by hand: what is off, by how much, and how surely."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lossary.choosing.comparison.study import Want
from lossary.choosing.judging.bias import biases, decision_errors, t_test

ROWS = 200
ENDS = np.tile([-1.0, 1.0], (5, 1))


@pytest.fixture
def y(random: np.random.Generator) -> np.ndarray:
    return random.gamma(2.0, 1.0, ROWS)


def test_the_bias_of_a_mean_is_prediction_minus_target(study_from, y, random):
    p = y + 0.2 + random.normal(size=ROWS)
    (found,) = biases(study_from(y, {"a": p}, Want("mean")), "a")
    theirs = stats.ttest_1samp(p - y, 0.0)
    assert (found.what, found.bias, found.p) == ("mean", pytest.approx(np.mean(p - y)), pytest.approx(theirs.pvalue))
    assert found.error == pytest.approx(np.std(p - y, ddof=1) / np.sqrt(ROWS))
    assert found.relative == pytest.approx(np.mean(p - y) / y.mean())
    of_mean_one = study_from(np.repeat([0.5, 1.5], ROWS // 2), {"a": p}, Want("mean"))
    assert biases(of_mean_one, "a")[0].relative == biases(of_mean_one, "a")[0].bias
    (low,) = biases(study_from(-y, {"a": -p}, Want("mean")), "a")
    assert low.relative == pytest.approx(-found.relative)  # to the size of the mean target
    assert np.isnan(biases(study_from(y - y.mean().round(12), {"a": p}, Want("median")), "a")[0].relative)


def test_the_bias_of_a_quantile_is_its_share_off_its_level(study_from, y):
    p = np.full(ROWS, np.quantile(y, 0.6, method="inverted_cdf"))
    p[0] = y[0]  # a target that is predicted exactly lies at or below
    share = np.mean(y <= p)
    for want, level in ((Want("median"), 0.5), (Want("quantile", 0.9), 0.9)):
        (found,) = biases(study_from(y, {"a": p}, want), "a")
        assert (found.what, found.bias) == (f"quantile {level:g}", pytest.approx(share - level))
        assert np.isnan(found.relative)
    ends = np.stack([p - 1.0, p], axis=1)
    low, high = biases(study_from(y, {"a": ends}, Want("interval", 0.8), constants=ENDS), "a")
    assert (low.what, low.bias) == ("quantile 0.1", pytest.approx(np.mean(y <= p - 1.0) - 0.1))
    assert (high.what, high.bias) == ("quantile 0.9", pytest.approx(share - 0.9))


def test_of_many_classes_each_has_a_bias_and_labels_have_none(study_from, random):
    classes, names = random.integers(0, 3, ROWS), ("a", "b", "c")
    p = random.dirichlet(np.ones(3), ROWS)
    study = study_from(classes, {"m": p}, Want("probability"), classes=names, constants=np.full((5, 3), 1 / 3))
    found = biases(study, "m")
    assert [each.what for each in found] == [f"probability of {name}" for name in names]
    assert [each.bias for each in found] == pytest.approx([np.mean(p[:, k] - (classes == k)) for k in range(3)])
    labels = (classes == 0).astype(float)
    assert biases(study_from(labels, {"m": p[:, 0]}, Want("label")), "m") == ()
    (two,) = biases(study_from(labels, {"m": p[:, 0]}, Want("probability")), "m")
    assert (two.what, two.bias) == ("probability", pytest.approx(np.mean(p[:, 0] - labels)))


def test_weights_count_as_in_a_weighted_mean(study_from, y, random):
    p, weight = y + random.normal(size=ROWS), random.integers(0, 3, ROWS).astype(float)
    (found,) = biases(study_from(y, {"a": p}, Want("mean"), weight=weight), "a")
    centre = np.average(p - y, weights=weight)
    assert found.bias == pytest.approx(centre)
    assert found.relative == pytest.approx(centre / np.average(y, weights=weight))
    counted = weight > 0.0
    part = weight[counted] / weight.sum()
    rows = np.count_nonzero(counted)
    error = np.sqrt(np.sum((part * ((p - y)[counted] - centre)) ** 2) * rows / (rows - 1))
    assert found.error == pytest.approx(error)
    assert found.p == pytest.approx(2.0 * stats.t.sf(abs(centre) / error, rows - 1))


def test_bins_hold_rows_of_like_prediction_and_never_part_equal_ones(study_from, y):
    p = np.repeat(np.arange(20.0), ROWS // 20)
    (found,) = biases(study_from(y, {"a": p}, Want("mean")), "a")
    assert [each.rows for each in found.bins] == [ROWS // 10] * 10
    assert [each.prediction for each in found.bins] == pytest.approx([2.0 * k + 0.5 for k in range(10)])
    assert [each.bias for each in found.bins] == pytest.approx(
        [np.mean((p - y)[np.isin(p, (2 * k, 2 * k + 1))]) for k in range(10)]
    )
    two = np.where(np.arange(ROWS) < 70, 1.0, 2.0)
    (found,) = biases(study_from(y, {"a": two}, Want("mean")), "a")
    assert [(each.prediction, each.rows) for each in found.bins] == [(1.0, 70), (2.0, 130)]
    for rows, bins in ((90, 0), (100, 10)):  # of nine rows, too few for a test, and of ten
        (found,) = biases(study_from(y[:rows], {"a": np.arange(float(rows))}, Want("mean")), "a")
        assert len(found.bins) == bins


def test_a_test_of_few_or_equal_values():
    assert t_test(np.array([3.0]), np.ones(1))[0] == 3.0
    assert np.isnan(t_test(np.array([3.0]), np.ones(1))[1:]).all()
    assert t_test(np.full(4, 2.0), np.ones(4)) == (2.0, 0.0, 0.0)
    assert t_test(np.zeros(4), np.ones(4)) == (0.0, 0.0, 1.0)
    two = stats.ttest_1samp([1.0, 2.0], 0.0)
    assert t_test(np.array([1.0, 2.0]), np.ones(2))[2] == pytest.approx(two.pvalue)


def test_missed_ones_and_false_alarms(study_from, made):
    labels = np.repeat([1.0, 0.0], [40, 160])
    p = np.r_[np.full(30, 0.9), np.full(10, 0.2), np.full(40, 0.7), np.full(120, 0.1)]
    study = study_from(labels, {"a": p}, Want("label"))
    assert decision_errors(study, "a") == {"missed": 0.25, "false alarms": 0.25}
    costly = study_from(labels, {"a": p}, Want("label", cost_under=9.0))
    assert decision_errors(costly, "a") == {"missed": 0.0, "false alarms": 0.25}
    own = study_from(labels, {"a": p}, Want("label"), candidates=[made("a", threshold=0.8)])
    assert decision_errors(own, "a") == {"missed": 0.25, "false alarms": 0.0}
    assert decision_errors(study_from(labels, {"a": p}, Want("probability")), "a") is None
    empty = study_from(np.zeros(200), {"a": p}, Want("label"))
    assert np.isnan(decision_errors(empty, "a")["missed"])
