"""Missing targets in JAX: losses and gradients of zero, never NaN, under every transformation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify

import lossary.jax
from lossary import discovery
from lossary.evaluate.arrays.missing import by_label
from lossary.evaluate.arrays.placeholders import plain_row
from lossary.formula import Loss
from lossary.proof import points
from lossary.rowwise import RowLoss

GAP = jnp.array([jnp.nan])
THERE = np.array([True, False, True, True, False, True])


@pytest.mark.usefixtures("one_by_one")
def test_gaps_have_no_part_in_a_loss_or_its_gradient(each_loss: Loss) -> None:
    y, f = np.array([p[:2] for p in points.generic(each_loss, each_loss.defaults(), 6)], np.float32).T
    function = getattr(lossary.jax, each_loss.name)
    gone, f_gone = np.where(THERE, y, np.nan), np.where(THERE, f, np.nan)
    np.testing.assert_array_equal(function(f_gone, gone, missing="nan"), np.where(THERE, function(f, y), 0.0))
    gradient = jax.grad(lambda x, t, **o: function(x, t, **o).sum())
    got = gradient(jnp.asarray(f_gone), gone, missing="nan")
    np.testing.assert_array_equal(got, np.where(THERE, gradient(jnp.asarray(f), y), 0.0))
    assert np.isnan(function(f, gone)[~THERE]).all()


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.sampled("tests/jax/test_jax_interface.py::test_what_stands_in_for_a_row_that_does_not_count_is_harmless")
def test_rows_with_gaps_too(each_row_loss: RowLoss) -> None:
    t, x = (np.tile(np.float32(row), (6, 1)) for row in plain_row(each_row_loss, 4))
    function = getattr(lossary.jax, each_row_loss.name)
    gone = np.where(THERE[:, None], t, np.nan)
    x_gone = np.where(THERE[:, None], x, np.nan)
    np.testing.assert_array_equal(function(x_gone, gone, missing="nan"), np.where(THERE, function(x, t), 0.0))
    got = jax.grad(lambda x: function(x, gone, missing="nan").sum())(jnp.asarray(x_gone))
    assert np.isfinite(got).all()
    assert not got[~THERE].any()


def test_transformations_and_labels() -> None:
    y, f = jnp.array([0.0, jnp.nan]), jnp.array([1.0, jnp.nan])

    def cost(x: jax.Array) -> jax.Array:
        return lossary.jax.squared_error(x, y, missing="nan").sum()

    np.testing.assert_array_equal(jax.jit(jax.hessian(cost))(f), [[2.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(jax.vmap(jax.grad(cost))(jnp.stack([f, f])), [[2.0, 0.0], [2.0, 0.0]])
    for record in (each for each in discovery.row_records() if by_label(each)):
        function, pointwise = getattr(lossary.jax, record.name), lossary.jax.logistic
        got = function(jnp.array([[0.5, jnp.nan]]), jnp.array([[1.0, jnp.nan]]), missing="nan")
        share = 2.0 if record.name == "multilabel_soft_margin" else 1.0
        np.testing.assert_allclose(got, [pointwise(0.5, 1.0) / share], rtol=1e-6)


def test_errors_name_the_option() -> None:
    for function, y in ((lossary.jax.huber, GAP), (lossary.jax.softmax_brier, jnp.array([[jnp.nan, 1.0]]))):
        error, _ = checkify.checkify(lambda x, function=function, y=y: function(x, y, check=True))(jnp.zeros(y.shape))
        with pytest.raises(Exception, match='left out with missing="nan"'):
            error.throw()
        checked = checkify.checkify(lambda x, function=function, y=y: function(x, y, check=True, missing="nan"))
        checked(jnp.zeros(y.shape))[0].throw()
    with pytest.raises(ValueError, match="missing must be"):
        lossary.jax.huber(0.0, 0.0, missing="drop")
