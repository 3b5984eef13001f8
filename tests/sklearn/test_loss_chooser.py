"""``LossChooser`` is ``lossary.choose`` as scikit-learn's tools take it."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import lossary
from lossary.choosing.diagnosis import pilot
from lossary.sklearn import LossChooser

QUICK: dict[str, Any] = {"models": ("linear",), "folds": 2, "repeats": 1}

FEW_ROWS = "losses are not compared on fewer than 20 rows: fit says so"
TOLD = ("too few to tell", "has no rows in one of the training folds")
EXPECTED = dict.fromkeys(
    (
        "check_n_features_in_after_fitting",
        "check_sample_weights_pandas_series",
        "check_sample_weights_not_an_array",
        "check_sample_weights_shape",
        "check_sample_weights_not_overwritten",
        "check_sample_weight_equivalence_on_dense_data",
        "check_regressors_no_decision_function",
        "check_fit2d_1feature",
        "check_classifier_data_not_an_array",
    ),
    FEW_ROWS,
)


@pytest.fixture(autouse=True)
def _small_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look at the data takes most of a small fit, and is tested elsewhere."""
    monkeypatch.setattr(pilot, "_tree_sizes", lambda rows: {"max_iter": 2, "max_leaf_nodes": 3, "min_samples_leaf": 5})


@pytest.fixture
def numbers() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(120, 2))
    return X, 3.0 * X[:, 0] + draw.normal(size=120)


def _reasons(error: BaseException | None) -> str:
    """What an error says, and those that it came of."""
    return "" if error is None else f"{error} {_reasons(error.__cause__ or error.__context__)}"


