"""Every loss as a scorer: it asks for what the loss takes, and its number is minus the mean loss."""

from __future__ import annotations

import numpy as np
import pytest

import lossary
from lossary.evaluate.pointwise.function import LossFunction

pytest.importorskip("sklearn")

from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, PoissonRegressor, RidgeClassifier
from sklearn.metrics import log_loss, mean_pinball_loss
from sklearn.model_selection import cross_validate

from lossary.sklearn import scorer

LABELS = np.array(["a", "b", "c"])


def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    return X, LABELS[np.digitize(X[:, 0] + 0.5 * rng.normal(size=90), [-0.5, 0.5])]


@pytest.mark.parametrize("loss", lossary.catalogue(), ids=lambda loss: loss.name)
def test_every_loss_makes_a_scorer_or_says_why_not(loss):
    if isinstance(loss, LossFunction) or loss.record.targets != "scores":
        assert loss.name in repr(scorer(loss))
    else:
        with pytest.raises(TypeError, match="compares rows of scores"):
            scorer(loss)


def test_a_pinball_score_is_scikit_learns():
    X, y = np.zeros((5, 1)), np.array([0.0, 1.0, 2.0, 3.0, 10.0])
    model, weight = DummyRegressor().fit(X, y), np.arange(1.0, 6.0)
    found = scorer("pinball", tau=0.9)(model, X, y, sample_weight=weight)
    assert found == pytest.approx(-mean_pinball_loss(y, model.predict(X), alpha=0.9, sample_weight=weight))


def test_a_loss_with_a_link_takes_means():
    X, y = np.arange(6.0)[:, np.newaxis], np.array([0.0, 1.0, 1.0, 2.0, 5.0, 9.0])
    model = PoissonRegressor().fit(X, y)
    assert scorer("poisson")(model, X, y) == pytest.approx(-lossary.poisson.cost(y, np.log(model.predict(X))))
    with pytest.raises(ValueError, match="log of predictions, but the one of row 0 is -1"):
        scorer("poisson")(DummyRegressor(strategy="constant", constant=-1.0).fit(X, y), X, y)


def test_losses_of_class_scores_ask_for_probabilities():
    X, y = sample()
    model = LogisticRegression().fit(X, y)
    asked = log_loss(y, model.predict_proba(X))
    assert scorer("softmax_cross_entropy")(model, X, y) == pytest.approx(-asked)
    ones = y[:, np.newaxis] == LABELS
    squares = np.square(model.predict_proba(X) - ones).sum(axis=1).mean()
    assert scorer("multiclass_brier")(model, X, y) == pytest.approx(-squares)


def test_losses_of_two_labels_ask_for_what_they_take():
    X, y = sample()
    two = y == "b"
    model = LogisticRegression().fit(X, two)
    assert scorer("logistic")(model, X, two) == pytest.approx(-log_loss(two, model.predict_proba(X)))
    margins = 1.0 - np.where(two, 1.0, -1.0) * model.decision_function(X)
    assert scorer("hinge")(model, X, two) == pytest.approx(-np.maximum(margins, 0.0).mean())
    with pytest.raises(TypeError, match="predict_proba, which RidgeClassifier has not"):
        scorer("logistic")(RidgeClassifier().fit(X, two), X, two)
    with pytest.raises(ValueError, match="two classes apart"):
        scorer("hinge")(LogisticRegression().fit(X, y), X, y)


def test_a_label_the_model_has_not_seen_is_named():
    X, y = sample()
    model = LogisticRegression().fit(X[y != "c"], y[y != "c"])
    with pytest.raises(ValueError, match=r"'c'"):
        scorer("logistic")(model, X, y)


def test_a_sure_and_wrong_probability_costs_infinity():
    X, y = np.zeros((4, 1)), np.array([0, 0, 0, 1])
    assert scorer("logistic")(DummyClassifier(strategy="most_frequent").fit(X, y), X, y) == -np.inf


def test_several_scorers_in_one_cross_validation():
    X, y = sample()
    scores = {"log": scorer("softmax_cross_entropy"), "brier": scorer("multiclass_brier")}
    found = cross_validate(LogisticRegression(), X, y, scoring=scores, cv=3, error_score="raise")
    assert np.isfinite(found["test_log"]).all()
    assert (found["test_brier"] < 0.0).all()
    assert (found["test_brier"] > -0.7).all()
