"""Derivatives through JAX: against difference quotients, and against the formulas of the NumPy interface."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import lossary
import lossary.jax
from lossary.formula import Choice, Loss
from lossary.proof import points
from lossary.proof.rows import points as row_points
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


def test_pointwise_derivatives_are_those_of_the_value(each_loss: Loss) -> None:
    y, f = interior(each_loss, {p.name: p.default for p in each_loss.parameters})
    function = jax.jit(lossary.jax.get(each_loss.name))
    check_grads(lambda f: function(f, y), (f,), order=2, modes=("rev",), eps=1e-5, **CLOSE)


def test_pointwise_derivatives_by_targets_and_parameters(each_loss: Loss) -> None:
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
        check_grads(jax.jit(cost), (moving,), order=1, modes=("fwd", "rev"), eps=1e-5, **CLOSE)


def test_pointwise_gradients_and_hessians_are_the_formulas(each_loss: Loss) -> None:
    y, f = interior(each_loss, {p.name: p.default for p in each_loss.parameters})
    function, public = lossary.jax.get(each_loss.name), lossary.get(each_loss.name)

    def total(f):
        return function(f, y).sum()

    slope, full = jax.jit(lambda f: (jax.grad(total)(f), jax.hessian(total)(f)))(f)
    np.testing.assert_allclose(slope, public.gradient(y, f), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(np.diag(full), public.hessian(y, f), rtol=1e-9, atol=1e-12)
    assert np.count_nonzero(full - np.diag(np.diag(full))) == 0


def rows(loss: RowLoss) -> tuple[np.ndarray, np.ndarray]:
    """Three rows of three scores of ordinary size, with target weights."""
    group = [c for c in row_points.generic(loss, loss.defaults(), 16) if len(c.f) == 3][:3]
    return np.array([c.weights(loss) for c in group]), np.array([c.f for c in group])


def test_rowwise_derivatives_are_those_of_the_value(each_row_loss: RowLoss) -> None:
    function, (t, f) = jax.jit(lossary.jax.get(each_row_loss.name)), rows(each_row_loss)
    check_grads(lambda f: function(f, t), (f,), order=2, modes=("rev",), eps=1e-6, **CLOSE)


def test_rowwise_derivatives_by_targets_and_parameters(each_row_loss: RowLoss) -> None:
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
        check_grads(jax.jit(cost), (moving,), order=1, modes=("fwd", "rev"), eps=1e-6, **CLOSE)


def test_rowwise_gradients_and_hessians_are_the_formulas(each_row_loss: RowLoss) -> None:
    function, public = lossary.jax.get(each_row_loss.name), lossary.get(each_row_loss.name)
    t, f = rows(each_row_loss)
    along = np.random.default_rng(1).normal(size=f.shape)

    def total(f):
        return function(f, t).sum()

    @jax.jit
    def all_of_them(f):
        slope, product = jax.jvp(jax.grad(total), (f,), (along,))
        return slope, product, jax.vmap(jax.hessian(function))(f, t)

    slope, product, full = all_of_them(f)
    np.testing.assert_allclose(slope, public.gradient(t, f), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(full, public.full_hessian(t, f), rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(product, public.hessian_product(t, f, along), rtol=1e-8, atol=1e-11)


def test_a_large_neighbour_takes_no_digits_from_a_hessian_product() -> None:
    z = jnp.array([50.0, 0.0, -1.0])

    def gradient(z):
        return jax.grad(lambda z: lossary.jax.softmax_cross_entropy(z, 0))(z)

    along = jnp.array([1e20, 1.0, 0.0])
    _, product = jax.jvp(gradient, (z,), (along,))
    expected = lossary.softmax_cross_entropy.hessian_product([0], [np.asarray(z)], [np.asarray(along)])[0]
    np.testing.assert_allclose(product, expected, rtol=1e-13)


def test_third_derivatives() -> None:
    z, along = jnp.array([0.3, -0.2, 0.9]), jnp.array([0.5, 1.0, -0.25])
    for name in ("softmax_cross_entropy", "sparsemax"):
        function = lossary.jax.get(name)

        def bend(z, function=function):
            return jax.hessian(function)(z, 1)

        _, third = jax.jvp(jax.jit(bend), (z,), (along,))
        step = 1e-5
        quotient = (bend(z + step * along) - bend(z - step * along)) / (2.0 * step)
        np.testing.assert_allclose(third, quotient, atol=1e-8)
    y, f = jnp.array([1.0, 0.0]), jnp.array([0.3, -2.0])
    check_grads(jax.jit(lambda f: lossary.jax.logistic(f, y)), (f,), order=3, modes=("rev",), eps=1e-5, **CLOSE)
