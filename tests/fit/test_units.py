"""A fit does not depend on the units of the target, and no unit makes a loss that has a minimum lose it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lossary
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.pointwise.tuning import scale_parameter
from lossary.formula import Loss

STRETCHES = (1e-6, 3e-4, 0.1, 7.0, 1e3, 3e6, 1e9)

WALLS = ("huber", "log_cosh", "pseudo_huber", "fair", "smooth_l1", "barron")
"""Losses that rise in straight lines far from the target."""


def dollars(seed: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Prices of some ten thousands."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(rows, 2))
    return X, np.exp(10.5 + 0.5 * X[:, 0] + 0.4 * draw.normal(size=rows))


def stretched(loss: LossFunction, s: float) -> LossFunction | None:
    """The loss in a unit that is s times smaller; None where it has no such form."""
    name = scale_parameter(loss)
    if loss.claims.get("homogeneous", np.inf) < np.inf or loss.link == "log":
        return loss
    return None if name is None else loss.using(**{name: s * loss.given[name]})


def follows_units(loss: LossFunction) -> bool:
    """Whether a mean target of s is to a prediction of s as one is to one, up to a factor and a summand of the cost."""
    y, f = np.array([0.5, 1.0, 3.0]), np.array([0.7, 0.9, 2.0])
    if not all(1e3 * number in loss.target for number in (0.5, 1.0, 3.0)) or stretched(loss, 1e3) is None:
        return False
    at = (lambda s: f + np.log(s)) if loss.link == "log" else (lambda s: s * f)
    here, there = loss.gradient(y, f), stretched(loss, 1e3).gradient(1e3 * y, at(1e3))
    return bool(np.allclose(there / there[0], here / here[0], rtol=1e-6))


def small_sample() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    X = draw.normal(size=(120, 2))
    return X, np.exp(0.5 + 0.5 * X[:, 0] + 0.4 * draw.normal(size=120))


def test_another_unit_of_the_target_is_the_same_fit(each_loss: Loss) -> None:
    loss = lossary.get(each_loss.name)
    if not follows_units(loss):
        pytest.skip("the loss has no form in other units")
    X, y = small_sample()
    with warnings.catch_warnings():
        # What is not convex may end where no certificate is reached, but it ends at the same place.
        warnings.simplefilter("ignore", lossary.fit.ConvergenceWarning)
        here = lossary.fit.linear(X, y, loss)
        for s in STRETCHES:
            there = lossary.fit.linear(X, s * y, stretched(loss, s))
            assert there.mean(X) / s == pytest.approx(here.mean(X), rel=1e-9)
            assert there.converged == here.converged


@pytest.mark.parametrize("name", ["negative_binomial", "log_cosh", "squared_log_error"])
def test_that_test_passes_over_losses_without_such_a_form(name: str) -> None:
    assert not follows_units(lossary.get(name))
    assert follows_units(lossary.get("huber"))
    assert follows_units(lossary.get("inverse_gaussian"))


@pytest.mark.parametrize("name", [*WALLS, "lp", "expectile:0.9", "squared_error", "squared_epsilon_insensitive"])
@pytest.mark.parametrize("unit", [1e-3, 0.03, 1.0, 1e3])
def test_a_loss_that_rises_on_both_sides_has_a_minimum_in_every_unit(name: str, unit: float) -> None:
    for seed in range(5):
        X, y = dollars(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lossary.fit.ScaleWarning)
            fit = lossary.fit.linear(X, unit * y, name)
        assert fit.converged
        cost = fit.loss.cost(unit * y, fit.predict(X))
        draw = np.random.default_rng(seed)
        for _ in range(20):
            change = draw.normal(size=3) * [1.0, *X.std(axis=0)] * 10.0 ** draw.uniform(-6.0, 0.0) * unit * y.std()
            moved = fit.loss.cost(unit * y, X @ (fit.coef + change[1:]) + fit.intercept + change[0])
            assert moved >= cost * (1.0 - 1e-12)


def test_far_from_the_bend_the_fit_is_that_of_least_absolute_errors() -> None:
    X, y = dollars(0)
    absolute = lossary.fit.linear(X, y, "absolute_error")
    for name in WALLS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lossary.fit.ScaleWarning)
            fit = lossary.fit.linear(X, y, name)
        assert fit.coef == pytest.approx(absolute.coef, rel=1e-2)


def test_walls_of_different_slopes_and_penalties_too() -> None:
    """A smooth pinball loss of one's own: its walls are those of a quantile."""
    X, y = dollars(1)
    smooth = lossary.define(lambda y, f: 0.9 * (y - f) + np.log1p(np.exp(f - y)), name="smooth_pinball")
    for penalty, alpha in (("l2", 0.0), ("l2", 1e-5), ("l1", 1e-2)):
        fit = lossary.fit.linear(X, y, smooth, penalty=penalty, alpha=alpha)
        straight = lossary.fit.linear(X, y, "quantile:0.9", penalty=penalty, alpha=alpha)
        assert fit.converged
        assert fit.coef == pytest.approx(straight.coef, rel=1e-2)
        assert fit.objective == pytest.approx(straight.objective, rel=1e-3)


@pytest.mark.parametrize("name", ["huber", "tukey_biweight", "student_t_nll", "epsilon_insensitive"])
def test_a_parameter_far_from_the_residuals_is_told_once(name: str) -> None:
    X, y = dollars(0)
    parameter = scale_parameter(lossary.get(name))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        lossary.fit.linear(X, y, name)
    assert [each.category for each in told] == [lossary.fit.ScaleWarning]
    message = str(told[0].message)
    assert f"{parameter} is far below the residuals' scale of 1" in message
    assert "scale='mad'" in message
    assert told[0].filename == __file__
    lossary.fit.linear(X, y, lossary.get(name).using(**{parameter: 6e4}))  # warnings are errors here


def test_a_parameter_far_above_the_residuals_is_told_too() -> None:
    with pytest.warns(lossary.fit.ScaleWarning, match="far above"):
        lossary.fit.linear(*dollars(0), "huber", delta=1e8)


@pytest.mark.parametrize("name", ["laplace_nll", "gaussian_nll", "absolute_percentage_error"])
def test_a_parameter_that_moves_no_fit_is_passed_over(name: str) -> None:
    lossary.fit.linear(*dollars(0), name)


def test_labels_that_a_loss_of_ones_own_separates_are_still_refused() -> None:
    X, _ = dollars(0)
    margin = lossary.define(lambda y, f: np.log1p(np.exp(-y * f)), name="own_margin")
    with pytest.raises(lossary.fit.SeparationError):
        lossary.fit.linear(X, np.where(X[:, 0] > 0.1, 1.0, -1.0), margin)
