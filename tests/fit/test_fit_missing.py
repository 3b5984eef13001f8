"""Rows without a target have no part in a fit, an estimator or a score."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.evaluate.arrays.refusals import DomainError

NAN = float("nan")
RNG = np.random.default_rng(4)
X = RNG.normal(size=(60, 2))
Y = X @ [1.0, -2.0] + RNG.normal(size=60)
THERE = np.arange(60) % 4 != 2
GONE = np.where(THERE, Y, NAN)


@pytest.mark.parametrize("loss", ["squared_error", "pinball:0.7", "cauchy"])
@pytest.mark.parametrize("weight", [None, np.arange(60.0) % 3])
def test_a_fit_is_that_of_the_other_rows(loss: str, weight: np.ndarray | None) -> None:
    got = lossary.fit.linear(X, GONE, loss, sample_weight=weight, missing="nan")
    wanted = lossary.fit.linear(X[THERE], Y[THERE], loss, sample_weight=None if weight is None else weight[THERE])
    np.testing.assert_array_equal(got.coef, wanted.coef)
    assert got.intercept == wanted.intercept
    with pytest.raises(DomainError, match=r'is nan.*pass missing="nan"'):
        lossary.fit.linear(X, GONE, loss)
    with pytest.raises(ValueError, match="missing must be"):
        lossary.fit.linear(X, Y, loss, missing="drop")


def test_labels_are_missing_one_by_one() -> None:
    """Each label's coefficients are those of its own logistic regression on the rows that have it."""
    labels = np.stack([Y > 0.0, X[:, 0] + Y > 0.5], axis=1).astype(float)
    gone = np.where(np.stack([THERE, np.arange(60) % 5 != 0], axis=1), labels, NAN)
    got = lossary.fit.linear(X, gone, "one_vs_rest_logistic", alpha=0.1, missing="nan")
    for j in range(2):
        known = ~np.isnan(gone[:, j])
        # The mean is over the 60 rows that have any label, so the penalty weighs as much as there.
        rows = np.count_nonzero(~np.isnan(gone).all(axis=1))
        alone = lossary.fit.linear(X[known], labels[known, j], "logistic", alpha=0.1 * rows / np.count_nonzero(known))
        np.testing.assert_allclose(got.coef[j], alone.coef, rtol=1e-4)


def test_estimators_and_scorers_leave_rows_out() -> None:
    sklearn = pytest.importorskip("lossary.sklearn")
    got = sklearn.LinearRegressor("huber", missing="nan").fit(X, GONE)
    np.testing.assert_array_equal(got.coef_, sklearn.LinearRegressor("huber").fit(X[THERE], Y[THERE]).coef_)
    labels = np.where(THERE, Y > 0.0, NAN)
    classifier = sklearn.LinearClassifier("logistic", missing="nan").fit(X, labels)
    assert classifier.classes_.tolist() == [0.0, 1.0]
    score = sklearn.scorer("absolute_error", missing="nan")
    assert score(got, X, GONE) == sklearn.scorer("absolute_error")(got, X[THERE], Y[THERE])
    assert sklearn.scorer("logistic", missing="nan")(classifier, X, labels) == sklearn.scorer("logistic")(
        classifier, X[THERE], labels[THERE]
    )
    for call in (lambda: sklearn.LinearRegressor().fit(X, GONE), lambda: sklearn.scorer("huber")(got, X, GONE)):
        with pytest.raises(ValueError, match=r'y\[2\] is nan \(and 14 more\); pass missing="nan"'):
            call()
    with pytest.raises(ValueError, match="nothing to learn from"):
        sklearn.LinearRegressor(missing="nan").fit(X, np.full(60, NAN))


def test_networks_leave_rows_out() -> None:
    pytest.importorskip("torch")
    from lossary.fit import mlp  # noqa: PLC0415

    brief = {"hidden": [4], "max_epochs": 3, "random_state": 0}
    got = mlp.fit(X, GONE, missing="nan", **brief)
    np.testing.assert_array_equal(got.predict(X), mlp.fit(X[THERE], Y[THERE], **brief).predict(X))
