"""What ``test_keras_losses.py`` runs in a fresh process: KERAS_BACKEND says on which back end."""

from __future__ import annotations

import copy
import pickle
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest

import lossary
import lossary.keras
from lossary.backends.numpy import evaluate as on_numpy
from lossary.backends.numpy_rows import Rows
from lossary.evaluate.arrays.refusals import DomainError
from lossary.formula import Loss
from lossary.proof import points
from lossary.proof.rows import cases as row_points
from lossary.rowwise import RowLoss

BACKEND = keras.backend.backend()
FEW = [
    lossary.discovery.find(name)
    for name in ("huber", "logistic", "poisson", "softmax_cross_entropy", "focal_softmax", "one_vs_rest_logistic")
]
CHOSEN = np.random.default_rng(1857)
Z = CHOSEN.normal(size=(6, 4)).astype(np.float32)
Y = np.array([0, 3, 1, 2, 2, 0])


def number(x) -> float:
    return float(keras.ops.convert_to_numpy(x))


def numbers(x) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(x))


def examples(record: Loss | RowLoss) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions with a batch of 4 and an axis of 3."""
    if isinstance(record, RowLoss):
        group = [c for c in row_points.generic(record, record.defaults(), 16) if len(c.f) == 3]
        t, f = [c.weights(record) for c in group], [c.f for c in group]
        return np.array(t, np.float32), np.array(f, np.float32)
    found = points.generic(record, record.defaults(), 12)
    y, f = (np.array([p[i] for p in found], np.float32) for i in (0, 1))
    return y.reshape(4, 3), f.reshape(4, 3)


def test_every_loss_survives_its_config() -> None:
    for record in lossary.discovery.every_record():
        made = getattr(lossary.keras, lossary.keras.names.class_name(record))(reduction="sum")
        again = keras.losses.deserialize(keras.losses.serialize(made))
        assert type(again) is type(made), record.name
        assert again.get_config() == made.get_config(), record.name
        assert type(keras.losses.get(f"lossary>{record.name}")) is type(made), record.name


def test_losses_agree_with_numpy() -> None:
    # JAX and torch take long to compile. All losses' numbers are tests/jax's and tests/torch's business, all their
    # classes that of the test above.
    for record in FEW:
        public, made = lossary.get(record.name), getattr(lossary.keras, lossary.keras.names.class_name(record))()
        y, f = examples(record)
        if isinstance(record, RowLoss):
            wanted = Rows(record, y, f, dict(public.given)).value
        else:
            wanted = on_numpy(record.value, y, f, *public.given.values()).mean(axis=-1)
        made.reduction = None
        np.testing.assert_allclose(numbers(made(y, f)), wanted, rtol=2e-5, atol=1e-6, err_msg=record.name)


def test_names_keras_has_stay_its_own() -> None:
    assert keras.losses.get("huber") is keras.losses.huber
    assert type(keras.losses.get("lossary>huber")) is lossary.keras.Huber
    assert type(keras.losses.get("quantile")) is lossary.keras.Quantile


def test_class_indices_as_keras_hands_them_over() -> None:
    made = lossary.keras.SoftmaxCrossEntropy()
    wanted = lossary.softmax_cross_entropy.cost(Y, Z)
    for y in (Y, Y.astype(np.float32), Y[:, np.newaxis], Y.astype(np.uint8), np.eye(4)[Y]):
        np.testing.assert_allclose(number(made(y, Z)), wanted, rtol=1e-6)
    own = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    np.testing.assert_allclose(number(made(Y, Z)), number(own(Y, Z)), rtol=1e-5)


def test_a_label_that_is_no_class_is_never_another_one() -> None:
    for y in (np.array([0, 4, 1, 2, 2, 0]), np.array([0.5, 1, 1, 2, 2, 0])):
        try:
            assert np.isnan(number(lossary.keras.SoftmaxCrossEntropy()(y, Z)))
            assert BACKEND == "jax"
        except DomainError:
            assert BACKEND == "torch"


def test_options_and_other_axes() -> None:
    options = {"label_smoothing": 0.2, "class_weight": [1.0, 2.0, 0.5, 3.0], "temperature": 2.0, "soft_cap": 4.0}
    made = lossary.keras.FocalSoftmax(gamma=1.5, reduction=None, **options)
    wanted = lossary.focal_softmax(Y, Z, gamma=1.5, **options)
    np.testing.assert_allclose(numbers(made(Y, Z)), wanted, rtol=2e-5)
    again = type(made).from_config(made.get_config())
    np.testing.assert_allclose(numbers(again(Y, Z)), wanted, rtol=2e-5)
    images = np.moveaxis(np.stack([Z, 2.0 * Z]), -1, 1)
    labels = np.stack([Y, Y[::-1]])
    found = lossary.keras.SoftmaxCrossEntropy(axis=1, reduction=None)(labels, images)
    np.testing.assert_allclose(
        numbers(found), lossary.softmax_cross_entropy(labels, np.moveaxis(images, 1, -1)), rtol=1e-5
    )
    ignored = lossary.keras.SoftmaxCrossEntropy(ignore_index=-1, reduction="sum")
    y = np.where(Y == 2, -1, Y)
    np.testing.assert_allclose(
        number(ignored(y, Z)), lossary.softmax_cross_entropy.cost(y, Z, reduction="sum", ignore_index=-1), rtol=1e-6
    )


def test_ignored_rows_do_not_enter_the_mean() -> None:
    y = np.where(Y == 2, -1, Y)
    own = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    made = lossary.keras.SoftmaxCrossEntropy(ignore_index=-1)
    np.testing.assert_allclose(number(made(y, Z)), number(own(y, Z)), rtol=1e-5)
    np.testing.assert_allclose(number(made(y, Z)), lossary.softmax_cross_entropy(Y, Z)[Y != 2].mean(), rtol=1e-5)


def test_missing_targets_enter_no_mean() -> None:
    nan = float("nan")
    y, f = np.array([[1.0, nan], [nan, nan], [3.0, 5.0]]), np.array([[2.0, nan], [7.0, nan], [3.0, 3.0]])
    made = lossary.keras.SquaredError(missing="nan")
    np.testing.assert_allclose(number(made(y, f)), (1.0 + 2.0) / 2, rtol=1e-6)
    again = lossary.keras.SquaredError.from_config(made.get_config())
    np.testing.assert_allclose(number(again(y[:, 0], f[:, 0])), 0.5, rtol=1e-6)
    np.testing.assert_allclose(number(made(y, f, np.array([3.0, 9.0, 1.0]))), (3.0 + 2.0) / 2, rtol=1e-6)
    rows = np.where(np.arange(6)[:, None] % 2, nan, np.eye(4, dtype=np.float32)[Y])
    made = lossary.keras.SoftmaxCrossEntropy(missing="nan")
    np.testing.assert_allclose(number(made(rows, Z)), lossary.softmax_cross_entropy.cost(Y[::2], Z[::2]), rtol=1e-6)
    made = lossary.keras.OneVsRestLogistic(missing="nan", reduction="sum")
    np.testing.assert_allclose(number(made([[1.0, nan]], [[0.5, nan]])), lossary.logistic.cost([1.0], [0.5]), rtol=1e-6)
    with pytest.raises(ValueError, match="missing must be"):
        lossary.keras.SquaredError(missing="drop")


def test_a_model_learns_from_what_is_known() -> None:
    x = np.linspace(-1.0, 1.0, 64)[:, None].astype(np.float32)
    y = np.where(np.arange(64)[:, None] % 2, float("nan"), 3.0 * x)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss=lossary.keras.SquaredError(missing="nan"), optimizer=keras.optimizers.SGD(0.5))
    model.fit(x, y, epochs=30, batch_size=32, verbose=0)
    np.testing.assert_allclose(numbers(model(x)), 3.0 * x, atol=0.05)


def test_refusals_speak_to_a_person() -> None:
    for make, error, said in (
        (lambda: lossary.keras.Huber(delta=-1.0), ValueError, "delta must be in"),
        (lambda: lossary.keras.Huber(dleta=1.0), TypeError, "did you mean delta"),
        (lambda: lossary.keras.SoftmaxCrossEntropy(label_smoothing=1.0), ValueError, "label_smoothing must be in"),
        (lambda: lossary.keras.Hubber, AttributeError, "did you mean huber"),
    ):
        with pytest.raises(error, match=said):
            make()


def test_weights_and_reductions_are_those_of_keras() -> None:
    y, f = np.zeros((4, 3), np.float32), CHOSEN.normal(size=(4, 3)).astype(np.float32)
    weight = np.array([1.0, 2.0, 0.0, 0.5], np.float32)
    for reduction in ("sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", None):
        ours = lossary.keras.Huber(delta=0.7, reduction=reduction)
        own = keras.losses.Huber(delta=0.7, reduction=reduction)
        for w in (None, weight):
            np.testing.assert_allclose(
                numbers(ours(y, f, sample_weight=w)), numbers(own(y, f, sample_weight=w)), rtol=1e-5
            )
    column = lossary.keras.Huber()(np.zeros(4), np.ones((4, 1)))
    assert number(column) == 0.5


def test_what_weighs_nothing_does_not_count_whatever_stands_there() -> None:
    y = Y.copy()
    y[2] = 99
    z = Z.copy()
    z[2] = np.nan
    weight = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0], np.float32)
    kept = weight > 0.0
    found = lossary.keras.SoftmaxCrossEntropy(reduction="sum")(y, z, sample_weight=weight)
    np.testing.assert_allclose(number(found), lossary.softmax_cross_entropy(Y[kept], Z[kept]).sum(), rtol=1e-6)
    f = np.array([[1.0], [np.nan]], np.float32)
    assert number(lossary.keras.Huber(reduction="sum")(np.zeros((2, 1)), f, sample_weight=np.array([1.0, 0.0]))) == 0.5


def test_masks_are_those_of_keras() -> None:
    z = CHOSEN.normal(size=(2, 3, 4)).astype(np.float32)
    y = np.array([[0, 1, 99], [3, 99, 99]])
    mask = np.array([[True, True, False], [True, False, False]])
    z_tensor = keras.ops.convert_to_tensor(z)
    z_tensor._keras_mask = keras.ops.convert_to_tensor(mask)
    wanted = lossary.softmax_cross_entropy(np.where(mask, y, 0), z)[mask].mean()
    np.testing.assert_allclose(number(lossary.keras.SoftmaxCrossEntropy()(y, z_tensor)), wanted, rtol=1e-5)


def test_a_model_is_compiled_by_name_trained_saved_and_loaded() -> None:
    keras.utils.set_random_seed(1)
    x = CHOSEN.normal(size=(96, 5)).astype(np.float32)
    labels = (x @ CHOSEN.normal(size=(5, 3))).argmax(axis=1)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])
    model.compile(keras.optimizers.Adam(0.05), loss="lossary>SoftmaxCrossEntropy", metrics=["accuracy"])
    history = model.fit(x, labels, epochs=12, batch_size=32, verbose=0, sample_weight=np.ones(96))
    assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
    wanted = lossary.softmax_cross_entropy.cost(labels, model.predict(x, verbose=0))
    np.testing.assert_allclose(model.evaluate(x, labels, verbose=0)[0], wanted, rtol=1e-5)
    smoothed = lossary.keras.SoftmaxCrossEntropy(label_smoothing=0.25)
    for loss, expected in ((model.loss, {}), (smoothed, {"label_smoothing": 0.25})):
        model.compile(model.optimizer, loss=loss)
        loaded = saved_and_loaded(model)
        assert type(keras.losses.get(loaded.loss)) is lossary.keras.SoftmaxCrossEntropy
        wanted = lossary.softmax_cross_entropy.cost(labels, model.predict(x, verbose=0), **expected)
        np.testing.assert_allclose(loaded.evaluate(x, labels, verbose=0), wanted, rtol=1e-5)


def saved_and_loaded(model, classes=None):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return keras.models.load_model(path, custom_objects=classes)


def test_probabilities_of_half_precision_are_probabilities() -> None:
    for dtype in ("float16", "bfloat16"):
        p = keras.ops.cast(keras.ops.softmax(keras.ops.convert_to_tensor(3.0 * Z)), dtype)
        wide = numbers(keras.ops.cast(p, "float32"))
        found = lossary.keras.CategoricalCrossEntropy()(Y, p)
        np.testing.assert_allclose(number(found), -np.log(wide[np.arange(6), Y]).mean(), rtol=1e-5)
        found = lossary.keras.SoftmaxCrossEntropy()(p, Z)
        log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(number(found), -(wide * log_p).sum(axis=1).mean(), rtol=1e-5)


def test_names_of_other_libraries() -> None:
    assert lossary.keras.MeanSquaredError is lossary.keras.SquaredError
    assert lossary.keras.HuberLoss is lossary.keras.Huber
    assert "SoftmaxCrossEntropy" in dir(lossary.keras)
    assert "delta : float" in lossary.keras.Huber.__doc__


def test_losses_by_name_with_parameters_and_of_ones_own() -> None:
    assert lossary.keras.get("pinball:0.9", reduction="sum").get_config()["tau"] == 0.9
    assert type(lossary.keras.get("focal_softmax")) is lossary.keras.FocalSoftmax
    mine = lossary.keras.get(lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 4, name="fourth").using(c=2.0))
    y, f = np.zeros((2, 1), np.float32), np.array([[2.0], [4.0]], np.float32)
    for again in (mine, copy.deepcopy(mine), pickle.loads(pickle.dumps(mine))):
        assert number(again(y, f)) == 8.5
    assert type(copy.deepcopy(mine)) is type(mine)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", loss=mine)
    loaded = saved_and_loaded(model, {"Fourth": type(mine)})
    np.testing.assert_allclose(loaded.evaluate(f, y, verbose=0), model.evaluate(f, y, verbose=0))


if __name__ == "__main__":
    for name, check in [*globals().items()]:
        if name.startswith("test_") and (len(sys.argv) == 1 or name in sys.argv[1:]):
            check()
            print(f"{BACKEND}: {name}", flush=True)
