"""JAX: ``jit(value_and_grad(...))`` of optax's losses, or of what its users write; results are waited for.

One-hot rows are made in the dtype of the scores: in optax's own functions they would turn a float32 race into float64.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, Entry, Provider
from bench.rowwise.cases import GAMMA, HALF_IGNORED, IGNORED, SMOOTHING, SOFTMAX, RowCase, RowData

jax.config.update("jax_enable_x64", True)

Cost = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]

_indexed = optax.softmax_cross_entropy_with_integer_labels


def _hot(f: jax.Array, y: jax.Array) -> jax.Array:
    return jax.nn.one_hot(y, f.shape[1], dtype=f.dtype)


def softmax(f: jax.Array, y: jax.Array, w: jax.Array) -> jax.Array:
    return _indexed(f, y).mean()


def half_ignored(f: jax.Array, y: jax.Array, w: jax.Array) -> jax.Array:
    counts = y != IGNORED
    return jnp.where(counts, _indexed(f, jnp.where(counts, y, 0)), 0).sum() / counts.sum().astype(f.dtype)


def smoothed(f: jax.Array, y: jax.Array, w: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy(f, optax.smooth_labels(_hot(f, y), SMOOTHING)).mean()


def class_weights(f: jax.Array, y: jax.Array, w: jax.Array) -> jax.Array:
    return (w[y] * _indexed(f, y)).sum() / w[y].sum()


def soft(f: jax.Array, t: jax.Array, w: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy(f, t).mean()


def focal(f: jax.Array, y: jax.Array, w: jax.Array) -> jax.Array:
    log_p = jnp.take_along_axis(jax.nn.log_softmax(f), y[:, None], 1)[:, 0]
    return -((1 - jnp.exp(log_p)) ** GAMMA * log_p).mean()


def crammer_singer(f: jax.Array, y: jax.Array, w: jax.Array) -> jax.Array:
    hot = _hot(f, y)
    return (jnp.max(f + 1 - hot, axis=1) - (f * hot).sum(axis=1)).mean()


def kl(f: jax.Array, t: jax.Array, w: jax.Array) -> jax.Array:
    return optax.kl_divergence(f, t).mean()


_COSTS: dict[str, Cost] = {
    SOFTMAX: softmax,
    HALF_IGNORED: half_ignored,
    "label smoothing": smoothed,
    "class weights": class_weights,
    "soft targets": soft,
    "focal": focal,
    "Crammer-Singer hinge": crammer_singer,
    "KL, log-probabilities": kl,
}


def _enter(case: RowCase, data: RowData) -> Entry | None:
    cost = _COSTS.get(case.label)
    if cost is None:
        return None
    f, y = jnp.asarray(data.f), jnp.asarray(data.y)
    weight = jnp.asarray(data.class_weight, dtype=f.dtype)
    both = jax.jit(jax.value_and_grad(cost))
    return Entry(
        Contestant("jax.jit", lambda: jax.block_until_ready(both(f, y, weight))),
        lambda got: Answer(float(got[0]), np.asarray(got[1])),  # type: ignore[index]
    )


PROVIDERS = [Provider("jax.jit", COST, _enter, "value_and_grad of optax's loss, result waited for; two threads")]
