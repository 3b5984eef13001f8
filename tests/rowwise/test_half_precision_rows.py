"""Probabilities in half precision sum to one as nearly as their own digits let them, not as float32's would."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import lossary

HALVES = [np.float16, ml_dtypes.bfloat16]


def shares(dtype: type, classes: int) -> np.ndarray:
    return np.random.default_rng(classes).dirichlet(np.ones(classes), 5).astype(dtype)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("classes", [7, 100])
def test_rounded_probabilities_are_probabilities(dtype: type, classes: int) -> None:
    p = shares(dtype, classes)
    y, wide = np.arange(5), p.astype(np.float64)
    right = -np.log(wide[y, y]).mean()
    assert lossary.categorical_cross_entropy.cost(y, p) == pytest.approx(right, rel=1e-6)
    even = np.zeros((5, classes), dtype)
    right = wide.sum(axis=1).mean() * np.log(classes)
    assert lossary.softmax_cross_entropy.cost(p, even) == pytest.approx(right, rel=1e-6)
    layer = np.zeros((classes, 2), dtype)
    cost = lossary.linear_cross_entropy(np.ones((5, 2), dtype), layer, p, gradient=False).cost
    assert cost == pytest.approx(right, rel=1e-6)


@pytest.mark.parametrize("dtype", HALVES)
def test_what_is_no_distribution_is_refused_in_half_precision_too(dtype: type) -> None:
    p = shares(dtype, 7)
    with pytest.raises(ValueError, match="probabilities of predictions must sum to one"):
        lossary.categorical_cross_entropy.cost(np.arange(5), p * dtype(0.75))
    with pytest.raises(ValueError, match="probabilities of targets must sum to one"):
        lossary.softmax_cross_entropy.cost(p * dtype(0.75), np.zeros((5, 7), dtype))


def test_sums_of_very_many_numbers_in_half_precision() -> None:
    # A third of a millionth is five and a half of float16's smallest numbers, and all are rounded to six.
    classes = 3_000_000
    p = np.full((1, classes), 1.0 / classes, np.float16)
    exact = -np.log(float(p[0, 0]))
    assert lossary.categorical_cross_entropy.cost(np.zeros(1, int), p) == pytest.approx(exact, rel=1e-6)
    with pytest.raises(ValueError, match="probabilities of predictions must sum to one"):
        lossary.categorical_cross_entropy.cost(np.zeros(1, int), p * np.float16(1.25))


@pytest.mark.parametrize("dtype", HALVES)
def test_half_precision_excuses_no_other_array(dtype: type) -> None:
    # Scores of half precision let targets pass whose sum no float32 has.
    wrong = np.array([[0.52, 0.5], [0.5, 0.5]], np.float32)
    for loss, row in (("softmax_cross_entropy", [0.0, 0.0]), ("kl_target_prediction", [0.5, 0.5])):
        with pytest.raises(ValueError, match=r"targets must sum to one, but y_true\[0\] is a row with sum 1.02"):
            lossary.get(loss).cost(wrong, np.array([row, row], dtype))
    with pytest.raises(ValueError, match=r"predictions must sum to one, but y_pred\[0\] is a row with sum 1.02"):
        lossary.get("kl_target_prediction").cost(np.array([[0.5, 0.5]], dtype), wrong[:1])


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("classes", [7, 100])
def test_rounded_log_probabilities_are_log_probabilities(dtype: type, classes: int) -> None:
    log_p = np.log(shares(np.float64, classes)).astype(dtype)
    y = np.arange(5)
    right = -log_p.astype(np.float64)[y, y].mean()
    cost = lossary.get("kl_target_prediction_log_probabilities").cost(y, log_p)
    assert cost == pytest.approx(right, rel=1e-6)
