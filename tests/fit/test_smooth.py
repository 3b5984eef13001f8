"""Smooth losses: the gradient vanishes, by arithmetic that no solver here does; known fits come out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from tests.support.fits import features, targets

import lossary

CASES = {
    "squared_error": "numbers",
    "root_mean_squared_error": "numbers",
    "huber:0.5": "numbers",
    "logistic": "labels",
    "poisson": "counts",
    "squared_hinge": "signs",
}


def slopes(loss: object, X: np.ndarray, y: np.ndarray, fit: lossary.fit.LinearFit, alpha: float = 0.0) -> np.ndarray:
    """The objective's change by each coefficient, from its values alone, by central differences in wide steps."""

    def value(change: np.ndarray) -> float:
        coef = fit.coef + change[1:]
        return loss.cost(y, X @ coef + fit.intercept + change[0]) + 0.5 * alpha * coef @ coef

    found = []
    for j in range(X.shape[1] + 1):
        step = np.zeros(X.shape[1] + 1)
        step[j] = 1e-4
        found.append((value(step) - value(-step)) / 2e-4)
    return np.array(found)


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("name", CASES)
def test_no_coefficient_can_lower_the_objective(name: str, alpha: float) -> None:
    loss = lossary.get(name)
    X = features(count=2) / [1.0, 10.0]
    y = targets(X, CASES[name])
    fit = lossary.fit.linear(X, y, loss, alpha=alpha)
    assert np.abs(slopes(loss, X, y, fit, alpha)).max() < 2e-6
    assert fit.converged
    assert fit.is_global
    assert fit.certificate.kind == "gradient norm"
    assert fit.certificate.steepest < 1e-5
    best = loss.cost(y, fit.predict(X)) + 0.5 * alpha * fit.coef @ fit.coef
    assert fit.objective == pytest.approx(best, rel=1e-12)
    assert fit.cost == pytest.approx(loss.cost(y, fit.predict(X)), rel=1e-12)


def test_slopes_can_tell() -> None:
    X = features(count=2) / [1.0, 10.0]
    y = targets(X, "numbers")
    wrong = lossary.fit.linear(X, y, "huber:0.6")
    assert np.abs(slopes(lossary.get("huber:0.5"), X, y, wrong)).max() > 1e-4


@pytest.mark.parametrize("name", ["squared_error", "logistic", "poisson"])
def test_lbfgs_agrees_with_newton(name: str) -> None:
    X = features()
    y = targets(X, CASES[name])
    newton = lossary.fit.linear(X, y, name, alpha=1e-3)
    other = lossary.fit.linear(X, y, name, alpha=1e-3, solver="lbfgs")
    assert other.solver == "lbfgs"
    assert other.converged
    assert other.coef == pytest.approx(newton.coef, rel=1e-5, abs=1e-9)


def test_weights_are_repeated_rows_and_zero_does_not_count() -> None:
    X = features()
    y = targets(X, "counts")
    weight = np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    y[weight == 0.0] = np.nan
    X[weight == 0.0, 0] = np.nan
    times = weight.astype(int)
    fit = lossary.fit.linear(X, y, "poisson", sample_weight=weight)
    repeated = lossary.fit.linear(np.repeat(X, times, axis=0), np.repeat(y, times), "poisson")
    assert fit.coef == pytest.approx(repeated.coef, rel=1e-9)
    assert fit.objective == pytest.approx(repeated.objective, rel=1e-13)


def test_offset_is_added_to_the_score() -> None:
    """A Poisson model of counts with exposure: an offset of log(exposure) equals a rate weighted by exposure."""
    X = features(count=2)
    y = targets(X, "counts")
    exposure = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    counts = lossary.fit.linear(X, y, "poisson", offset=np.log(exposure))
    rates = lossary.fit.linear(X, y / exposure, "poisson", sample_weight=exposure)
    assert counts.coef == pytest.approx(rates.coef, rel=1e-6)
    assert counts.intercept == pytest.approx(rates.intercept, rel=1e-6)
    assert counts.predict(X, np.log(exposure)) == pytest.approx(rates.predict(X) + np.log(exposure), rel=1e-6)


