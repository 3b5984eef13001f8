"""Every public loss of optax beside the one that has its name in ``lossary.jax``: the same number, or no such name."""

from __future__ import annotations

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.experimental import checkify
from tests.support.places import DOCS

import lossary
import lossary.jax
from lossary.elsewhere import DIFFERENT, LIBRARIES, SAME
from lossary.evaluate.arrays.inputs import ShapeError

CHOSEN = np.random.default_rng(1912)
N, K = 6, 4
F = CHOSEN.normal(size=(N, K)).astype(np.float32)
REAL = CHOSEN.normal(size=(N, K)).astype(np.float32)
Y = CHOSEN.integers(0, K, N)
T = CHOSEN.dirichlet(np.ones(K), N).astype(np.float32)
SIGNS = np.where(REAL > 0.0, 1.0, -1.0).astype(np.float32)
LOG = np.asarray(jax.nn.log_softmax(F))
PUBLIC = [name for name in dir(optax.losses) if callable(getattr(optax.losses, name)) and not name.startswith("_")]
ARRAYS = {
    "hinge_loss": (F, SIGNS),
    "perceptron_loss": (F, SIGNS),
    "sigmoid_binary_cross_entropy": (F, T),
    "kl_divergence": (LOG, T),
    "softmax_cross_entropy": (F, T),
    "safe_softmax_cross_entropy": (F, T),
    "poly_loss_cross_entropy": (F, T),
    "softmax_cross_entropy_with_integer_labels": (F, Y),
    "multiclass_hinge_loss": (F, Y),
    "multiclass_perceptron_loss": (F, Y),
    "multiclass_sparsemax_loss": (F, Y),
}
"""What a loss takes, where that is not any two arrays of numbers."""


@pytest.mark.parametrize("name", PUBLIC)
def test_a_name_of_optax_gives_its_number_or_is_none(name: str, one_by_one: None) -> None:
    if name not in SAME["optax"]:
        assert (name in DIFFERENT["optax"]) != (name in LIBRARIES["optax"].no_losses)
        with pytest.raises(AttributeError, match=f"lossary.jax has no '{name}'"):
            getattr(lossary.jax, name)
        return
    f, y = ARRAYS.get(name, (F, REAL))
    wanted = getattr(optax.losses, name)(f, y)
    np.testing.assert_allclose(getattr(lossary.jax, name)(f, y), wanted, rtol=2e-5, atol=2e-6)
    spec = lossary.get(f"optax:{name}")
    np.testing.assert_allclose(spec(y, f), wanted, rtol=2e-5, atol=2e-6)


def test_every_difference_is_in_the_docs() -> None:
    page = (DOCS / "jax.md").read_text()
    listed = set(re.findall(r"`(\w+)`", page))
    nearest = {name for name, entry in LIBRARIES["optax"].names.items() if entry.refused and entry.loss}
    assert nearest - {"convex_kl_divergence", "generalized_kl_divergence"} <= listed
    assert set(SAME["optax"]) | set(DIFFERENT["optax"]) <= set(PUBLIC)  # none that optax has not


def test_parameters_are_those_of_optax_and_so_are_their_defaults() -> None:
    for name, entry in LIBRARIES["optax"].names.items():
        taken = inspect.signature(getattr(optax.losses, name)).parameters
        assert set(entry.parameters) <= set(taken)
        if not entry.refused:
            ours = {p.name: p.default for p in lossary.get(f"optax:{name}").parameters} | entry.fixed
            assert all(taken[theirs].default == ours[here] for theirs, here in entry.parameters.items()), name


