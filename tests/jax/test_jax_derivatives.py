"""Derivatives through JAX: against difference quotients, and against the formulas of the NumPy back end.

The gradient and the Hessian of every loss are judged in ``test_jax_accuracy.py``.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import lossary
import lossary.jax
from lossary.backends.numpy import evaluate as on_numpy
from lossary.backends.numpy_rows import Rows
from lossary.formula import Choice, Loss
from lossary.proof import points
from lossary.proof.rows import cases as row_points
from lossary.rowwise import RowLoss

pytestmark = pytest.mark.usefixtures("double")
CLOSE = {"atol": 2e-4, "rtol": 2e-4}
STEPS = (-1e-4, 1e-4)


def interior(loss: Loss, given: dict, size: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of ordinary size, where a difference quotient does not straddle a kink."""
    found = []
    for y, f, *_ in points.generic(loss, tuple(given.values()), 200, reach=(-0.5, 0.5)):
        kinks = (*(loss.kinks(y, *given.values()) if loss.kinks else ()), *((y,) if loss.link == "identity" else ()))
        if abs(f) < 8.0 and all(abs(f - k) > 1e-2 for k in kinks) and abs(f) > 0.1 and abs(y) < 50.0:
            found.append((y, f))
    y, f = (np.array(column) for column in zip(*found[:size], strict=True))
    return y, f


def test_pointwise_derivatives_by_targets_and_parameters(each_loss: Loss, one_by_one: None) -> None:
    given = {p.name: 0.9 * p.default if 0.9 * p.default in p.within else p.default for p in each_loss.parameters}
    y, f = interior(each_loss, given)
    function = lossary.jax.get(each_loss.name)
    moving = {p.name: given[p.name] for p in each_loss.parameters if all(given[p.name] + s in p.within for s in STEPS)}
    if each_loss.kinks is not None:
        moving = {}  # a kink may lie where a parameter says
    if not isinstance(each_loss.target, Choice):
        inside = np.array([all(a + s in each_loss.target for s in STEPS) for a in y])
        moving["targets"] = np.where(inside, y, 0.5 * (y + 0.5))

    def cost(moving):
        return function(f, moving.get("targets", y), **{n: moving.get(n, x) for n, x in given.items()}).sum()

    if moving:
        check_grads(cost, (moving,), order=1, modes=("fwd", "rev"), eps=1e-5, **CLOSE)


def rows(loss: RowLoss) -> tuple[np.ndarray, np.ndarray]:
    """Three rows of three scores of ordinary size, with target weights."""
    group = [c for c in row_points.generic(loss, loss.defaults(), 16) if len(c.f) == 3][:3]
    return np.array([c.weights(loss) for c in group]), np.array([c.f for c in group])


def test_rowwise_derivatives_by_targets_and_parameters(each_row_loss: RowLoss, one_by_one: None) -> None:
    function, (t, f) = lossary.jax.get(each_row_loss.name), rows(each_row_loss)
    moving: dict = {
        p.name: next(x for x in (p.default, p.default + 0.25) if all(x + s in p.within for s in STEPS))
        for p in each_row_loss.parameters
    }
    if each_row_loss.targets in ("scores", "relevance"):
        moving["targets"] = t + 0.125

    def cost(moving):
        given = {p.name: moving[p.name] for p in each_row_loss.parameters}
        return function(f, moving.get("targets", t), **given).sum()

    if moving:
        check_grads(cost, (moving,), order=1, modes=("fwd", "rev"), eps=1e-6, **CLOSE)


def test_at_a_kink_the_hessian_is_that_of_the_formula(one_by_one: None) -> None:
    """The loss of the one side or the other, never NaN and never the mean of both."""
    for name, y, f in (("huber", 0.0, 1.0), ("absolute_error", 2.0, 2.0), ("hinge", 1.0, 1.0), ("quantile", 0.0, 0.0)):
        function, record = lossary.jax.get(name), lossary.get(name).record
        for quantity, derived in (("grad", jax.grad(function)), ("hess", jax.hessian(function))):
            wanted = on_numpy(record.quantity(quantity), np.array(y), np.array(f), *record.defaults())
            assert float(derived(f, y)) == float(wanted), f"{name} {quantity}"


def test_a_large_neighbour_takes_no_digits_from_a_hessian_product(one_by_one: None) -> None:
    z = jnp.array([50.0, 0.0, -1.0])

    def gradient(z):
        return jax.grad(lambda z: lossary.jax.softmax_cross_entropy(z, 0))(z)

    along = jnp.array([1e20, 1.0, 0.0])
    _, product = jax.jvp(gradient, (z,), (along,))
    record = lossary.softmax_cross_entropy.record
    expected = Rows(record, [[1.0, 0.0, 0.0]], [z], {"z_loss": 0.0}).hessian_product([along])[0]
    np.testing.assert_allclose(product, expected, rtol=1e-13)


def test_third_derivatives(one_by_one: None) -> None:
    z, along = jnp.array([0.3, -0.2, 0.9]), jnp.array([0.5, 1.0, -0.25])
    for name in ("softmax_cross_entropy", "sparsemax"):
        function = lossary.jax.get(name)

        def bend(z, function=function):
            return jax.hessian(function)(z, 1)

        _, third = jax.jvp(bend, (z,), (along,))
        step = 1e-5
        quotient = (bend(z + step * along) - bend(z - step * along)) / (2.0 * step)
        np.testing.assert_allclose(third, quotient, atol=1e-8)
    y, f = jnp.array([1.0, 0.0]), jnp.array([0.3, -2.0])
    check_grads(lambda f: lossary.jax.logistic(f, y), (f,), order=3, modes=("rev",), eps=1e-5, **CLOSE)
