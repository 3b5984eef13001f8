"""Objectives and metrics in the hosts' own signatures, native and scikit-learn's."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import lossary


def test_lightgbm_native_and_estimator_agree(made):
    lightgbm = pytest.importorskip("lightgbm")
    ours = importlib.import_module("lossary.lightgbm")

    params = {"verbosity": -1, "num_threads": 1, "num_leaves": 8, "learning_rate": 0.1}
    weight = np.random.default_rng(0).uniform(0.5, 2.0, made.values.size)
    start = ours.init_score("pseudo_huber", made.values, weight)
    seen: dict = {}
    data = lightgbm.Dataset(made.X, made.values, weight=weight, init_score=start)
    native = lightgbm.train(
        {**params, "objective": ours.objective("pseudo_huber")},
        data,
        10,
        valid_sets=[data],
        feval=ours.metric("pseudo_huber"),
        callbacks=[lightgbm.record_evaluation(seen)],
    )
    estimator = lightgbm.LGBMRegressor(objective=ours.objective("pseudo_huber"), n_estimators=10, **params)
    estimator.fit(made.X, made.values, sample_weight=weight, init_score=start)
    scores = native.predict(made.X)
    np.testing.assert_array_equal(scores, estimator.predict(made.X))
    cost = lossary.pseudo_huber.cost(made.values, scores + start, weight)
    assert seen["training"]["pseudo_huber"][-1] == pytest.approx(cost, rel=1e-5)


def test_lightgbm_estimator_of_classes(made):
    lightgbm = pytest.importorskip("lightgbm")
    ours = importlib.import_module("lossary.lightgbm")

    params = {"verbosity": -1, "num_threads": 1, "num_leaves": 8, "n_estimators": 20}
    estimator = lightgbm.LGBMClassifier(objective=ours.objective("softmax_cross_entropy"), **params)
    estimator.fit(made.X, made.classes)
    scores = estimator.predict(made.X, raw_score=True)
    assert scores.shape == (400, 3)
    assert np.mean(scores.argmax(axis=1) == made.classes) > 0.8


def test_lightgbm_watches_validation_data_from_the_same_start(made):
    lightgbm = pytest.importorskip("lightgbm")
    ours = importlib.import_module("lossary.lightgbm")

    params = {"verbosity": -1, "num_threads": 1, "num_leaves": 8}
    data = lightgbm.Dataset(made.X[:300], made.counts[:300])
    valid = lightgbm.Dataset(made.X[300:], made.counts[300:], reference=data)
    seen: dict = {}
    watching = [lightgbm.record_evaluation(seen), lightgbm.early_stopping(5, verbose=False)]
    model = ours.train(params, data, 100, loss="poisson", valid_sets=[valid], callbacks=watching)
    best = min(seen["valid_0"]["poisson"])
    assert model.cost(made.X[300:], made.counts[300:]) == pytest.approx(best, rel=1e-9)


def test_lightgbm_s_own_objectives_do_not_see_our_start(made):
    lightgbm = pytest.importorskip("lightgbm")
    ours = importlib.import_module("lossary.lightgbm")
    params = {"verbosity": -1, "num_threads": 1, "objective": "quantile"}
    data = lightgbm.Dataset(made.X, made.values + 50.0).construct()
    before = lightgbm.train(params, data, 5).predict(made.X)
    ours.train({"verbosity": -1, "num_threads": 1}, data, 5, loss="cauchy")
    np.testing.assert_array_equal(lightgbm.train(params, data, 5).predict(made.X), before)


def test_lightgbm_keeps_an_offset(made):
    lightgbm = pytest.importorskip("lightgbm")
    ours = importlib.import_module("lossary.lightgbm")

    offset = np.log(np.random.default_rng(0).uniform(1.0, 9.0, made.counts.size))
    data = lightgbm.Dataset(made.X, made.counts, init_score=offset)
    model = ours.train({"verbosity": -1, "num_threads": 1}, data, 5, loss="poisson")
    assert float(model.start) == 0.0
    np.testing.assert_array_equal(data.init_score, offset)


def test_xgboost_native_and_estimator_agree(made):
    xgboost = pytest.importorskip("xgboost")
    ours = importlib.import_module("lossary.xgboost")

    params = {"nthread": 1, "max_depth": 3, "eta": 0.1}
    weight = np.random.default_rng(0).uniform(0.5, 2.0, made.values.size)
    start = ours.base_score("pseudo_huber", made.values, weight)
    data = xgboost.DMatrix(made.X, made.values, weight=weight)
    native = xgboost.train({**params, "base_score": start}, data, 10, obj=ours.objective("pseudo_huber"))
    estimator = xgboost.XGBRegressor(
        objective=ours.objective("pseudo_huber"),
        eval_metric=ours.metric("pseudo_huber"),
        n_estimators=10,
        max_depth=3,
        learning_rate=0.1,
        n_jobs=1,
        base_score=start,
    )
    estimator.fit(made.X, made.values, sample_weight=weight)
    np.testing.assert_array_equal(native.predict(data), estimator.predict(made.X))


def test_xgboost_stops_early_at_our_cost(made):
    xgboost = pytest.importorskip("xgboost")
    ours = importlib.import_module("lossary.xgboost")

    valid = xgboost.DMatrix(made.X[300:], made.counts[300:])
    seen: dict = {}
    model = ours.train(
        {"nthread": 1, "max_depth": 3},
        xgboost.DMatrix(made.X[:300], made.counts[:300]),
        100,
        loss="poisson",
        evals=[(valid, "valid")],
        evals_result=seen,
        early_stopping_rounds=5,
        verbose_eval=False,
    )
    assert model.cost(valid, made.counts[300:]) == pytest.approx(min(seen["valid"]["poisson"]), rel=1e-4)


def test_histogram_gradient_boosting_takes_our_losses(made):
    ensemble = pytest.importorskip("sklearn.ensemble")
    ours = importlib.import_module("lossary.sklearn.hist_gradient_boosting")

    def fitted(loss, y, **more):
        return ensemble.HistGradientBoostingRegressor(loss=loss, max_iter=10, **more).fit(made.X, y).predict(made.X)

    mean = fitted(ours.loss("half_squared_error"), made.values)
    np.testing.assert_allclose(mean, fitted("squared_error", made.values), atol=1e-4)
    median = fitted(ours.loss("absolute_error"), made.values)
    theirs = fitted("absolute_error", made.values)
    assert np.abs(made.values - median).mean() < 1.02 * np.abs(made.values - theirs).mean()
    labels = np.where(made.labels > 0.0, "yes", "no")
    classifier = ensemble.HistGradientBoostingClassifier(loss=ours.loss("focal"), max_iter=20).fit(made.X, labels)
    assert classifier.score(made.X, labels) > 0.8
    assert classifier.predict_proba(made.X).shape == (400, 2)
    with pytest.raises(TypeError, match="no loss of rows"):
        ours.loss("softmax_cross_entropy")
