"""What a certificate says of a fit, against the objective's own values: derivatives to every side, lower bounds."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.support.fits import features, targets

import lossary
from lossary.fit import Certificate

X = features(count=2) / [1.0, 10.0]
STEP = 1e-6
HERE = 0.999
"""A tolerance that is reached wherever a fit starts: it ends there."""
Objective = Callable[[np.ndarray], float]


def stopped(*arguments: Any, **options: Any) -> lossary.fit.LinearFit:
    """A fit, which may have been stopped early."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.ConvergenceWarning)
        return lossary.fit.linear(*arguments, **options)


def objective(
    loss: Any, y: np.ndarray, fit: lossary.fit.LinearFit, l1: float = 0.0, l2: float = 0.0, intercept: bool = True
) -> tuple[Objective, np.ndarray]:
    """What was minimised, as a function of all coefficients (the intercept first if there is one), and the fit's."""

    def value(coefficients: np.ndarray) -> float:
        start, slopes = (coefficients[:1], coefficients[1:]) if intercept else (np.zeros(1), coefficients)
        penalty = l1 * np.abs(slopes).sum() + 0.5 * l2 * np.sum(slopes**2)
        return float(loss.cost(y, X @ slopes + start[0]) + penalty)

    first = [np.atleast_1d(fit.intercept)] if intercept else []
    return value, np.concatenate([*first, fit.coef]) if fit.coef.ndim == 1 else np.vstack([*first, fit.coef.T])


def steepest_fall(value: Objective, at: np.ndarray) -> float:
    """How fast the objective falls along the best single coefficient, to whichever side, by its values alone."""
    fastest = 0.0
    for index in np.ndindex(at.shape):
        for side in (-STEP, STEP):
            moved = at.copy()
            moved[index] += side
            fastest = max(fastest, (value(at) - value(moved)) / STEP)
    return fastest


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("solver", ["newton", "lbfgs", "gradient_descent"])
@pytest.mark.parametrize(("name", "kind"), [("logistic", "labels"), ("squared_error", "numbers")])
def test_the_steepest_derivative_is_that_of_the_objective(name: str, kind: str, solver: str, intercept: bool) -> None:
    loss, y = lossary.get(name), targets(X, kind)
    fit = stopped(X, y, loss, solver=solver, max_iter=1, fit_intercept=intercept, alpha=0.3, start=(0.2, [0.1, -0.02]))
    value, at = objective(loss, y, fit, l2=0.3, intercept=intercept)
    assert fit.certificate.steepest == pytest.approx(steepest_fall(value, at), rel=1e-3, abs=1e-7)
    assert fit.objective == pytest.approx(value(at), rel=1e-12)


# Where a coefficient is zero and an intercept is not yet right, the certificate takes the penalty's part first.
@pytest.mark.parametrize(
    ("start", "intercept"),
    [
        ((0.0, [0.0, 0.0]), False),
        ((0.0, [0.5, 0.0]), False),
        ((0.0, [-0.5, 0.3]), False),
        ((0.2, [-0.5, 0.3]), True),
    ],
)
def test_with_a_lasso_the_steepest_derivative_is_to_whichever_side_falls(start: Any, intercept: bool) -> None:
    loss, y = lossary.get("logistic"), targets(X, "labels")
    options: dict[str, Any] = {"penalty": "elastic_net", "alpha": 0.1, "l1_ratio": 0.5, "fit_intercept": intercept}
    fit = stopped(X, y, loss, solver="proximal_newton", tol=HERE, start=start, **options)
    value, at = objective(loss, y, fit, l1=0.05, l2=0.05, intercept=intercept)
    assert at[-2:] == pytest.approx(start[1])
    assert fit.certificate.steepest == pytest.approx(steepest_fall(value, at), rel=1e-3, abs=1e-7)


def test_of_class_scores_the_steepest_derivative_is_over_all_classes() -> None:
    loss, y = lossary.softmax_cross_entropy, targets(X, "classes")
    fit = stopped(X, y, loss, max_iter=1, alpha=0.2)
    value, at = objective(loss, y, fit, l2=0.2)
    assert at.shape == (3, 3)
    assert fit.certificate.steepest == pytest.approx(steepest_fall(value, at), rel=1e-3, abs=1e-7)
    assert fit.objective == pytest.approx(value(at), rel=1e-12)


def test_the_gradient_norm_is_the_largest_correlation_of_a_feature_with_the_gradient() -> None:
    loss, y = lossary.get("logistic"), targets(X, "labels")
    fit = lossary.fit.linear(X, y, loss, tol=HERE, start=(0.3, [0.1, 0.05]))
    assert fit.iterations == 0
    pull = loss.gradient(y, X @ fit.coef + fit.intercept)
    centred = (X - X.mean(axis=0)) / X.std(axis=0)
    by_hand = np.abs(np.column_stack([np.ones(len(y)), centred]).T @ pull) / np.linalg.norm(pull) / np.sqrt(len(y))
    assert fit.certificate.kind == "gradient norm"
    assert fit.certificate.value == pytest.approx(by_hand.max(), rel=1e-9)
    same_in_other_units = lossary.fit.linear(X * [1e3, 1e-6], y, loss, tol=HERE, start=(0.3, [0.1e-3, 0.05e6]))
    assert same_in_other_units.certificate.value == pytest.approx(fit.certificate.value, rel=1e-9)