MASK = np.array([[1, 1, 0, 1], [1, 1, 1, 1], [0, 1, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
ROWS = np.array([1, 0, 1, 1, 0, 1], bool)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "poly_loss_cross_entropy"])
def test_options_of_optax_mean_the_same(name: str, one_by_one: None) -> None:
    ours, theirs = getattr(lossary.jax, name), getattr(optax.losses, name)
    masked = np.where(MASK, T, 0.0)
    masked /= np.maximum(masked.sum(axis=1, keepdims=True), 1e-9)
    cube_f, cube_t = F[:4].reshape(2, 2, K), T[:4].reshape(2, 2, K)
    for arguments, options in (
        ((F.T, T.T), {"axis": 0}),
        ((F, masked), {"where": MASK}),
        ((F, T * ROWS[:, None]), {}),
        ((cube_f, cube_t / 2), {"axis": (1, 2)}),
        ((cube_f, cube_t / 2), {"axis": (-1, 1)}),
    ):
        np.testing.assert_allclose(ours(*arguments, **options), theirs(*arguments, **options), rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(ours(logits=F, labels=T), theirs(logits=F, labels=T), rtol=2e-5)
    wanted = jax.grad(lambda f: theirs(f, T * ROWS[:, None]).sum())(F)
    np.testing.assert_allclose(jax.grad(lambda f: ours(f, T * ROWS[:, None]).sum())(F), wanted, atol=2e-6)


def test_where_may_say_which_rows_count(one_by_one: None) -> None:
    for y in (T, Y):
        name = "softmax_cross_entropy" + ("" if y is T else "_with_integer_labels")
        ours, theirs = getattr(lossary.jax, name), getattr(optax.losses, name)
        wanted = np.where(ROWS, theirs(F, y), 0.0)
        np.testing.assert_allclose(ours(F, y, where=ROWS), wanted, rtol=2e-5)
        spoiled = np.where(ROWS[:, None], F, np.nan)
        slope = jax.grad(lambda f, y=y, ours=ours: ours(f, y, where=ROWS).sum())(spoiled)
        assert np.isfinite(slope).all()
        assert (slope[~ROWS] == 0.0).all()
    with pytest.raises(ShapeError, match="one a row or one a class"):
        lossary.jax.softmax_cross_entropy(F[:K], Y[:K], where=ROWS[:K])


def test_lists_that_are_masked_in_full_cost_nothing(one_by_one: None) -> None:
    relevance = np.abs(REAL)
    wanted = optax.losses.ranking_softmax_loss(F, relevance, where=MASK, reduce_fn=None)
    found = lossary.jax.listwise_softmax(F, np.where(MASK, relevance, 0.0), where=MASK)
    np.testing.assert_allclose(found, wanted, rtol=2e-5)
    assert found[-1] == 0.0


def test_a_class_index_counts_the_places_of_several_axes(one_by_one: None) -> None:
    images = CHOSEN.normal(size=(2, 3, 5, 2)).astype(np.float32)
    labels = np.array([[0, 7], [14, 3]])
    wanted = optax.losses.softmax_cross_entropy_with_integer_labels(images, labels, axis=(1, 2))
    for axis in ((1, 2), [-3, -2]):
        np.testing.assert_allclose(lossary.jax.softmax_cross_entropy(images, labels, axis=axis), wanted, rtol=2e-5)
    np.testing.assert_allclose(
        lossary.jax.softmax_cross_entropy(F, T / N, axis=None), optax.softmax_cross_entropy(F, T / N, axis=None), 2e-5
    )
    for axis in ((1, 1), (4,), ()):
        with pytest.raises(ShapeError, match="no different axes"):
            lossary.jax.softmax_cross_entropy(images, labels, axis=axis)
    with pytest.raises(TypeError, match="axis must be a whole number"):
        lossary.jax.softmax_cross_entropy(images, labels, axis="last")


@pytest.mark.parametrize("name", ["categorical_cross_entropy", "kl_target_prediction_log_probabilities"])
def test_predictions_that_do_not_sum_to_one_are_refused_by_check(name: str, one_by_one: None) -> None:
    function = lossary.jax.get(name)
    p = np.full((3, 2), 0.5, np.float32)
    p[1] = 0.4
    good = np.full((3, 2), 0.5, np.float32)
    if "log" in name:
        p, good = np.log(p), np.log(good)
    labels = np.array([0, 1, 0])
    np.testing.assert_allclose(function(good, labels, check=True), np.log(2.0) * np.ones(3), rtol=1e-6)
    with pytest.raises(checkify.JaxRuntimeError, match=r"sum to one, but .* at place 2 of"):
        function(p, labels, check=True)
    weights = jnp.array([1.0, 0.0, 1.0])
    np.testing.assert_allclose(function(p, labels, check=True, weights=weights), np.log(2.0) * weights, rtol=1e-6)


def test_arrays_are_given_once() -> None:
    for arguments, names in (((F,), {"logits": F}), ((F, Y), {"labels": Y}), ((F,), {}), ((), {"labels": Y})):
        with pytest.raises(TypeError, match="must be given once"):
            lossary.jax.softmax_cross_entropy(*arguments, **names)
    with pytest.raises(TypeError, match="3 were given"):
        lossary.jax.softmax_cross_entropy(F, Y, 0)
