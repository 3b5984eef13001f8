"""What a booster is given: the slope of the loss by the scores, weighted, under a positive curvature."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.boosting.activation import activation_of
from lossary.boosting.curvature import plan
from lossary.boosting.derivatives import Derivatives
from lossary.boosting.leaves import best_steps
from lossary.boosting.start import FARTHEST, starting_score
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.refusals import DomainError

UNTRAINABLE = {"kl_prediction_target_log_probabilities", "kl_target_prediction_log_probabilities"}

RULE = {
    "logistic": "fisher",
    "poisson": "fisher, bounded",
    "gamma": "fisher, bounded",
    "negative_binomial": "fisher, bounded",
    "poisson_deviance": "fisher, bounded",
    "squared_error": "exact, bounded",
    "pseudo_huber": "exact, bounded",
    "expectile": "exact, bounded",
    "quantile": "exact, bounded",
    "hinge": "exact, bounded",
    "cauchy": "majorizer",
    "tukey_biweight": "majorizer",
    "barron:-1": "majorizer",
    "barron:1": "exact, bounded",
    "focal": "majorizer",
    "softmax_cross_entropy": "exact",
    "focal_softmax": "fisher, bounded",
    "ranked_probability_score": "exact, bounded",
    "multiclass_hinge": "exact, bounded",
}

# A loss for each activation and kind of curvature, with a label and a score at which nothing has a kink.
SLOPES = ["cauchy", "quantile:0.8", "poisson", "gamma_deviance", "squared_log_error", "brier"]
ROWS = ["softmax_cross_entropy", "focal_softmax", "ranked_probability_score", "cumulative_logit"]


def test_every_loss_of_the_catalogue_has_a_curvature_or_is_refused_by_name():
    for loss in lossary.catalogue():
        if loss.name in UNTRAINABLE:
            with pytest.raises(TypeError, match="take the loss of logits"):
                Derivatives(loss)
        else:
            Derivatives(loss)


@pytest.mark.parametrize("name", RULE)
def test_the_rule_that_is_documented_is_the_rule(name):
    loss = lossary.get(name)
    assert str(plan(loss, "auto", activation_of(loss))) == RULE[name]


def _slope(name: str, y: np.ndarray, scores: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The loss's own difference quotient along a direction, through the activation, in float64."""
    derivatives, step = Derivatives(name), 1e-4

    def value(f: np.ndarray) -> np.ndarray:
        return np.asarray(derivatives.loss(y, derivatives.activation.forward(f)))

    return (value(scores + step * direction) - value(scores - step * direction)) / (2.0 * step)


@pytest.mark.parametrize("name", [*SLOPES, *ROWS])
def test_gradients_are_slopes_by_the_scores(name):
    rng = np.random.default_rng(1)
    rows = name in ROWS
    y = rng.integers(0, 3, 50) if rows else rng.integers(0, 2, 50).astype(float) + (0.5 if "gamma" in name else 0.0)
    shape = (50, 3 - (name == "cumulative_logit")) if rows else (50,)
    scores, direction = rng.normal(size=shape), rng.normal(size=shape)
    g, h = Derivatives(name)(y, scores)
    along = (g * direction).reshape(50, -1).sum(axis=1)
    slope = _slope(name, y, scores, direction)
    factor = (along @ slope) / (slope @ slope)  # "auto" may scale both derivatives, by one number for all
    np.testing.assert_allclose(along, factor * slope, atol=2e-3 * np.abs(along).max())
    assert factor > 0.0
    assert np.all(h > 0.0)


@pytest.mark.parametrize("name", ["gamma_deviance", "squared_log_error", "brier"])
def test_exact_curvature_bends_with_the_activation(name):
    rng = np.random.default_rng(2)
    y, scores, step = rng.integers(0, 2, 40) + 0.5 * (name == "gamma_deviance"), rng.normal(size=40), 1e-2
    exact = Derivatives(name, "exact")
    up, down = exact(y, scores + step)[0].astype(float), exact(y, scores - step)[0].astype(float)
    np.testing.assert_allclose(exact(y, scores)[1], (up - down) / (2.0 * step), atol=2e-3)


@pytest.mark.parametrize("name", ["pseudo_huber", "poisson", "quantile:0.9", "cauchy"])
def test_a_weight_counts_as_so_many_examples(name):
    rng = np.random.default_rng(3)
    y, scores, weight = rng.poisson(2.0, 60).astype(float), rng.normal(size=60), rng.integers(0, 4, 60).astype(float)
    times, derivatives = weight.astype(int), Derivatives(name)
    begins = np.flatnonzero(times), (np.cumsum(times) - times)[times > 0]
    repeated = derivatives(np.repeat(y, times), np.repeat(scores, times))
    for weighted, each in zip(derivatives(y, scores, weight), repeated, strict=True):
        np.testing.assert_allclose(weighted[begins[0]], weight[begins[0]] * each[begins[1]], rtol=1e-4)
        assert not weighted[times == 0].any()


@pytest.mark.parametrize("name", ["pseudo_huber", "quantile:0.9", "cauchy"])
def test_curvature_means_the_same_in_any_unit(name):
    rng = np.random.default_rng(4)
    y, scores = rng.standard_t(2.0, 300), rng.normal(size=300)
    loss, million = lossary.get(name), 1e6
    far = {"pseudo_huber": {"delta": million}, "cauchy": {"c": million}}.get(name, {})
    near_steps, far_steps = (
        (lambda g, h: -g.sum() / h.sum())(*Derivatives(each)(unit * y, unit * scores))
        for each, unit in ((loss, 1.0), (loss.using(**far), million))
    )
    assert far_steps == pytest.approx(million * near_steps, rel=1e-3)
    assert Derivatives(loss.using(**far))(million * y, million * scores)[1].mean() == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("name", ["logistic", "poisson", "quantile:0.9"])