def test_a_gradient_that_is_rounding_beside_the_one_at_zero_is_an_optimum() -> None:
    # The residuals of a perfect fit are rounding, and correlate with features as they please.
    y = 3.0 + X @ [2.0, -0.5]
    fit = lossary.fit.linear(X, y, "squared_error", solver="newton")
    assert fit.converged
    assert fit.certificate.value <= 1e-8
    nothing = lossary.fit.linear(X, np.zeros(len(X)), "squared_error")
    assert (nothing.certificate.value, nothing.certificate.steepest, nothing.converged) == (0.0, 0.0, True)


@pytest.mark.parametrize("name", ["quantile:0.9", "hinge", "epsilon_insensitive:0.3", "absolute_error"])
@pytest.mark.parametrize("alpha", [0.0, 0.05])
def test_the_gap_is_no_less_than_what_is_missing_and_closes(name: str, alpha: float) -> None:
    loss, y = lossary.get(name), targets(X, "signs" if name == "hinge" else "numbers")
    best = lossary.fit.linear(X, y, loss, alpha=alpha).objective
    gaps = []
    for steps in range(1, 8):
        fit = stopped(X, y, loss, alpha=alpha, max_iter=steps, tol=1e-14)
        gaps.append(fit.certificate.value)
        assert fit.certificate.kind == "duality gap"
        assert fit.certificate.steepest is None
        assert fit.objective * (1.0 - gaps[-1]) <= best * (1.0 + 1e-11)
        assert gaps[-1] <= 1.0  # losses are not negative, and so is the bound
    assert lossary.fit.linear(X, y, loss, alpha=alpha).certificate.value <= 1e-9
    assert min(gaps) < 0.1


def test_the_gap_of_class_scores_is_no_less_than_what_is_missing() -> None:
    y = targets(X, "classes")
    best = lossary.fit.linear(X, y, "multiclass_hinge", alpha=0.01)
    assert best.certificate.kind == "duality gap"
    assert best.converged
    assert best.certificate.value <= 1e-8
    gaps = []
    for steps in range(1, 9):
        fit = stopped(X, y, "multiclass_hinge", alpha=0.01, max_iter=steps, tol=1e-14)
        gaps.append(fit.certificate.value)
        assert fit.iterations <= steps
        assert 0.0 <= gaps[-1] <= 1.0
        assert fit.objective * (1.0 - gaps[-1]) <= best.objective * (1.0 + 1e-7)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.3


def test_the_bound_of_an_interior_point_is_the_dual_objective() -> None:
    # Of one coefficient without an intercept and one target: |y - b x| is bounded by y u for every |u| <= 1, x u = 0.
    x = np.array([[1.0], [1.0], [1.0], [1.0]])
    y = np.array([0.0, 1.0, 5.0, 9.0])
    fit = lossary.fit.linear(x, y, "absolute_error", fit_intercept=False)
    assert fit.objective == pytest.approx(13.0 / 4.0, rel=1e-12)
    assert 1.0 <= fit.coef[0] <= 5.0


@pytest.mark.parametrize("name", ["absolute_error", "quantile:0.3"])
def test_a_perfect_fit_has_no_gap(name: str) -> None:
    fit = lossary.fit.linear(X, 1.0 + X @ [1.0, -2.0], name)
    assert fit.converged
    assert fit.certificate.value <= 1e-9
    nothing = lossary.fit.linear(X, np.zeros(len(X)), name)
    assert (nothing.certificate.value, nothing.converged) == (0.0, True)


def test_a_certificate_is_reached_at_its_tolerance_and_says_so() -> None:
    assert Certificate("gradient norm", 1e-8, 1e-8).reached
    assert not Certificate("gradient norm", 1.1e-8, 1e-8).reached
    assert not Certificate("gradient norm", np.nan, 1e-8).reached
    assert str(Certificate("duality gap", 1e-8, 1e-8)) == "duality gap 1e-08 <= 1e-08"
    assert str(Certificate("duality gap", 2e-8, 1e-8)) == "duality gap 2e-08 > 1e-08"


def test_class_scores_take_the_steps_that_are_counted_and_no_more_than_they_need() -> None:
    y = targets(X, "classes")
    for steps in (1, 4):
        fit = stopped(X, y, "multiclass_hinge", alpha=0.01, max_iter=steps, tol=1e-14, trace=True)
        assert fit.iterations == steps
        assert len(fit.path) == steps + 1  # the start, too
    loose = lossary.fit.linear(X, y, "multiclass_hinge", alpha=0.01, tol=1e-2)
    strict = lossary.fit.linear(X, y, "multiclass_hinge", alpha=0.01, tol=1e-8)
    assert 1 < loose.iterations < strict.iterations < 40
    assert loose.certificate.value <= 1e-2


def test_what_costs_nothing_is_never_missed_by_more_than_its_cost() -> None:
    # Classes that scores tell apart: the proven bound is below zero at first, and no loss is.
    y = np.argsort(np.argsort(X[:, 0])) * 3 // len(X)
    for steps in range(1, 6):
        fit = stopped(X, y, "multiclass_hinge", alpha=1e-6, max_iter=steps, tol=1e-14)
        assert 0.0 <= fit.certificate.value <= 1.0
