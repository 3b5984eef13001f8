"""Each booster under losses of ours: cost that falls, the host's own objective as referee, starts, scales, labels."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys

import numpy as np
import pytest

import lossary
from lossary.evaluate.arrays.refusals import DomainError
from lossary.primitives import log_cosh

LACKING = {
    "cauchy": "values",
    "barron:-1": "values",
    "expectile:0.8": "values",
    "negative_binomial": "counts",
    "focal": "labels",
    "ranked_probability_score": "classes",
    "generalized_cross_entropy": "classes",
}
ROUNDS = 8


# Losses like another of the list, which is trained every time.
ALIKE = ("barron:-1", "expectile:0.8", "ranked_probability_score")
LACKED = "tests/boosting/test_boosters.py::test_losses_that_boosters_lack_train_with_a_cost_that_falls"


@pytest.mark.parametrize(
    "loss", [pytest.param(name, marks=pytest.mark.slow(LACKED) if name in ALIKE else ()) for name in LACKING]
)
def test_losses_that_boosters_lack_train_with_a_cost_that_falls(host, made, loss):
    y = getattr(made, LACKING[loss])
    rows = LACKING[loss] == "classes"
    X, y = (made.X[:150], y[:150]) if rows and host.name == "catboost" else (made.X, y)
    params = host.params | (host.rows(3) if rows else {})
    model = host.adapter.train(params, host.data(X, y), ROUNDS, loss=loss)
    costs = [model.derivatives.cost(y, host.staged(model, X, k)) for k in range(1, ROUNDS + 1)]
    start = np.broadcast_to(model.start, (len(y), *model.start.shape))
    assert np.all(np.diff([model.derivatives.cost(y, start), *costs]) < 0.0)
    assert costs[-1] == pytest.approx(model.cost(X, y))


BUILTIN = {
    "lightgbm": {
        "half_squared_error": ("values", {"objective": "regression"}),
        "logistic": ("labels", {"objective": "binary"}),
    },
    "xgboost": {
        "half_squared_error": ("values", {"objective": "reg:squarederror"}),
        "logistic": ("labels", {"objective": "binary:logistic"}),
    },
    "catboost": {"half_squared_error": ("values", {"loss_function": "RMSE"})},
}


def _builtin_scores(name, params, data, X, rounds):
    booster = importlib.import_module(name)
    if name == "lightgbm":
        return booster.train(params, data, rounds).predict(X, raw_score=True)
    if name == "xgboost":
        return booster.train(params, data, rounds).predict(booster.DMatrix(X), output_margin=True)
    model = booster.CatBoost({"learning_rate": 0.1, **params, "iterations": rounds}).fit(data)
    return model.predict(X, prediction_type="RawFormulaVal")


def test_where_the_formulas_are_the_same_so_are_the_trees(host, made):
    for loss, (kind, params) in BUILTIN[host.name].items():
        y = getattr(made, kind)
        weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
        model = host.adapter.train(host.params, host.data(made.X, y, weight), 20, loss=loss, curvature="exact")
        theirs = _builtin_scores(host.name, host.params | params, host.data(made.X, y, weight), made.X, 20)
        np.testing.assert_allclose(model.predict(made.X, raw=True), theirs, atol=1e-4 * np.ptp(theirs))


def test_check_compares_with_the_built_in(host):
    report = host.adapter.check("expectile:0.8" if host.name == "catboost" else "quantile:0.9")
    assert report.ok, str(report)
    assert "built-in" in str(report)
    # A curvature that learns too slowly is found out: far too great, as the quantile's own unit is here.
    assert not host.adapter.check("quantile:0.9", curvature="unit").ok


def test_predictions_are_on_the_loss_s_scale_and_models_pickle(host, made):
    model = host.adapter.train(host.params, host.data(made.X, made.counts), 60, loss="poisson")
    mean, score = model.predict(made.X), model.predict(made.X, raw=True)
    np.testing.assert_allclose(mean, np.exp(score), rtol=1e-6)
    assert mean.mean() == pytest.approx(made.counts.mean(), rel=0.1)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(made.X), mean)


def test_classes_have_the_right_layout(host, made):
    X, y = made.X[:150], made.classes[:150]
    estimator = host.adapter.LossClassifier("softmax_cross_entropy", n_estimators=20, params=host.params)
    names = np.array(["low", "middle", "high"])
    fitted = estimator.fit(X, names[y])
    p = fitted.predict_proba(X)
    assert p.shape == (150, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)
    assert fitted.score(X, names[y]) > 0.7  # a layout turned about would learn nothing
    assert fitted.classes_.tolist() == ["high", "low", "middle"]


def test_binary_losses_of_either_coding_classify(host, made):
    for loss in ("focal", "squared_hinge"):
        fitted = host.adapter.LossClassifier(loss, n_estimators=20, params=host.params)
        fitted.fit(made.X, np.where(made.labels > 0.0, "yes", "no"))
        assert fitted.score(made.X, np.where(made.labels > 0.0, "yes", "no")) > 0.75
    assert not hasattr(fitted, "predict_proba")
    with pytest.raises(AttributeError, match="predict_proba"):
        fitted.predict_proba(made.X)


def test_own_losses_train_too(host, made):
    mine = lossary.define(lambda y, f, c=1.0: log_cosh((f - y) / c), name="mine")
    start = lossary.log_cosh.optimal_constant(made.values)
    model = host.adapter.train(host.params, host.data(made.X, made.values), 30, loss=mine)
    assert float(model.start) == pytest.approx(start, abs=1e-6)
    before = mine.cost(made.values, np.full(made.values.size, start))
    assert model.cost(made.X, made.values) < 0.7 * before


def test_refreshed_leaves_cost_less(host, made):
    model = host.adapter.train(host.params, host.data(made.X, made.values), 20, loss="quantile:0.9", curvature="unit")
    before = model.cost(made.X, made.values)
    host.adapter.refresh_leaves(model, made.X, made.values)
    assert model.cost(made.X, made.values) < 0.95 * before


def test_bad_labels_are_refused_by_place(host, made):
    bad = made.counts.copy()
    bad[17] = -3.0
    with pytest.raises(DomainError, match=r"y_true\[17\] is -3"):
        host.adapter.train(host.params, host.data(made.X, bad), 3, loss="poisson")
    name = "loss_function" if host.name == "catboost" else "objective"
    with pytest.raises(ValueError, match="leave it out"):
        host.adapter.train(host.params | {name: "x"}, host.data(made.X, made.counts), 3, loss="poisson")


def test_a_loss_of_rows_says_how_many_scores_it_needs(host, made):
    if host.name == "catboost":
        model = host.adapter.train(host.params, host.data(made.X[:60], made.classes[:60]), 1, loss="sparsemax")
        assert model.predict(made.X[:2], raw=True).shape == (2, 3)
        return
    with pytest.raises(ValueError, match="num_class=3"):
        host.adapter.train(host.params, host.data(made.X, made.classes), 1, loss="sparsemax")


def test_estimators_clone_and_take_tables(host, made):
    pandas, base = pytest.importorskip("pandas"), pytest.importorskip("sklearn.base")
    X = pandas.DataFrame(made.X, columns=["a", "b", "c", "d"])
    estimator = host.adapter.LossRegressor(lossary.cauchy.using(c=2.0), n_estimators=5, params=host.params)
    weight = np.linspace(0.5, 2.0, len(X))
    first, second = (base.clone(estimator).fit(table, made.values, weight).predict(table) for table in (X, made.X))
    np.testing.assert_allclose(first, second)
    assert base.clone(estimator).set_params(loss="huber").get_params()["loss"] == "huber"


def test_the_data_set_is_given_back_as_it_was(host, made):
    data = host.data(made.X, made.values)
    first = host.adapter.train(host.params, data, 5, loss="cauchy").predict(made.X)
    second = host.adapter.train(host.params, data, 5, loss="cauchy").predict(made.X)
    np.testing.assert_array_equal(first, second)


def test_a_missing_booster_says_what_to_install(host):
    code = (
        f"import sys; sys.modules[{host.name!r}] = None\n"
        f"try:\n    import lossary.{host.name}\nexcept ModuleNotFoundError as e:\n    print(e)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"pip install 'lossary[{host.name}]'" in said