@pytest.mark.parametrize("want", ["mean", "probability"])
def test_no_check_of_scikit_learn_fails_but_for_few_rows(want: str) -> None:
    losses = {"mean": "squared_error", "probability": "softmax_cross_entropy"}
    chooser = LossChooser(want, losses=(losses[want],), only=True, **QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        found = check_estimator(chooser, on_fail=None, expected_failed_checks=EXPECTED)
    assert len(found) > 50
    assert [(each["check_name"], each["exception"]) for each in found if each["status"] == "failed"] == []
    told = {each["check_name"]: _reasons(each["exception"]) for each in found if each["status"] == "xfail"}
    assert {name: reason for name, reason in told.items() if not any(few in reason for few in TOLD)} == {}


@pytest.mark.parametrize(
    ("want", "loss"),
    [
        (None, "huber"),
        ("mean", "squared_error"),
        ("median", "absolute_error"),
        ("quantile:0.9", "quantile"),
        ("interval:0.8", "quantile"),
    ],
)
def test_it_predicts_what_the_function_does(
    want: str | None, loss: str, numbers: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = numbers
    chooser = LossChooser(want, losses=(loss,), only=True, **QUICK).fit(X, y)
    choice = lossary.choose(X, y, want, losses=(loss,), only=True, **QUICK)
    assert np.array_equal(chooser.predict(X), choice.model.predict(X))
    assert str(chooser.choice_) == str(choice)
    assert is_regressor(chooser)
    assert 0.4 < chooser.score(X, y) < 1.0
    assert chooser.score(X, np.full(120, 7.0) + 1e-9 * y) < 0.0
    assert hasattr(chooser, "predict_interval") == (want == "interval:0.8")
    assert not hasattr(chooser, "predict_proba")


def test_the_score_of_a_mean_is_r_squared(numbers: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = numbers
    mean = LossChooser("mean", **QUICK).fit(X, y)
    weight = np.linspace(0.0, 2.0, 120)
    assert mean.score(X, y) == pytest.approx(r2_score(y, mean.predict(X)))
    assert mean.score(X, y, weight) == pytest.approx(r2_score(y, mean.predict(X), sample_weight=weight))
    high = LossChooser("quantile:0.9", **QUICK).fit(X, y)
    assert high.score(X, y) == pytest.approx(d2_pinball_score(y, high.predict(X), alpha=0.9), abs=1e-3)


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (np.array(["yes", "no"]), {}),
        (np.array(["yes", "no"]), {"positive": "no"}),
        (np.array([7, 3]), {"positive": 3}),
        (np.array([True, False]), {}),
        (np.array(["low", "medium", "high"]), {}),
        (np.array([2.0, 4.0, 8.0]), {}),
    ],
    ids=str,
)
@pytest.mark.parametrize("want", ["probability", "label"])
def test_classes_are_sorted_and_probabilities_theirs(
    names: np.ndarray, options: dict[str, Any], want: str, numbers: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = numbers
    places = np.digitize(y, np.quantile(y, np.arange(1, names.size) / names.size))
    labels = names[places]
    chooser = LossChooser(
        want, losses=("softmax_cross_entropy",) if names.size > 2 else ("logistic",), only=True, **options, **QUICK
    ).fit(X, labels)
    assert is_classifier(chooser)
    assert chooser.classes_.tolist() == sorted(names.tolist())
    predicted = chooser.predict(X)
    assert predicted.dtype == labels.dtype
    assert np.mean(predicted == labels) > 0.6
    assert chooser.score(X, labels) == np.mean(predicted == labels)
    p = chooser.predict_proba(X)
    assert np.array_equal(chooser.classes_[p.argmax(axis=1)], predicted)
    assert p.sum(axis=1) == pytest.approx(1.0)


def test_a_target_settles_what_nobody_asked(numbers: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = numbers
    chooser = LossChooser(**QUICK)
    assert not is_classifier(chooser)
    assert not is_regressor(chooser)
    assert is_classifier(chooser.fit(X, np.where(y > 0.0, "up", "down")))
    assert hasattr(chooser, "predict_proba")
    assert is_regressor(chooser.fit(X, y))
    assert not hasattr(chooser, "classes_")


def test_tables_of_all_kinds_of_columns_in_pipelines_and_folds() -> None:
    draw = np.random.default_rng(1)
    rows = 150
    town = draw.choice(["a", "b", None], rows)
    size = draw.normal(size=rows)
    y = pl.Series("price", 2.0 * size + 3.0 * (town == "a") + 0.1 * draw.normal(size=rows))
    table = pl.DataFrame({"town": town.tolist(), "size": size}).with_columns(
        pl.when(pl.col("size") > 1.5).then(None).otherwise(pl.col("size")).alias("size"),
        pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 1) + pl.duration(days=rows - 1)).alias("day"),
    )
    chooser = LossChooser("mean", losses=("squared_error",), only=True, **QUICK)
    frame = pd.DataFrame(table.to_dict(as_series=False))
    assert cross_val_score(chooser, frame, y.to_numpy(), cv=2).min() > 0.5
    chooser.fit(table, y)
    assert chooser.model_.target == "price"
    assert chooser.feature_names_in_.tolist() == ["town", "size", "day"]
    assert np.array_equal(chooser.predict(table), chooser.predict(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        chooser.predict(table.select("size", "town", "day"))
    again = pickle.loads(pickle.dumps(chooser))
    assert np.array_equal(again.predict(table), chooser.predict(table))


def test_probabilities_by_cross_validation_after_a_scaler(numbers: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = numbers
    labels = np.where(y > 0.0, "up", "down")
    pipeline = make_pipeline(StandardScaler(), LossChooser("probability", losses=("logistic",), only=True, **QUICK))
    p = cross_val_predict(pipeline, X, labels, cv=2, method="predict_proba")
    assert np.mean((p[:, 1] > 0.5) == (labels == "up")) > 0.8


def test_groups_are_no_feature_and_stay_together(numbers: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = numbers
    table = pl.DataFrame({"x": X[:, 0], "clinic": np.arange(120) // 6, "z": X[:, 1]})
    chooser = LossChooser("mean", groups="clinic", losses=("squared_error",), only=True, **QUICK).fit(table, y)
    assert chooser.choice_.inspection.features.names == ("x", "z")
    folds = chooser.choice_.study.folds
    clinics = table["clinic"].to_numpy()
    assert all(not set(clinics[f.train]) & set(clinics[f.test]) for f in folds)
    assert chooser.predict(table).shape == (120,)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": [np.nan] + [1.0] * 119}, ValueError, "Input y contains NaN"),
        ({"y": np.array([None] + ["a", "b"] * 59 + ["a"], dtype=object)}, ValueError, "missing in row 1"),
        ({"y": np.ones(119)}, ValueError, "119"),
        ({"want": "mode"}, ValueError, "nothing called 'mode'"),
    ],
    ids=["nan", "none", "short", "want"],
)
def test_what_cannot_be_fitted_is_refused(
    change: dict[str, Any], error: type[Exception], message: str, numbers: tuple[np.ndarray, np.ndarray]
) -> None:
    X, y = numbers
    with pytest.raises(error, match=message):
        LossChooser(change.get("want"), **QUICK).fit(X, change.get("y", y))


def test_it_predicts_nothing_before_it_is_fitted(numbers: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = numbers
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(LossChooser("probability"), method)(X)
    with pytest.raises(NotFittedError):
        LossChooser().score(X, y)
    assert clone(LossChooser("median", folds=3)).get_params()["folds"] == 3
