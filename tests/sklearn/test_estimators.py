"""The linear estimators: scikit-learn's own checks, its conventions, and what is theirs alone."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import lossary
from lossary.fit import linear

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from lossary.sklearn import LinearClassifier, LinearRegressor, scorer


def sample(n: int = 80, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)) * [1.0, 10.0, 0.1]
    return X, 2.0 + X @ [1.0, 0.2, 30.0] + rng.standard_t(3, size=n)


def test_the_model_is_that_of_the_library():
    X, y = sample()
    model, fit = LinearRegressor("pinball:0.8").fit(X, y), linear(X, y, "quantile", tau=0.8)
    assert model.coef_ == pytest.approx(fit.coef, rel=1e-12)
    assert model.certificate_.reached
    assert model.predict(X) == pytest.approx(fit.mean(X), rel=1e-12)


def test_loss_parameters_are_parameters():
    model = LinearRegressor("huber").set_params(loss__delta=2.0, alpha=0.1)
    assert model.get_params()["loss__delta"] == 2.0
    assert str(clone(model).loss) == "huber(delta=2)"
    assert clone(model).alpha == 0.1
    with pytest.raises(ValueError, match="delta"):
        model.set_params(loss__delta=-1.0)
    with pytest.raises(TypeError, match="tau"):
        model.set_params(loss__tau=0.5)


def test_a_grid_over_a_loss_parameter_finds_the_level_that_is_scored():
    X, y = sample(200)
    grid = GridSearchCV(LinearRegressor("quantile"), {"loss__tau": [0.2, 0.9]}, scoring=scorer("pinball", tau=0.9))
    assert grid.fit(X, y).best_params_ == {"loss__tau": 0.9}


def test_pickles_predict_alike_and_leave_the_data_behind():
    X, y = sample(2000)
    model = LinearRegressor("squared_error").fit(X, y)
    pickled = pickle.dumps(model)
    again = pickle.loads(pickled)
    assert np.array_equal(again.predict(X), model.predict(X))
    assert np.array_equal(again.standard_errors_, model.standard_errors_)
    assert len(pickled) < 10_000 < X.nbytes


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames_give_feature_names(library):
    frames = pytest.importorskip(library)
    X, y = sample()
    frame = frames.DataFrame({name: X[:, j] for j, name in enumerate(["a", "b", "c"])})
    model = LinearRegressor().fit(frame, frames.Series(y))
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    assert model.predict(frame) == pytest.approx(linear(X, y).mean(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c"]])


def test_textbook_standard_errors():
    X, y = sample()
    model = LinearRegressor().fit(X, y)
    design = np.column_stack([np.ones(len(y)), X])
    rest = y - model.predict(X)
    covariance = rest @ rest / (len(y) - 4) * np.linalg.inv(design.T @ design)
    assert model.standard_errors_ == pytest.approx(np.sqrt(np.diag(covariance))[1:], rel=1e-8)
    assert model.intercept_standard_error_ == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-8)
    with pytest.raises(AttributeError, match="penalty biases"):
        _ = LinearRegressor(alpha=1.0).fit(X, y).standard_errors_
    with pytest.raises(AttributeError, match="not smooth"):
        _ = LinearRegressor("pinball:0.8").fit(X, y).standard_errors_


def test_logistic_regression_is_scikit_learns():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = sample()
    labels = np.where(y > np.median(y), "yes", "no")
    ours = LinearClassifier(alpha=0.5 / len(y)).fit(X, labels)
    theirs = linear_model.LogisticRegression(C=2.0, tol=1e-10, max_iter=10_000).fit(X, labels)
    assert ours.classes_.tolist() == ["no", "yes"]
    assert ours.coef_ == pytest.approx(theirs.coef_, rel=1e-4)
    assert ours.predict_proba(X) == pytest.approx(theirs.predict_proba(X), abs=1e-5)
    assert ours.predict(X).tolist() == theirs.predict(X).tolist()


def test_only_losses_that_tell_probabilities_give_them():
    X, y = sample()
    assert not hasattr(LinearClassifier("hinge"), "predict_proba")
    model = LinearClassifier("hinge").fit(X, y > 2.0)
    with pytest.raises(AttributeError):
        model.predict_proba(X)
    assert ((model.decision_function(X) > 0.0) == model.predict(X)).all()


def test_several_classes_and_their_refusals():
    X, y = sample(150)
    labels = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))
    model = LinearClassifier("softmax_cross_entropy", class_weight="balanced").fit(X, labels)
    assert model.coef_.shape == (3, 3)
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(150))
    assert model.score(X, labels) > 0.6
    with pytest.raises(ValueError, match="softmax_cross_entropy"):
        LinearClassifier("logistic").fit(X, labels)
    with pytest.raises(TypeError, match="take LinearClassifier"):
        LinearRegressor("softmax_cross_entropy").fit(X, y)
    with pytest.raises(TypeError, match="loss of numbers"):
        LinearClassifier("huber").fit(X, labels > 1)


@pytest.mark.parametrize("name", ["focal", "logistic:pos_weight=3"])
def test_probabilities_of_two_are_those_whose_expected_loss_is_least(name):
    from lossary.evaluate.predictions.probabilities import as_targets, probabilities  # noqa: PLC0415

    loss = lossary.get(name)
    scores = np.linspace(-4.0, 4.0, 160_001)
    costs = [loss(as_targets(loss, np.full(scores.shape, label)), scores) for label in (False, True)]
    for p in (0.1, 0.4, 0.8):
        least = scores[np.argmin((1.0 - p) * costs[0] + p * costs[1])]
        assert probabilities(loss, np.array([least]))[0] == pytest.approx(p, abs=2e-4)


def test_at_the_probabilities_of_several_the_expected_loss_is_level():
    from lossary.evaluate.predictions.probabilities import probabilities  # noqa: PLC0415

    loss, scores = lossary.get("focal_softmax"), np.array([[0.3, -1.0, 1.5], [0.0, 0.1, -2.0]])
    p = probabilities(loss, scores)
    slopes = [loss.gradient(np.full(2, label), scores) for label in range(3)]
    expected = sum(p[:, [label]] * slopes[label] for label in range(3))
    assert expected == pytest.approx(np.zeros((2, 3)), abs=1e-12)
    assert p.sum(axis=1) == pytest.approx(np.ones(2))
    assert np.abs(p - lossary.softmax(scores)).max() > 0.05
