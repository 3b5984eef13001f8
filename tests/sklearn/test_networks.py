"""The multi-layer perceptron: it learns, under any loss, the same every time, and stops where it was told to."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import lossary

pytest.importorskip("torch")

from lossary.fit import mlp

SMALL = {"hidden": [16], "max_epochs": 60}


def sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.uniform(-2.0, 2.0, size=(600, 2)) * [1.0, 100.0] + [0.0, 1e4]
    truth = np.abs(X[:, 0]) * 3.0
    return X, truth, truth + rng.standard_t(2, size=600)


def test_it_learns_what_no_line_can():
    X, truth, y = sample()
    model = mlp.fit(X, y, "huber", delta=0.5, **SMALL)
    assert np.mean(np.abs(model.mean(X) - truth)) < 0.3
    line = lossary.fit.linear(X, y, "huber", delta=0.5)
    assert np.mean(np.abs(line.mean(X) - truth)) > 0.7


def test_it_is_seeded_and_does_not_depend_on_the_units():
    import torch  # noqa: PLC0415

    X, _, y = sample()
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = mlp.fit(X, y, "huber", delta=0.5, hidden=[8], max_epochs=3)
    assert torch.equal(before, torch.get_rng_state())
    again = mlp.fit(X, y, "huber", delta=0.5, hidden=[8], max_epochs=3)
    assert np.array_equal(first.score(X), again.score(X))
    other = mlp.fit(X, y, "huber", delta=0.5, hidden=[8], max_epochs=3, random_state=1)
    assert not np.allclose(first.score(X), other.score(X))
    scaled = mlp.fit(X * 1e3, y * 1e-6, "huber", delta=0.5e-6, hidden=[8], max_epochs=3)
    assert scaled.score(X * 1e3) == pytest.approx(1e-6 * first.score(X), rel=1e-2)


def test_a_loss_of_ones_own_judged_by_a_yardstick_of_ones_own():
    X, truth, y = sample()
    mine = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 2 / (1.0 + ((f - y) / c) ** 2) ** 0.5, name="mine")
    seen = []

    def median_error(y: np.ndarray, p: np.ndarray) -> float:
        seen.append(len(y))
        return float(np.median(np.abs(y - p)))

    model = mlp.fit(X, y, mine, yardstick=median_error, validation_fraction=0.2, **SMALL)
    assert set(seen) == {120}
    assert model.learning_curve.yardstick == "median_error"
    assert np.mean(np.abs(model.mean(X) - truth)) < 0.5


def test_training_stops_and_the_best_epoch_is_kept():
    X, _, _ = sample()
    noise = np.random.default_rng(1).normal(size=len(X))
    rows = np.arange(0, len(X), 4)
    model = mlp.fit(X, noise, "squared_error", validation_rows=rows, patience=3, hidden=[16])
    curve = model.learning_curve
    assert curve.best == np.argmin(curve.held_out)
    assert len(curve.held_out) == curve.best + 1 + 3
    kept = lossary.squared_error.cost(noise[rows], model.predict(X[rows]))
    assert kept == pytest.approx(curve.held_out[curve.best], rel=1e-5)


def test_a_weight_of_zero_does_not_count():
    X, _, y = sample()
    y = y.copy()
    weight = np.ones(len(y))
    weight[::2], y[::2] = 0.0, np.nan
    model = mlp.fit(X, y, "huber", delta=0.5, sample_weight=weight, hidden=[8], max_epochs=3)
    rest = mlp.fit(X[1::2], y[1::2], "huber", delta=0.5, hidden=[8], max_epochs=3)
    assert np.array_equal(model.score(X), rest.score(X))


def test_classes_their_estimator_and_its_pickle():
    pytest.importorskip("sklearn")
    from lossary.sklearn import MLPClassifier  # noqa: PLC0415

    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = np.where(np.hypot(X[:, 0], X[:, 1]) > 1.2, "out", "in")
    model = MLPClassifier(**SMALL, yardstick="multiclass_brier").fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(400))
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert model.learning_curve_.yardstick == "multiclass_brier"
    axes = model.plot_learning_curve()
    assert axes.get_xlabel() == "epoch"


def test_refusals():
    X, _, y = sample()
    for options, expected in [
        ({"hidden": [0]}, "at least one unit"),
        ({"validation_fraction": 1.0}, "validation_fraction"),
        ({"patience": 0}, "patience"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"validation_rows": np.arange(600)}, "nothing is left"),
    ]:
        with pytest.raises(ValueError, match=expected):
            mlp.fit(X, y, **options)
    with pytest.raises(ValueError, match=r"poisson.*-"):
        mlp.fit(X, y - 100.0, "poisson")
