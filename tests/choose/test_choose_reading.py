"""Probabilities read off a loss's scores are those that the scores are best for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from lossary.choosing.training.predictions import Residuals, class_targets, probabilities, scale_of, smear_of
from lossary.choosing.training.predictors import adjusted
from lossary.choosing.training.recipes import loss_of, recipe
from lossary.evaluate.registry import get


@pytest.mark.parametrize("name", ["focal:gamma=2,alpha=0.25", "exponential", "squared_hinge"])
@pytest.mark.parametrize("p", [0.05, 0.4, 0.9])
def test_the_score_of_least_expected_loss_is_read_as_its_probability(name, p):
    loss = get(name)
    one, none = class_targets(loss, np.ones(1)), class_targets(loss, np.zeros(1))

    def expected(f):
        at = np.array([f])
        return float(p * loss(one, at)[0] + (1.0 - p) * loss(none, at)[0])

    best = optimize.minimize_scalar(expected, bounds=(-8.0, 8.0), method="bounded", options={"xatol": 1e-10}).x
    assert probabilities(loss, np.array([best]))[0] == pytest.approx(p, abs=1e-5)


@pytest.mark.parametrize("name", ["focal_softmax:gamma=2", "generalized_cross_entropy:q=0.7"])
def test_rows_of_scores_too(name):
    loss, p = get(name), np.array([0.55, 0.3, 0.15])

    def expected(f):
        return float(p @ loss(np.arange(3), np.tile(np.append(f, 0.0), (3, 1))))

    found = optimize.minimize(expected, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
    read = probabilities(loss, np.append(found.x, 0.0)[None, :])[0]
    np.testing.assert_allclose(read, p, atol=1e-4)


def test_a_loss_that_settles_the_label_alone_gives_no_more():
    np.testing.assert_array_equal(probabilities(get("hinge"), np.array([-2.0, 0.1])), [0.0, 1.0])
    np.testing.assert_array_equal(
        probabilities(get("multiclass_hinge"), np.array([[0.0, 3.0, 1.0]])), [[0.0, 1.0, 0.0]]
    )


def test_numbers_are_read_in_the_targets_units():
    y = np.array([3.0, 5.0, 10.0, 20.0, 200.0])
    for made in (recipe("huber", "linear", {"delta": 2.0}), recipe("squared_error", "linear", link="log")):
        scale = scale_of(made.candidate, y)
        loss = loss_of(made.parts[0], made.candidate.link, scale.unit)
        np.testing.assert_allclose(scale.unscaled(loss.link, scale.scaled(y)), y)
    assert loss_of(recipe("huber", "linear", {"delta": 2.0}).parts[0], "identity", 4.0).given == {"delta": 0.5}


def test_smearing_and_residual_quantiles():
    made = recipe("squared_error", "linear", target="log1p", smeared=True)
    scale = scale_of(made.candidate, np.array([1.0, 2.0, 3.0]))
    residuals = np.array([-0.5, 0.0, 0.5])
    expected = np.exp(1.2) * np.exp(residuals).mean() - 1.0
    smear = smear_of(Residuals(residuals))
    np.testing.assert_allclose(adjusted([np.array([1.2])], scale, (), smear), [[expected]])
    plain = scale_of(recipe("absolute_error", "linear", shifted=True).candidate, residuals)
    shift = Residuals(np.arange(11.0)).quantile(0.9)
    (moved,) = adjusted([np.zeros(1)], plain, (shift,), None)
    np.testing.assert_allclose(moved, [np.quantile(np.arange(11.0), 0.9)], atol=1.0)


def test_labels_say_what_is_trained():
    assert recipe("huber", "linear", {"delta": 1.34567}).label == "huber(delta=1.35), linear"
    assert recipe("squared_error", "boosting", link="log").label == "squared_error, log link, boosting"
    assert recipe("squared_error", "linear", target="log1p").label == "squared_error of log1p(y), linear"
    assert recipe("quantile", "linear", levels=(0.1, 0.9)).label == "quantile(tau=0.1 and 0.9), linear"
    assert recipe("poisson", "linear").candidate.link == "log"
