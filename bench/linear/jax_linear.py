"""JAX: ``jit(value_and_grad(...))`` of optax's loss on x w', compiled before it is first run."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bench.linear.cases import LinearAnswer, LinearData, LinearShape
from bench.racing.harness import Contestant
from bench.racing.providers import COST, Entry, Provider


def cost(x: jax.Array, weight: jax.Array, y: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(x @ weight.T, y).mean()


def _enter(shape: LinearShape, data: LinearData) -> Entry:
    x, weight, y = jnp.asarray(data.x), jnp.asarray(data.weight), jnp.asarray(data.y)
    both = jax.jit(jax.value_and_grad(cost, argnums=(0, 1))).lower(x, weight, y).compile()
    return Entry(
        Contestant("jax.jit", lambda: jax.block_until_ready(both(x, weight, y))),
        lambda got: LinearAnswer(float(got[0]), np.asarray(got[1][0]), np.asarray(got[1][1])),  # type: ignore[index]
    )


PROVIDERS = [Provider("jax.jit", COST, _enter, "value_and_grad of both arguments, result waited for; two threads")]
