"""How ``lossary.keras`` trains, eager and compiled: run in a process of its own by ``test_keras_losses.py``."""

from __future__ import annotations

import sys

import keras
import numpy as np
import pytest

import lossary
import lossary.keras
from lossary.rowwise import RowLoss

BACKEND = keras.backend.backend()
CHOSEN = np.random.default_rng(1905)
B, T, K = 4, 3, 5
POINTWISE, ROWWISE = "huber", "softmax_cross_entropy"
LABELS = CHOSEN.integers(0, K, (B, T))
SCORES = CHOSEN.normal(size=(B, T, K)).astype(np.float32)
MASK = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], bool)
WEIGHTS = {
    "one": np.float32(2.0),
    "batch": np.array([1.0, 0.0, 2.0, 0.5], np.float32),
    "column": np.array([[1.0], [0.0], [2.0], [0.5]], np.float32),
    "all": np.array([[1, 0, 2], [0, 1, 1], [3, 1, 0], [1, 0, 1]], np.float32),
    "none": None,
}


def number(x) -> float:
    return float(keras.ops.convert_to_numpy(x))


def made(name: str, **options) -> keras.losses.Loss:
    return getattr(lossary.keras, lossary.keras.names.class_name(lossary.discovery.find(name)))(**options)


def in_full(weights) -> np.ndarray:
    """The weight of every loss: one for all, one an example of the batch, or one each."""
    weights = np.ones(()) if weights is None else weights
    return np.broadcast_to(weights[:, None] if weights.ndim == 1 else weights, (B, T))