def test_without_intercept() -> None:
    X = features(count=2)
    y = targets(X, "numbers")
    fit = lossary.fit.linear(X, y, "squared_error", fit_intercept=False)
    assert fit.coef == pytest.approx(np.linalg.lstsq(X, y, rcond=None)[0], rel=1e-9)
    assert fit.intercept == 0.0


@pytest.mark.parametrize("name", ["squared_error", "logistic", "absolute_error"])
def test_sparse_float32_and_fortran_are_the_same_data(name: str) -> None:
    draw = np.random.default_rng(0)
    X = np.where(draw.random((90, 4)) < 0.4, 0.0, draw.integers(1, 999, (90, 4)) / 64.0)
    y = targets(X, CASES.get(name, "numbers"))
    dense = lossary.fit.linear(X, y, name)
    for other in (sparse.csr_array(X), sparse.csc_matrix(X), np.asfortranarray(X), X.astype(np.float32)):
        fit = lossary.fit.linear(other, y, name)
        assert fit.coef == pytest.approx(dense.coef, rel=1e-7, abs=1e-9)
        assert fit.predict(other) == pytest.approx(dense.predict(X), rel=1e-7, abs=1e-9)


def test_units_do_not_matter() -> None:
    """Years and metres: the same model, whatever the features' size and place."""
    X = features()
    y = targets(X, "labels")
    plain = lossary.fit.linear(X, y, "logistic")
    moved = lossary.fit.linear(X * [1e-12, 1.0, 1e9] + [0.0, 1e5, 0.0], y, "logistic")
    assert moved.coef * [1e-12, 1.0, 1e9] == pytest.approx(plain.coef, rel=1e-5)
    assert moved.objective == pytest.approx(plain.objective, rel=1e-11)


@pytest.mark.parametrize("name", ["huber", "absolute_error"])
def test_the_number_of_threads_does_not_matter(name: str) -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(150_001, 3))
    y = X @ [1.0, -2.0, 0.5] + rng.standard_t(3.0, size=150_001)
    found = []
    for number in (1, 2, 3):
        with lossary.threads(number):
            found.append(lossary.fit.linear(X, y, loss=name).coef)
    np.testing.assert_array_equal(found[1:], [found[0]] * 2)


def test_own_loss() -> None:
    """A loss that lossary.define derives goes through the same solvers as the catalogue's."""
    own = lossary.define(lambda y, f: (f - y) * (f - y) * 0.5, name="own")
    X = features(count=2)
    y = targets(X, "numbers")
    fit = lossary.fit.linear(X, y, own)
    assert fit.coef == pytest.approx(lossary.fit.linear(X, y, "squared_error").coef, rel=1e-9)
    assert not fit.is_global


def test_prediction_keeps_to_its_domain() -> None:
    """Binary cross-entropy of a sigmoid is the logistic loss; what the loss takes is what predict gives."""
    X = features(count=2)
    y = targets(X, "labels")
    fit = lossary.fit.linear(X, y, "binary_cross_entropy")
    logistic = lossary.fit.linear(X, y, "logistic")
    assert fit.coef == pytest.approx(logistic.coef, rel=1e-7)
    assert fit.predict(X) == pytest.approx(logistic.mean(X), rel=1e-7)


def test_perfect_fit() -> None:
    X = features(count=2)
    y = X @ [2.0, 3.0] + 1.0
    for name in ("squared_error", "huber", "absolute_error"):
        fit = lossary.fit.linear(X, y, name)
        assert fit.coef == pytest.approx([2.0, 3.0], rel=1e-9)
        assert fit.converged


@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_focal_loss_takes_few_steps_on_labels_that_a_line_nearly_tells_apart(gamma):
    # Parabolas above it would take thousands.
    random = np.random.default_rng(0)
    X = random.normal(size=(400, 5))
    y = (X @ [3.0, -2.0, 1.0, 0.0, 0.0] + 0.2 * random.normal(size=400) > 0.0).astype(float)
    fit = lossary.fit.linear(X, y, lossary.get("focal").using(gamma=gamma, alpha=0.5), penalty="l2", alpha=1e-4)
    assert fit.certificate.reached
    assert fit.iterations < 50
