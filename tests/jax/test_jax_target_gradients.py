"""Derivatives by targets, at the ends of their ranges too: the limits that the referee finds, never NaN."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.support.target_slopes import (
    point_bracket,
    points_at_the_ends,
    row_brackets,
    rows_at_the_ends,
    within,
)

import lossary.jax
from lossary.formula import Loss
from lossary.rowwise import RowLoss

pytestmark = pytest.mark.usefixtures("double")

POINTS = 20


def test_gradients_by_target_weights_are_limits(each_row_loss: RowLoss, one_by_one: None) -> None:
    weights, scores = rows_at_the_ends(each_row_loss)
    function, f = lossary.jax.get(each_row_loss.name), jnp.array(scores)
    found = np.asarray(jax.grad(lambda t: function(f, t).sum())(jnp.array(weights)))
    for i, (t_row, f_row) in enumerate(zip(weights, scores, strict=True)):
        for j, allowed in enumerate(row_brackets(each_row_loss, tuple(t_row), tuple(f_row))):
            assert within(found[i, j], allowed, 1e-9), (i, j, found[i, j], allowed)


def test_gradients_by_targets_are_limits(each_loss: Loss, one_by_one: None) -> None:
    if each_loss.cost_root:
        return  # the same formula as that of its square
    points = points_at_the_ends(each_loss)
    again = np.resize(points, (POINTS, 2))  # of one size for all losses: JAX compiles each operation of each size
    y, f = (jnp.array(column) for column in again.T)
    function = lossary.jax.get(each_loss.name)
    found = np.asarray(jax.grad(lambda y: function(f, y).sum())(y))[: len(points)]
    for slope, (target, prediction) in zip(found, points, strict=True):
        allowed = point_bracket(each_loss, target, prediction)
        assert within(slope, allowed, 1e-9), (target, prediction, slope, allowed)


def test_compiled_too() -> None:
    p, t = jnp.array([[0.2, 0.3, 0.5]]), jnp.array([[0.0, 0.25, 0.75]])

    def costs(t):
        return (lossary.jax.kl_target_prediction(p, t) + lossary.jax.jensen_shannon_logits(jnp.log(p), t)).sum()

    found = jax.jit(jax.grad(costs))(t)
    assert found[0, 0] == -jnp.inf
    assert jnp.isfinite(found[0, 1:]).all()


def test_a_row_that_does_not_count_has_no_slope(one_by_one: None) -> None:
    p, t, weights = jnp.array([[0.2, 0.8], [0.4, 0.6]]), jnp.array([[0.0, 1.0], [0.5, 0.5]]), jnp.array([0.0, 1.0])
    found = jax.grad(lambda t: lossary.jax.kl_target_prediction(p, t, weights=weights).sum())(t)
    assert (found[0] == 0.0).all()
    assert jnp.isfinite(found).all()


@pytest.mark.parametrize("name", ["kl_target_prediction", "kl_prediction_target", "jensen_shannon"])
def test_a_class_without_target_and_probability_has_no_slope(name: str, one_by_one: None) -> None:
    p, t = jnp.array([[0.0, 0.5, 0.5]]), jnp.array([[0.0, 0.25, 0.75]])
    found = jax.grad(lambda t: lossary.jax.get(name)(p, t).sum())(t)
    assert not jnp.isnan(found).any()