def test_what_has_no_weight_may_be_anything(name):
    y, scores, weight = np.array([np.nan, 1.0, 0.0]), np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 2.0])
    found, wanted = Derivatives(name)(y, scores, weight), Derivatives(name)(y[1:], scores[1:], weight[1:])
    for some, all_of_them in zip(wanted, found, strict=True):
        np.testing.assert_allclose(all_of_them, [0.0, *some])
    with pytest.raises(DomainError, match="sample_weight"):
        Derivatives(name)(y, scores, np.array([0.0, 1.0, -2.0]))


def test_no_leaf_asks_for_more_than_the_reach():
    y, scores = np.array([1e6, 0.0]), np.array([0.0, 10.0])
    g, h = Derivatives("poisson")(y, scores)
    assert np.all(np.abs(g / h) <= 2.0 + 1e-5)
    g, h = Derivatives("poisson", "exact")(y, scores)
    assert abs(g[0] / h[0]) > 1e5


@pytest.mark.parametrize(
    ("loss", "y", "best"),
    [
        ("poisson", [0.0, 3.0, 3.0], np.log(2.0)),
        ("quantile:0.5", [1.0, 2.0, 7.0], 2.0),
        ("brier", [0.0, 0.0, 0.0, 1.0], -np.log(3.0)),
        ("squared_log_error", [0.0, np.e**2 - 1.0], 1.0),
        ("poisson", [0.0, 0.0], -FARTHEST),
    ],
)
def test_starts_are_the_best_constants(loss, y, best):
    assert float(starting_score(loss, np.array(y))) == pytest.approx(best)


def test_hinge_starts_where_both_classes_pull():
    """At its best constant, -1, the larger class has no slope: every leaf would take the same step."""
    y = np.where(np.arange(300) % 3, -1.0, 1.0)
    assert float(starting_score("hinge", y)) == 0.0
    assert float(starting_score("hinge", y, np.where(y > 0.0, 5.0, 1.0))) == 0.0  # the smaller class may be the heavier
    for loss in ("hinge", "squared_hinge"):
        g, _ = Derivatives(loss)(y, np.full(300, float(starting_score(loss, y))))
        assert (g[y > 0.0] < 0.0).all()
        assert (g[y < 0.0] > 0.0).all()


def test_rows_start_from_the_classes_shares():
    y, weight = np.array([0, 1, 2, 2]), np.array([1.0, 1.0, 1.0, 3.0])
    shares = np.array([1.0, 1.0, 4.0]) / 6.0
    softmax = starting_score("softmax_cross_entropy", y, weight)
    np.testing.assert_allclose(np.exp(softmax) / np.exp(softmax).sum(), shares, atol=1e-4)
    first, step = starting_score("cumulative_logit", y, weight)
    chances = 1.0 / (1.0 + np.exp(-np.array([first, first + np.exp(step)])))
    np.testing.assert_allclose(chances, [1 / 6, 2 / 6], atol=1e-4)


def test_best_steps_are_the_leaves_own_constants():
    y, leaf = np.array([1.0, 2.0, 9.0, 4.0, 4.5]), np.array([0, 0, 0, 3, 3])
    scores = np.array([0.5, 0.5, 0.5, 1.0, 1.0])
    steps = best_steps(Derivatives("half_squared_error"), y, scores, None, leaf)
    assert steps == pytest.approx({0: 3.5, 3: 3.25})
    steps = best_steps(Derivatives("absolute_error"), y, scores, np.array([1.0, 1.0, 0.0, 1.0, 3.0]), leaf)
    assert steps[3] == pytest.approx(3.5)
    assert 0.5 <= steps[0] <= 1.5


@pytest.mark.parametrize(
    ("loss", "y", "scores", "error", "said"),
    [
        ("poisson", [1.0, -2.0], [0.0, 0.0], DomainError, r"y_true\[1\] is -2"),
        ("hinge", [1.0, 0.0], [0.0, 0.0], DomainError, r"y_true\[1\] is 0.*2\*y - 1"),
        ("softmax_cross_entropy", [0.0, 0.5], [[0.0, 0.0]] * 2, DomainError, r"y_true\[1\] is 0.5"),
        ("softmax_cross_entropy", [0.0, 2.0], [[0.0, 0.0]] * 2, DomainError, r"y_true\[1\]"),
        ("softmax_cross_entropy", [0.0, 1.0], [0.0, 0.0], ShapeError, "num_class"),
        ("huber", [0.0, 1.0], [[0.0, 0.0]] * 2, ShapeError, "one score"),
        ("distillation", [0.0, 1.0], [[0.0, 0.0]] * 2, TypeError, "one label"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(loss, y, scores, error, said):
    with pytest.raises(error, match=said):
        Derivatives(loss)(np.array(y), np.array(scores))


def test_a_curvature_that_a_loss_has_not_is_refused():
    with pytest.raises(ValueError, match=r"quantile.* has no majorizer curvature .*; it has auto, exact, unit"):
        Derivatives("quantile", "majorizer")
    with pytest.raises(ValueError, match="curvature must be one of"):
        Derivatives("huber", "hessian")
