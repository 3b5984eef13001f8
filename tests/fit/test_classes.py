"""Losses of class scores: a row of coefficients for each class."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize
from tests.support.fits import features, targets

import lossary


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray]:
    X = features(120, 3)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X, targets(X, "classes")


def test_softmax_meets_the_optimality_conditions(sample: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = sample
    fit = lossary.fit.linear(X, y, "softmax_cross_entropy", alpha=0.01)
    f = fit.predict(X)
    p = np.exp(f) / np.exp(f).sum(axis=1, keepdims=True)
    left = (p - np.eye(3)[y]).T @ X / len(y) + 0.01 * fit.coef
    assert fit.coef.shape == (3, 3)
    assert fit.intercept.shape == (3,)
    assert np.abs(left).max() < 1e-7
    assert np.abs((p - np.eye(3)[y]).mean(axis=0)).max() < 1e-7
    assert fit.converged
    assert fit.is_global
    assert fit.mean(X) == pytest.approx(p, rel=1e-12)


def test_two_classes_are_logistic(sample: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = sample
    label = (y == 1).astype(int)
    two = lossary.fit.linear(X, label, "softmax_cross_entropy")
    one = lossary.fit.linear(X, label.astype(float), "logistic")
    assert two.coef[1] - two.coef[0] == pytest.approx(one.coef, rel=1e-5)
    assert two.objective == pytest.approx(one.objective, rel=1e-10)


def test_distributions_and_weights(sample: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = sample
    weight = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    indexed = lossary.fit.linear(X, y, "softmax_cross_entropy", sample_weight=weight, alpha=0.1)
    times = weight.astype(int)
    repeated = lossary.fit.linear(np.repeat(X, times, axis=0), np.repeat(y, times), "softmax_cross_entropy", alpha=0.1)
    assert indexed.coef == pytest.approx(repeated.coef, abs=1e-6)


def test_crammer_singer_is_the_linear_programme(sample: tuple[np.ndarray, np.ndarray]) -> None:
    """Without a penalty HiGHS is the referee: a bound for every rival of every row."""
    X, y = sample
    fit = lossary.fit.linear(X, y, "multiclass_hinge")
    design = np.column_stack([np.ones(len(y)), X])
    rows, width = design.shape
    above, right = [], []
    for i in range(rows):
        for c in range(3):
            line = np.zeros(3 * width + rows)
            line[c * width : (c + 1) * width] += design[i]
            line[y[i] * width : (y[i] + 1) * width] -= design[i]
            line[3 * width + i] = -1.0
            above.append(line)
            right.append(-float(c != y[i]))
    price = np.concatenate([np.zeros(3 * width), np.ones(rows)])
    best = optimize.linprog(price, A_ub=np.array(above), b_ub=right, bounds=(None, None), method="highs").fun / rows
    assert fit.objective == pytest.approx(best, rel=1e-8)
    assert fit.certificate.kind == "duality gap"
    assert fit.converged


def test_crammer_singer_with_a_penalty_against_liblinear(sample: tuple[np.ndarray, np.ndarray]) -> None:
    svm = pytest.importorskip("sklearn.svm")
    X, y = sample
    fit = lossary.fit.linear(X, y, "multiclass_hinge", alpha=0.01, fit_intercept=False)
    peer = svm.LinearSVC(
        multi_class="crammer_singer", C=1.0 / (0.01 * len(y)), fit_intercept=False, tol=1e-8, max_iter=10**6
    ).fit(X, y)
    theirs = lossary.multiclass_hinge.cost(y, X @ peer.coef_.T) + 0.005 * np.sum(peer.coef_**2)
    assert fit.objective == pytest.approx(theirs, rel=1e-6)
    assert fit.objective <= theirs * (1.0 + 1e-8)


def test_separable_classes_have_no_fit() -> None:
    X = np.arange(9.0)[:, None]
    with pytest.raises(lossary.fit.SeparationError, match="falls for ever"):
        lossary.fit.linear(X, np.repeat([0, 1, 2], 3), "softmax_cross_entropy")


def test_what_is_refused(sample: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = sample
    with pytest.raises(ValueError, match="take a loss of class scores"):
        lossary.fit.linear(X, y, "categorical_cross_entropy")
    with pytest.raises(TypeError, match="class indices of an integer dtype"):
        lossary.fit.linear(X, y.astype(float), "softmax_cross_entropy")
    with pytest.raises(ValueError, match="classes=2"):
        lossary.fit.linear(X, y, "softmax_cross_entropy", classes=2)
    wrong = y.copy()
    wrong[5] = -1
    with pytest.raises(ValueError, match=r"y_true\[5\]"):
        lossary.fit.linear(X, wrong, "softmax_cross_entropy")
