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
