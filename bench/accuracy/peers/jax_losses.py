"""JAX: Optax's losses, and ``jax.scipy`` for those it lacks; compiled by ``jit``, differentiated by ``grad``."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.scipy import special, stats

from bench.accuracy.peer import Answer, Compute, Function, Library, version

jax.config.update("jax_enable_x64", True)


def _grad(value: Callable[..., jax.Array]) -> Compute:
    """The loss ``value(f, y, *parameters)`` and its derivative by ``f``."""
    values = jax.jit(value)
    gradients = jax.jit(jax.grad(lambda f, y, *parameters: jnp.sum(value(f, y, *parameters))))

    def compute(y: np.ndarray, f: np.ndarray, *parameters: float) -> Answer:
        prediction, target = jnp.asarray(f), jnp.asarray(y)
        found = (values(prediction, target, *parameters), gradients(prediction, target, *parameters))
        assert all(array.dtype == f.dtype for array in found)
        return np.asarray(found[0]), np.asarray(found[1])

    return compute


FUNCTIONS = {
    "squared_error": Function("squared_error", _grad(optax.losses.squared_error)),
    "half_squared_error": Function("l2_loss", _grad(optax.losses.l2_loss)),
    "huber": Function("huber_loss", _grad(lambda f, y, delta: optax.losses.huber_loss(f, y, delta=delta))),
    "log_cosh": Function("log_cosh", _grad(optax.losses.log_cosh)),
    "logistic": Function(
        "sigmoid_binary_cross_entropy", _grad(lambda f, y, *_: optax.losses.sigmoid_binary_cross_entropy(f, y))
    ),
    "focal": Function(
        "sigmoid_focal_loss",
        _grad(lambda f, y, gamma, alpha: optax.losses.sigmoid_focal_loss(f, y, alpha=alpha, gamma=gamma)),
        takes=lambda y, f: (y == 0.0) | (y == 1.0),
        note="Between labels 0 and 1 Optax and Keras define another focal loss; only the labels count.",
    ),
    "hinge": Function("hinge_loss", _grad(optax.losses.hinge_loss)),
    "perceptron": Function("perceptron_loss", _grad(optax.losses.perceptron_loss)),
    "poisson_deviance": Function("2 jax.scipy.special.kl_div", _grad(lambda f, y: 2.0 * special.kl_div(y, f))),
    "gaussian_nll": Function(
        "-jax.scipy.stats.norm.logpdf", _grad(lambda f, y, scale: -stats.norm.logpdf(y, f, scale))
    ),
    "laplace_nll": Function(
        "-jax.scipy.stats.laplace.logpdf", _grad(lambda f, y, scale: -stats.laplace.logpdf(y, f, scale))
    ),
    "student_t_nll": Function(
        "-jax.scipy.stats.t.logpdf", _grad(lambda f, y, scale, df: -stats.t.logpdf(y, df, f, scale))
    ),
}

LIBRARY = Library(
    "Optax, JAX",
    version("optax", "jax"),
    FUNCTIONS,
    "JAX treats subnormal numbers as zero on this processor, by design; so does Keras on top of it.",
)
