"""Scorers and boosters' derivatives do not depend on how labels, scores and weights lie in memory."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.dummy import DummyClassifier, DummyRegressor
from tests.support.layouts import unlike

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.start import starting_score
from lossary.sklearn import scorer

X = np.zeros((6, 1))
Y = np.array([0, 1, 2, 1, 1, 0])
WEIGHT = np.array([1.0, 2.0, 0.0, 3.0, 0.5, 1.0])


def test_a_scorer_of_classes() -> None:
    model = DummyClassifier(strategy="prior").fit(X, Y)
    score = scorer("softmax_cross_entropy")
    assert unlike(lambda y, w: score(model, X, y, w), {"y": Y, "w": WEIGHT}) == []


def test_a_scorer_of_values() -> None:
    model = DummyRegressor().fit(X, Y)
    score = scorer("squared_error")
    assert unlike(lambda y, w: score(model, X, y, w), {"y": Y.astype(np.float64), "w": WEIGHT}) == []
    with pytest.raises(TypeError, match="y is a masked array"):
        score(model, X, np.ma.masked_equal(Y, 2))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("loss", ["squared_error", "huber", "softmax_cross_entropy"])
def test_derivatives_for_boosters(loss: str, dtype: type) -> None:
    derivatives = Derivatives(loss)
    rng = np.random.default_rng(0)
    rows = loss == "softmax_cross_entropy"
    given = {
        "y": Y.astype(dtype),
        "scores": rng.normal(size=(6, 3) if rows else 6).astype(dtype),
        "weight": WEIGHT.astype(dtype),
    }
    assert unlike(lambda **laid: derivatives(laid["y"], laid["scores"], laid["weight"]), given) == []
    assert unlike(lambda **laid: derivatives.cost(laid["y"], laid["scores"], laid["weight"]), given) == []
    some = {"y": given["y"], "weight": given["weight"]}
    assert unlike(lambda y, weight: starting_score(loss, y, weight), some) == []
    with pytest.raises(TypeError, match="y is a masked array"):
        derivatives(np.ma.masked_equal(given["y"], 2), given["scores"])
