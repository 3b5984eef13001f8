"""Which losses take part: those that a target and a question call for, and none that make no sense of it."""

from __future__ import annotations

import numpy as np
import pytest

from lossary.choosing.candidates import candidates
from lossary.choosing.comparison.study import Want
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.table.task import task_of
from lossary.choosing.training.predictions import scale_of

N = np.arange(60.0)
OF_COUNTS = {"poisson", "tweedie", "negative_binomial", "gamma", "inverse_gaussian"}


def taking_part(name, values, functional, model="linear", as_classes=None):
    task = task_of(name, values, as_classes)
    return [r.candidate for r in candidates(Want(functional), task, Diagnosis((), Settings()), [model])]


def losses(*arguments, **options) -> set[str]:
    return {candidate.loss for candidate in taking_part(*arguments, **options)}


@pytest.mark.parametrize("values", [N % 2, N % 2 + 1.0, 5.0 - 8.0 * (N % 2)])
@pytest.mark.parametrize("model", ["linear", "boosting", "mlp"])
def test_the_mean_of_two_values_is_a_probability_and_no_count(values, model):
    found = taking_part("y", values, "mean", model, as_classes=False)
    assert not {c.loss for c in found} & OF_COUNTS
    assert ("binary_cross_entropy", "logit") in [(c.loss, c.link) for c in found]
    for candidate in found:
        if candidate.link == "logit":
            np.testing.assert_allclose(np.unique(scale_of(candidate, values).scaled(values)), [0.0, 1.0])


def test_percentages_are_shares_of_a_hundred():
    found = taking_part("percent_left", N + 0.5, "mean")
    assert not {c.loss for c in found} & OF_COUNTS
    of_share = [c for c in found if c.link == "logit"]
    assert [c.label for c in of_share] == [
        "binary_cross_entropy of y/100, linear",
        "squared_error of y/100, logit link, linear",
    ]
    np.testing.assert_allclose(scale_of(of_share[0], N).scaled(N + 0.5), (N + 0.5) / 100.0)


@pytest.mark.parametrize(
    ("values", "label"),
    [
        (np.round(N * 100.0 / 59.0), "binary_cross_entropy of y/100, linear"),
        (N * 100.0 / 59.0, "binary_cross_entropy of y/100, linear"),
        (N % 11, "binary_cross_entropy of y/10, linear"),
        (N % 5 + 1.0, "binary_cross_entropy of (y-1)/4, linear"),
    ],
)
def test_numbers_that_may_have_two_ends_take_both_kinds(values, label):
    found = taking_part("marks", values, "mean")
    assert [c.label for c in found if c.link == "logit"] == [label]
    assert {c.loss for c in found} & OF_COUNTS


@pytest.mark.parametrize("values", [N, N + 0.5, N * 3.0, N - 5.0])
def test_numbers_without_two_ends_take_no_logit(values):
    assert all(c.link != "logit" for c in taking_part("y", values, "mean"))


@pytest.mark.parametrize("functional", ["probability", "label"])
def test_ratings_take_proportional_odds_under_lines_and_trees(functional):
    ratings = np.array(["low", "medium", "high"], dtype=object)[np.arange(60) % 3]
    for model in ("linear", "boosting"):
        assert "cumulative_logit" in losses("y", ratings, functional, model)
        assert "cumulative_logit" in losses("y", N % 5 + 1.0, functional, model, as_classes=True)
    colours = np.array(["red", "green", "blue"], dtype=object)[np.arange(60) % 3]
    assert "cumulative_logit" not in losses("y", colours, functional)
    assert "cumulative_logit" not in losses("y", N % 2, functional, as_classes=True)


def test_medians_of_percentages_keep_their_logarithms():
    assert any(c.target for c in taking_part("percent_left", N + 0.5, "median"))
