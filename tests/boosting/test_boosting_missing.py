"""Labels that are missing: no booster holds them, so estimators leave their rows out, and data sets are refused."""

from __future__ import annotations

import numpy as np
import pytest

from lossary.evaluate.arrays.refusals import DomainError

NAN = float("nan")


def test_an_estimator_leaves_their_rows_out(host, made):
    X, y = made.X[:200], made.values[:200]
    there = np.arange(200) % 3 != 1
    w = np.arange(200) % 4 + 1.0
    gone, kept = np.where(there, y, NAN), X.copy()
    model = host.adapter.LossRegressor("huber", n_estimators=4, params=host.params, missing="nan")
    alone = host.adapter.LossRegressor("huber", n_estimators=4, params=host.params)
    got, wanted = model.fit(X, gone, w).predict(X), alone.fit(X[there], y[there], w[there]).predict(X)
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(X, kept)
    with pytest.raises(DomainError, match=r'y\[1\] is nan .*; pass missing="nan"'):
        alone.fit(X, gone)


def test_labels_of_any_kind(host, made):
    X, y = made.X[:100], np.where(made.labels[:100] > 0, "yes", "no").astype(object)
    y[5] = NAN
    model = host.adapter.LossClassifier("logistic", n_estimators=2, params=host.params, missing="nan").fit(X, y)
    assert model.classes_.tolist() == ["no", "yes"]


def test_a_data_set_that_holds_one_is_refused(host, made):
    """LightGBM would make a zero of it; XGBoost refuses it itself."""
    if host.name == "xgboost":
        pytest.skip("its data set cannot be made")
    y = made.values[:100].copy()
    y[7] = NAN
    with pytest.raises(DomainError, match=r'label\[7\] is nan; .* take LossRegressor\(missing="nan"\)'):
        host.adapter.train(host.params, host.data(made.X[:100], y), 2, loss="huber")


def test_one_of_weight_zero_is_none(host, made):
    if host.name != "lightgbm":
        pytest.skip("refused by the library itself")
    y, w = made.values[:100].copy(), np.ones(100)
    y[7], w[7] = NAN, 0.0
    model = host.adapter.train(host.params, host.data(made.X[:100], y, w), 2, loss="huber")
    assert np.isfinite(model.predict(made.X)).all()