def spoiled(name: str, left_out: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets and predictions with nonsense where ``left_out``, and the losses of those that were there before."""
    if name == ROWWISE:
        losses = lossary.softmax_cross_entropy(LABELS, SCORES)
        y, f = np.where(left_out, 99, LABELS), np.where(left_out[..., None], np.nan, SCORES)
        return y, f.astype(np.float32), losses
    y = 2.0 * SCORES[..., ::-1]
    losses = lossary.huber(y, SCORES).mean(axis=-1)
    y, f = (np.where(left_out[..., None], np.nan, x).astype(np.float32) for x in (y, SCORES))
    return y, f, losses


def compiled(function):
    """The function as Keras compiles it for this back end."""
    if BACKEND == "jax":
        import jax  # noqa: PLC0415

        return jax.jit(function)
    import torch  # noqa: PLC0415

    return torch.no_grad()(function)  # Keras runs torch eagerly


def masked(f, mask):
    f = keras.ops.convert_to_tensor(f)
    keras.src.backend.set_keras_mask(f, mask)
    return f


def test_every_loss_is_built_from_shapes_alone() -> None:
    for record in lossary.discovery.every_record():
        rowwise = isinstance(record, RowLoss)
        y = keras.KerasTensor((B, K + record.more_classes) if rowwise else (B, K), "float32")
        for reduction, shape in (("sum_over_batch_size", ()), (None, (B,))):
            spec = keras.src.backend.compute_output_spec(
                made(record.name, reduction=reduction), y, keras.KerasTensor((B, K), "float32")
            )
            assert spec.shape == shape, record.name


def test_weights_and_masks_count_the_same_eager_and_compiled() -> None:
    every, few = list(WEIGHTS.values()), [WEIGHTS["column"]]  # each case takes XLA a while to compile
    for name in (POINTWISE, ROWWISE):
        for reduction, shapes in (("sum_over_batch_size", every), ("mean_with_sample_weight", few)):
            loss = made(name, reduction=reduction)
            calls, wanted = [], []
            for weights in shapes:
                for mask in (None, MASK):
                    kept = np.ones((B, T), bool) if mask is None else mask
                    full = np.where(kept, in_full(weights), 0.0)
                    y, f, losses = spoiled(name, full == 0.0)
                    by = full.sum() if reduction == "mean_with_sample_weight" else kept.sum()
                    wanted.append((losses * full).sum() / by)
                    calls.append((y, f, weights, mask))

            def costs(calls, loss=loss):
                return [
                    loss(y, f if mask is None else masked(f, mask), sample_weight=weights)
                    for y, f, weights, mask in calls
                ]

            calls = [tuple(x if x is None else keras.ops.convert_to_tensor(x) for x in call) for call in calls]
            for way in (costs, compiled(costs)):
                np.testing.assert_allclose([number(x) for x in way(calls)], wanted, rtol=1e-5, err_msg=name)


def test_weights_of_another_shape_are_refused() -> None:
    for shape in ((T,), (B, 2), (1, B), (B, T, K)):
        with pytest.raises(ValueError, match=r"sample_weight has shape .* losses of shape"):
            made(ROWWISE)(LABELS, SCORES, sample_weight=np.ones(shape))


def test_ignored_labels_leave_the_mean_eager_and_compiled() -> None:
    y = np.where(MASK, LABELS, -1)
    loss = made(ROWWISE, ignore_index=-1)
    wanted = lossary.softmax_cross_entropy(LABELS, SCORES)[MASK].mean()
    for way in (loss, compiled(loss)):
        for column in (y, y[..., None], y.astype(np.float32)):
            np.testing.assert_allclose(
                number(way(keras.ops.convert_to_tensor(column), keras.ops.convert_to_tensor(SCORES))), wanted, rtol=1e-5
            )
    with pytest.raises(TypeError, match="ignore_index is for class indices"):
        loss(np.eye(K)[LABELS], SCORES)


def test_a_class_index_is_not_rounded_to_the_loss_s_dtype() -> None:
    scores = CHOSEN.normal(size=(2, 300)).astype(np.float32)
    loss = made(ROWWISE, dtype="bfloat16")
    for y in (np.array([257, 299]), np.array([257.0, 299.0], np.float32)):
        wanted = lossary.softmax_cross_entropy.cost([257, 299], scores)
        np.testing.assert_allclose(number(loss(y, scores)), wanted, rtol=0.02)
        other = lossary.softmax_cross_entropy.cost([256, 299], scores)
        assert abs(number(loss(y, scores)) - wanted) < abs(number(loss(y, scores)) - other)


def test_a_half_precision_mean_does_not_overflow() -> None:
    for dtype in ("float16", "bfloat16"):
        loss = made("squared_error", dtype=dtype)
        assert number(loss(np.zeros((70000, 1)), np.full((70000, 1), 2.0))) == 4.0


def test_fit_masks_and_weights_as_eager() -> None:
    """``mask_zero`` in ``fit``: labels that are no class stand where the input is padded."""
    x = np.array([[1, 2, 0], [3, 0, 0], [1, 3, 2], [2, 0, 0]])
    y = np.where(x > 0, LABELS, 99)
    costs = []
    for eagerly in (False, True):
        keras.utils.set_random_seed(7)
        model = keras.Sequential([keras.layers.Embedding(4, 6, mask_zero=True), keras.layers.Dense(K)])
        model.compile(keras.optimizers.SGD(0.1), loss=made(ROWWISE), run_eagerly=eagerly)
        weight = WEIGHTS["batch"]
        history = model.fit(x, y, sample_weight=weight, batch_size=B, epochs=2, verbose=0, shuffle=False)
        costs.append(history.history["loss"])
    assert np.isfinite(costs).all()
    np.testing.assert_allclose(costs[0], costs[1], rtol=1e-5)
    assert costs[0][1] < costs[0][0]


def test_losses_that_no_ones_satisfy_are_trained() -> None:
    """Keras builds a model with tensors of ones, which are no distributions and do not increase along a row."""
    x = CHOSEN.normal(size=(8, 2)).astype(np.float32)
    for name in ("categorical_cross_entropy", "multiclass_brier"):
        model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
        model.compile(keras.optimizers.SGD(0.5), loss=made(name))
        history = model.fit(x, np.eye(3)[(x[:, 0] > 0).astype(int)], batch_size=8, epochs=3, verbose=0)
        assert history.history["loss"][-1] < history.history["loss"][0]


if __name__ == "__main__":
    for name, check in [*globals().items()]:
        if name.startswith("test_") and (len(sys.argv) == 1 or name in sys.argv[1:]):
            check()
            print(f"{BACKEND}: {name}", flush=True)
