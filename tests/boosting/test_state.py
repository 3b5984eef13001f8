"""What a caller gives stays as it was: offsets and starts are kept or refused, and objects are not changed."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

FAR = 100.0
ROUNDS = 5


def _library(host):
    return importlib.import_module(host.name)


def _with_offset(host, X: np.ndarray, y: np.ndarray, offset: np.ndarray | None):
    """A data set that begins at an offset."""
    data = host.data(X, y)
    if offset is None:
        return data
    if host.name == "lightgbm":
        data.set_init_score(offset)
    elif host.name == "xgboost":
        data.set_base_margin(offset)
    else:
        data.set_baseline(offset[:, None])
    return data


def _offset_of(host, data) -> np.ndarray:
    if host.name == "lightgbm":
        return np.ravel([] if data.init_score is None else data.init_score)
    return np.ravel(data.get_base_margin() if host.name == "xgboost" else data.get_baseline())


def _train(host, data, watched=(), **options):
    name = {"lightgbm": "valid_sets", "xgboost": "evals", "catboost": "eval_set"}[host.name]
    if watched:
        options[name] = [(each, "watched") for each in watched] if host.name == "xgboost" else list(watched)
    return host.adapter.train(host.params, data, ROUNDS, loss="pseudo_huber", **options)


@pytest.mark.parametrize("has_offset", [False, True])
def test_data_sets_come_back_as_they_were(host, made, has_offset):
    y = made.values + FAR
    offset = np.full(y.size, FAR) if has_offset else None
    data, watched = (_with_offset(host, made.X, y, offset) for _ in range(2))
    before = _offset_of(host, data), _offset_of(host, watched)
    first = _train(host, data, [watched]).predict(made.X)
    for each, was in zip((data, watched), before, strict=True):
        np.testing.assert_array_equal(_offset_of(host, each), was)
    np.testing.assert_array_equal(_train(host, data, [watched]).predict(made.X), first)


def test_an_offset_is_where_training_begins(host, made):
    """A wrong offset is learned away like any other mistake, slowly: what is predicted is what is left of y."""
    y = made.values + FAR
    model = _train(host, _with_offset(host, made.X, y, np.full(y.size, FAR)))
    assert float(model.start) == 0.0
    assert np.abs(model.predict(made.X)).mean() < 3.0


@pytest.mark.parametrize("of_training", [False, True])
def test_an_offset_of_some_data_sets_only_is_refused(host, made, of_training):
    offset = np.full(made.values.size, FAR)
    data = _with_offset(host, made.X, made.values, offset if of_training else None)
    watched = _with_offset(host, made.X, made.values, None if of_training else offset)
    with pytest.raises(ValueError, match="some have none; give one to all"):
        _train(host, data, [watched])


def test_going_on_from_a_model_counts_its_start_once(host, made):
    y = made.values + FAR
    if host.name == "catboost":
        with pytest.raises(ValueError, match="init_model: CatBoost goes on from its own losses only"):
            _train(host, host.data(made.X, y), init_model=object())
        return
    name = {"lightgbm": "init_model", "xgboost": "xgb_model"}[host.name]
    before = _train(host, host.data(made.X, y))
    after = _train(host, host.data(made.X, y), [host.data(made.X, y)], **{name: before})
    at_once = host.adapter.train(host.params, host.data(made.X, y), 2 * ROUNDS, loss=before.loss)
    assert after.cost(made.X, y) < before.cost(made.X, y)
    np.testing.assert_allclose(after.predict(made.X), at_once.predict(made.X), rtol=1e-4)


def test_lightgbm_goes_on_from_one_place(made):
    lightgbm = pytest.importorskip("lightgbm")
    ours = importlib.import_module("lossary.lightgbm")
    params = {"verbosity": -1, "num_threads": 1}
    before = ours.train(params, lightgbm.Dataset(made.X, made.values), 2, loss="huber")
    data = lightgbm.Dataset(made.X, made.values, init_score=np.zeros(made.values.size))
    with pytest.raises(ValueError, match="init_model gives the scores to begin at, and so does init_score"):
        ours.train(params, data, 2, loss="huber", init_model=before)


MEANINGLESS = {
    "lightgbm": {"scale_pos_weight": 3.0, "is_unbalance": True, "alpha": 0.9, "tweedie_variance_power": 1.2},
    "xgboost": {"scale_pos_weight": 3.0, "quantile_alpha": 0.9, "huber_slope": 2.0},
    "catboost": {"class_weights": [1.0, 3.0], "auto_class_weights": "Balanced", "scale_pos_weight": 3.0},
}


def test_parameters_that_mean_nothing_are_refused_by_name(host, made):
    for name, value in MEANINGLESS[host.name].items():
        with pytest.raises(ValueError, match=rf"params has {name}=.*means nothing under logistic"):
            host.adapter.train(host.params | {name: value}, host.data(made.X, made.labels), 1, loss="logistic")
    neutral = {} if host.name == "catboost" else {"scale_pos_weight": 1.0}
    host.adapter.train(host.params | neutral, host.data(made.X, made.labels), 1, loss="logistic")


@pytest.mark.parametrize(("name", "level"), [("lightgbm", "alpha"), ("xgboost", "quantile_alpha")])
def test_the_level_of_a_quantile_by_the_booster_s_name_is_honoured(name, level, made):
    pytest.importorskip(name)
    ours = importlib.import_module(f"lossary.{name}")
    fitted = ours.LossRegressor("quantile", n_estimators=10, params={level: 0.9}).fit(made.X, made.values)
    assert str(fitted.model_.loss) == "quantile(tau=0.9)"
    named = ours.LossRegressor("quantile:0.9", n_estimators=10).fit(made.X, made.values)
    np.testing.assert_array_equal(fitted.predict(made.X), named.predict(made.X))
    with pytest.raises(
        ValueError, match=rf"params has {level}=0.9, but the loss is quantile\(tau=0.2\): give tau once"
    ):
        ours.LossRegressor("quantile:0.2", params={level: 0.9}).fit(made.X, made.values)
