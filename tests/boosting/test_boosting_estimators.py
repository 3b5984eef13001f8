"""The boosters' estimators among scikit-learn's: its own checks, tables, labels, early stopping, grids, pickles."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import lossary
from lossary.evaluate.arrays.refusals import DomainError
from lossary.primitives import log_cosh

pytest.importorskip("sklearn")

from sklearn.base import clone

SMALL = {
    "lightgbm": {"num_threads": 1, "verbosity": -1, "min_data_in_leaf": 1, "min_data_in_bin": 1},
    "xgboost": {"nthread": 1},
    "catboost": {"thread_count": 1, "depth": 3, "allow_writing_files": False, "logging_level": "Silent"},
}
DEPTH = {"lightgbm": "max_depth", "xgboost": "max_depth", "catboost": "depth"}


def _regressor(host, loss="squared_error", **options):
    return host.adapter.LossRegressor(loss, n_estimators=10, params=host.params, **options)


def test_features_are_held_against_those_of_the_training(host, made):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(made.X, columns=list("abcd"))
    model = _regressor(host).fit(frame, made.values)
    assert model.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("badc")])
    with pytest.raises(ValueError, match="4 features"):
        _regressor(host).fit(made.X, made.values).predict(made.X[:, :2])
    with pytest.raises(ValueError, match="Reshape your data"):
        _regressor(host).fit(made.X[:, 0], made.values)


def test_lists_are_tables(host, made):
    model = _regressor(host).fit(made.X.tolist(), made.values.tolist())
    np.testing.assert_array_equal(model.predict(made.X[:5].tolist()), model.predict(made.X[:5]))


@pytest.mark.parametrize("rows", [3, 30, 200])
def test_constant_features_give_the_constant(host, made, rows):
    y = made.values[:rows]
    model = _regressor(host, "absolute_error").fit(np.ones((rows, 2)), y)
    assert model.predict(np.zeros((2, 2))) == pytest.approx(np.full(2, np.median(y)), abs=np.ptp(y) / rows + 1e-6)


@pytest.mark.parametrize("rows", [2, 12, 39])
def test_few_rows_are_enough(host, made, rows):
    predicted = _regressor(host).fit(made.X[:rows], made.values[:rows]).predict(made.X)
    assert np.isfinite(predicted).all()
    assert abs(predicted.mean() - made.values[:rows].mean()) < np.ptp(made.values[:rows])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_categories_are_split_as_categories(host, library):
    """The target depends on which category it is, and on no order of them."""
    frames = pytest.importorskip(library)
    rng = np.random.default_rng(3)
    place, number = rng.integers(0, 6, 400), rng.normal(size=400)
    y = np.where(np.isin(place, [1, 4]), 10.0, 0.0) + number
    names = [f"kind {at}" for at in place]
    kind = frames.Categorical(names) if library == "pandas" else frames.Series(names, dtype=frames.Categorical)
    frame = frames.DataFrame({"kind": kind, "number": number})
    model = host.adapter.LossRegressor(n_estimators=60, params=host.params).fit(frame, y)
    assert np.abs(model.predict(frame) - y).mean() < 1.0
    # Another frame may list categories in another order, and have one that training has not seen.
    few = ["kind 4", "kind 0", "kind 9"]
    other = (
        frames.Categorical(few, categories=few) if library == "pandas" else frames.Series(few, dtype=frames.Enum(few))
    )
    high, low, unseen = model.predict(frames.DataFrame({"kind": other, "number": [0.0, 0.0, 0.0]}))
    assert high > 8.0
    assert low < 2.0
    assert np.isfinite(unseen)
    with pytest.raises(ValueError, match=r"column 'kind' holds .*make it a categorical|could not convert string"):
        _regressor(host).fit(frames.DataFrame({"kind": names, "number": number}), y)


NO_NUMBERS = {
    r"y\[1\] is '2', a string": ["1", "2", "3"] * 20,
    r"y\[0\] is .*a date": np.arange(60).astype("datetime64[D]"),
    r"y\[3\] is None": [1.0, 2.0, 3.0, None] * 15,
}


@pytest.mark.parametrize("said", NO_NUMBERS)
def test_what_is_no_number_is_no_target(host, made, said):
    wrong = NO_NUMBERS[said]
    wrong = [1.0, *wrong[1:]] if isinstance(wrong[0], str) else wrong
    with pytest.raises(DomainError, match=said):
        _regressor(host).fit(made.X[:60], np.asarray(wrong, dtype=object) if isinstance(wrong, list) else wrong)


@pytest.mark.parametrize("label", [None, float("nan")])
@pytest.mark.parametrize("kind", [object, float])
def test_a_missing_label_is_no_class(host, made, label, kind):
    labels = made.labels[:60].astype(object)
    labels[7] = label
    with pytest.raises(DomainError, match=r"y\[7\] is (nan|None)"):
        host.adapter.LossClassifier(params=host.params).fit(made.X[:60], labels.astype(kind))


def test_training_stops_early_and_predicts_by_the_best_rounds(host, made):
    first, last = slice(0, 200), slice(200, 400)
    model = host.adapter.LossRegressor(n_estimators=300, early_stopping_rounds=5, params=host.params)
    model.fit(made.X[first], made.values[first], eval_set=(made.X[last], made.values[last]))
    to_the_end = host.adapter.LossRegressor(n_estimators=300, params=host.params).fit(made.X[first], made.values[first])
    costs = [each.model_.cost(made.X[last], made.values[last]) for each in (model, to_the_end)]
    assert costs[0] < costs[1]
    with pytest.raises(ValueError, match="early_stopping_rounds needs eval_set"):
        clone(model).fit(made.X, made.values)
    labels = np.where(made.labels > 0.0, "yes", "no")
    classifier = host.adapter.LossClassifier(n_estimators=5, params=host.params)
    classifier.fit(made.X, labels, eval_set=[(made.X, labels, np.ones(400))])
    with pytest.raises(ValueError, match="a class that y has not: 'maybe'"):
        classifier.fit(made.X, labels, eval_set=(made.X, np.where(made.labels > 0.0, "maybe", "no")))


def test_parameters_of_loss_and_booster_are_parameters(host):
    depth = DEPTH[host.name]
    given = {depth: 3}
    model = host.adapter.LossRegressor("quantile", params=given)
    assert model.get_params()[f"params__{depth}"] == 3
    model.set_params(**{f"params__{depth}": 2, "loss__tau": 0.9})
    assert model.params == {depth: 2}
    assert given == {depth: 3}
    assert str(clone(model).loss) == "quantile(tau=0.9)"


def test_estimators_of_own_losses_pickle(host, made):
    mine = lossary.define(lambda y, f, c=1.0: log_cosh((f - y) / c), name="mine")
    model = _regressor(host, mine).fit(made.X, made.values)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(made.X), model.predict(made.X))
