"""Penalties: the optimality conditions by hand, and scikit-learn's fits at the same objective."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.fits import features, targets

import lossary


def conditions(name: str, X: np.ndarray, y: np.ndarray, fit: lossary.fit.LinearFit) -> np.ndarray:
    """By how much each coefficient misses its optimality condition."""
    share = {"l1": 1.0, "elastic_net": fit.l1_ratio, "l2": 0.0}[fit.penalty]
    pull = X.T @ lossary.get(name).gradient(y, fit.predict(X)) / len(y) + fit.alpha * (1.0 - share) * fit.coef
    lasso = fit.alpha * share
    return np.where(fit.coef == 0.0, np.maximum(np.abs(pull) - lasso, 0.0), np.abs(pull + lasso * np.sign(fit.coef)))


@pytest.mark.parametrize("solver", ["proximal_newton", "lbfgs"])
@pytest.mark.parametrize(("penalty", "ratio"), [("l1", 1.0), ("elastic_net", 0.3)])
@pytest.mark.parametrize(
    ("name", "kind", "alpha"),
    [("squared_error", "numbers", 0.3), ("logistic", "labels", 0.05), ("poisson", "counts", 0.3)],
)
def test_zeros_are_exact_and_optimal(
    name: str, kind: str, alpha: float, penalty: str, ratio: float, solver: str
) -> None:
    X = features(count=6)
    X = X / X.std(axis=0)
    y = targets(X, kind)
    fit = lossary.fit.linear(X, y, name, penalty=penalty, alpha=alpha, l1_ratio=ratio, solver=solver)
    assert conditions(name, X, y, fit).max() < 1e-6
    assert fit.converged
    if penalty == "l1":
        assert 0 < np.count_nonzero(fit.coef) < 6


def test_conditions_can_tell() -> None:
    X = features(count=6)
    X = X / X.std(axis=0)
    y = targets(X, "numbers")
    fit = lossary.fit.linear(X, y, "squared_error", penalty="l1", alpha=0.1)
    assert conditions("huber", X, y, fit).max() > 1e-3


def test_ridge_by_normal_equations() -> None:
    X = features(count=3)
    y = targets(X, "numbers")
    centred = X - X.mean(axis=0)
    alpha = 7.0
    exact = np.linalg.solve(2.0 * centred.T @ centred / len(y) + alpha * np.eye(3), 2.0 * centred.T @ y / len(y))
    assert lossary.fit.linear(X, y, "squared_error", alpha=alpha).coef == pytest.approx(exact, rel=1e-9)


def test_everything_shrinks_to_nothing_at_the_known_alpha() -> None:
    """From the largest pull on, all coefficients are zero; just below it one is not."""
    X = features(count=4)
    X = X / X.std(axis=0)
    y = targets(X, "numbers")
    largest = np.abs(X.T @ (y - y.mean())).max() * 2.0 / len(y)
    above = lossary.fit.linear(X, y, "squared_error", penalty="l1", alpha=1.0001 * largest)
    below = lossary.fit.linear(X, y, "squared_error", penalty="l1", alpha=0.999 * largest)
    assert np.array_equal(above.coef, np.zeros(4))
    assert np.count_nonzero(below.coef) == 1


def test_scikit_learn_at_the_same_objective() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    X = features(count=5)
    X = X / X.std(axis=0)
    y = targets(X, "labels")
    peer = linear_model.LogisticRegression(C=1.0 / (0.01 * len(y)), tol=1e-12, solver="newton-cholesky").fit(X, y)
    fit = lossary.fit.linear(X, y, "logistic", alpha=0.01)
    assert fit.coef == pytest.approx(peer.coef_[0], rel=1e-6)
    assert fit.intercept == pytest.approx(peer.intercept_[0], rel=1e-6)
    net = linear_model.ElasticNet(alpha=0.1, l1_ratio=0.5, tol=1e-14, max_iter=100000).fit(X, y)
    ours = lossary.fit.linear(X, y, "half_squared_error", penalty="elastic_net", alpha=0.1, l1_ratio=0.5)
    assert ours.coef == pytest.approx(net.coef_, rel=1e-6, abs=1e-9)
