"""Parameters beyond float32: computed in float64, or refused."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lossary.jax as losses


def test_numbers_beyond_float32_have_their_limit() -> None:
    f, y = jnp.asarray([0.0, 1.0], jnp.float32), jnp.zeros(2, jnp.float32)
    np.testing.assert_array_equal(losses.smooth_l1(f, y, beta=1e-50), [0.0, 1.0])
    slope = jax.grad(lambda p: losses.smooth_l1(p, y, beta=1e-50).sum())(f)
    np.testing.assert_array_equal(slope, [0.0, 1.0])
    np.testing.assert_array_equal(jax.jit(lambda p: losses.huber(p, y, delta=1e50))(f), [0.0, 0.5])


def test_what_float32_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="temperature is 1e-50, which float32 cannot hold"):
        losses.softmax_cross_entropy(jnp.zeros((1, 2), jnp.float32), jnp.asarray([0]), temperature=1e-50)
    with pytest.raises(ValueError, match="delta is 1e-50, which float32 cannot hold"):
        losses.huber(jnp.zeros(2, jnp.float32), jnp.zeros(2, jnp.float32), delta=np.full(2, 1e-50))
