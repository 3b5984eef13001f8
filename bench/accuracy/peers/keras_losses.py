"""Keras 3 on its JAX back end, told to compute in the dtype of the data."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import keras
import numpy as np

from bench.accuracy.peer import Answer, Compute, Function, Library, version

if keras.backend.backend() != "jax":
    raise ImportError("Keras runs on another back end: set KERAS_BACKEND=jax", name="keras with the JAX back end")
jax.config.update("jax_enable_x64", True)


def _grad(made: Callable[..., keras.Loss], factor: float = 1.0) -> Compute:
    """``made(*parameters, **options)`` as a loss of single numbers, times ``factor``, and its derivative."""

    def compute(y: np.ndarray, f: np.ndarray, *parameters: float) -> Answer:
        loss = made(*parameters, reduction=None, dtype=str(f.dtype))
        target, prediction = jnp.asarray(y)[:, None], jnp.asarray(f)[:, None]
        values = jax.jit(loss.__call__)(target, prediction)
        gradients = jax.jit(jax.grad(lambda at: jnp.sum(loss(target, at))))(prediction)
        return np.asarray(values) * factor, np.asarray(gradients)[:, 0] * factor

    return compute


CLIPS = "Keras clips probabilities to [1e-7, 1 - 1e-7]."

FUNCTIONS = {
    "squared_error": Function("MeanSquaredError", _grad(keras.losses.MeanSquaredError)),
    "absolute_error": Function("MeanAbsoluteError", _grad(keras.losses.MeanAbsoluteError)),
    "absolute_percentage_error(floor=1e-07)": Function(
        "MeanAbsolutePercentageError",
        _grad(lambda floor, **options: keras.losses.MeanAbsolutePercentageError(**options), 0.01),
        note="Keras counts in percent, with a floor of 1e-7.",
    ),
    "squared_log_error": Function(
        "MeanSquaredLogarithmicError",
        _grad(keras.losses.MeanSquaredLogarithmicError),
        takes=lambda y, f: (y >= 0.0) & (f >= 0.0),
        note="Keras raises both arguments to at least 1e-7; negative ones are not counted.",
    ),
    "huber": Function("Huber", _grad(keras.losses.Huber)),
    "log_cosh": Function("LogCosh", _grad(keras.losses.LogCosh)),
    "logistic": Function(
        "BinaryCrossentropy(from_logits=True)",
        _grad(lambda *_, **options: keras.losses.BinaryCrossentropy(from_logits=True, **options)),
    ),
    "binary_cross_entropy": Function("BinaryCrossentropy", _grad(keras.losses.BinaryCrossentropy), note=CLIPS),
    "focal": Function(
        "BinaryFocalCrossentropy(from_logits=True)",
        _grad(
            lambda gamma, alpha, **options: keras.losses.BinaryFocalCrossentropy(
                apply_class_balancing=True, alpha=alpha, gamma=gamma, from_logits=True, **options
            )
        ),
        takes=lambda y, f: (y == 0.0) | (y == 1.0),
        note=CLIPS,
    ),
    "hinge": Function("Hinge", _grad(keras.losses.Hinge)),
    "squared_hinge": Function("SquaredHinge", _grad(keras.losses.SquaredHinge)),
}

LIBRARY = Library(
    "Keras",
    version("keras"),
    FUNCTIONS,
    "Keras takes the mean over the last axis, here of one number, in float32 even where all is float64: "
    "values have the digits and the range of float32.",
)
