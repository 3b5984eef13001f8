"""JAX: ``jit(value_and_grad(...))`` of what optax and its users write.

Every call waits for its result: XLA returns before it has one.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from bench.pointwise.cases import DELTA, POWER, SCALE, TAU, Case, Data
from bench.pointwise.referee import Answer
from bench.racing.harness import Contestant
from bench.racing.providers import COST, Entry, Provider

jax.config.update("jax_enable_x64", True)

Value = Callable[[jax.Array, jax.Array], jax.Array]


def squared_error(f: jax.Array, y: jax.Array) -> jax.Array:
    return (f - y) ** 2


def huber(f: jax.Array, y: jax.Array) -> jax.Array:
    a = jnp.abs(f - y)
    q = jnp.minimum(a, DELTA)
    return 0.5 * q**2 + DELTA * (a - q)


def absolute_error(f: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.abs(f - y)


def quantile(f: jax.Array, y: jax.Array) -> jax.Array:
    d = y - f
    return jnp.maximum(TAU * d, (TAU - 1) * d)


def pseudo_huber(f: jax.Array, y: jax.Array) -> jax.Array:
    return DELTA**2 * (jnp.sqrt(1 + ((f - y) / DELTA) ** 2) - 1)


def log_cosh(f: jax.Array, y: jax.Array) -> jax.Array:
    r = f - y
    return jnp.logaddexp(r, -r) - jnp.log(2.0).astype(r.dtype)


def logistic(f: jax.Array, y: jax.Array) -> jax.Array:
    return -y * jax.nn.log_sigmoid(f) - (1 - y) * jax.nn.log_sigmoid(-f)


def poisson(f: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.exp(f) - y * f


def tweedie(f: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.exp((2 - POWER) * f) / (2 - POWER) - y * jnp.exp((1 - POWER) * f) / (1 - POWER)


def cauchy(f: jax.Array, y: jax.Array) -> jax.Array:
    return 0.5 * SCALE**2 * jnp.log1p(((f - y) / SCALE) ** 2)


_ALL = (squared_error, huber, absolute_error, quantile, pseudo_huber, log_cosh, logistic, poisson, tweedie, cauchy)
_VALUES: dict[str, Value] = {value.__name__: value for value in _ALL}


def _enter(case: Case, data: Data) -> Entry:
    value = _VALUES[case.name]
    y, f = jnp.asarray(data.y), jnp.asarray(data.f)
    both = jax.jit(jax.value_and_grad(lambda f, y: value(f, y).mean()))
    return Entry(
        Contestant("jax.jit", lambda: jax.block_until_ready(both(f, y))),
        lambda got: Answer(float(got[0]), np.asarray(got[1])),  # type: ignore[index]
    )


PROVIDERS = [Provider("jax.jit", COST, _enter, "value_and_grad, result waited for; two threads")]
