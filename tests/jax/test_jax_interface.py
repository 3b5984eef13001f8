"""What a user of ``lossary.jax`` meets: names, dtypes, shapes, options, refusals, transformations."""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.experimental import checkify

import lossary
import lossary.jax
from lossary import discovery
from lossary.backends.numpy_rows import Rows
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.placeholders import plain_row
from lossary.evaluate.rows import options as row_options
from lossary.formula import Loss
from lossary.jax import pointwise
from lossary.proof import points
from lossary.rowwise import RowLoss

Z = np.random.default_rng(1857).normal(size=(6, 4)).astype(np.float32)
Y = np.array([0, 3, 1, 2, 2, 0])
T = np.random.default_rng(5).dirichlet(np.ones(4), size=6).astype(np.float32)


def pointwise_arrays(loss: Loss, size: int = 6) -> tuple[np.ndarray, np.ndarray]:
    found = points.generic(loss, loss.defaults(), size)
    return np.array([p[0] for p in found], np.float32), np.array([p[1] for p in found], np.float32)


# Transformations.


@pytest.mark.parametrize("name", ["huber", "barron"])
def test_vmap_of_a_pointwise_loss_is_a_loop(name: str, one_by_one: None) -> None:
    y, f = pointwise_arrays(lossary.get(name).record, 3)
    vmap_is_a_loop(lossary.jax.get(name), f, y)


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("softmax_cross_entropy", Y),
        # Float64 is taken one example at a time there, so a vmap of these is judged every time.
        pytest.param(
            "sparsemax",
            T,
            marks=pytest.mark.slow("tests/jax/test_jax_accuracy.py::test_rowwise_losses_keep_the_rule_in_float64"),
        ),
    ],
)
def test_vmap_of_a_rowwise_loss_is_a_loop(name: str, targets: np.ndarray, one_by_one: None) -> None:
    vmap_is_a_loop(lossary.jax.get(name), Z[:2], targets[:2])


def vmap_is_a_loop(function, f: np.ndarray, targets: np.ndarray) -> None:
    for each in (function, jax.grad(function)):
        looped = [each(a, b) for a, b in zip(f, targets, strict=True)]
        np.testing.assert_allclose(jax.vmap(each)(f, targets), looped, rtol=2e-6, atol=1e-6)


READ_AT_AN_INDEX = [
    record.name
    for record in discovery.row_records()
    if record.targets != "scores" and (record.more_classes or "expect" in {s.kind for s in record.statistics})
]


FEW_READ_AT_AN_INDEX = ("softmax_cross_entropy", "weston_watkins", "cumulative_logit")
AN_INDEX = "tests/jax/test_jax_interface.py::test_an_index_is_its_one_hot_row"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in FEW_READ_AT_AN_INDEX else pytest.mark.slow(AN_INDEX))
        for name in READ_AT_AN_INDEX
    ],
)
def test_an_index_is_its_one_hot_row(name: str) -> None:
    loss, function = lossary.get(name).record, lossary.jax.get(name)
    classes = 3 + loss.more_classes
    f = np.array([[-0.5, 0.25, 1.5]] * classes, np.float32)

    @jax.jit
    def both(index, rows):
        return [jax.value_and_grad(lambda f, y=y: (function(f, y) ** 2).sum())(f) for y in (index, rows)]

    (value, slope), (wanted, wanted_slope) = both(np.arange(classes), np.eye(classes, dtype=np.float32))
    np.testing.assert_allclose(value, wanted, rtol=1e-6)
    np.testing.assert_allclose(slope, wanted_slope, rtol=1e-5, atol=1e-6)


def test_one_compilation_serves_all_values_of_parameters_and_targets() -> None:
    @jax.jit
    def step(f, y, delta):
        traced.append(1)
        return jax.value_and_grad(lambda f: lossary.jax.huber(f, y, delta=delta).mean())(f)

    traced: list[int] = []
    for delta in (0.5, 1.0, jnp.float32(2.0)):
        step(jnp.ones(3), jnp.zeros(3), jnp.float32(delta))
    assert len(traced) == 1
    before = pointwise._computed._cache_size()
    for delta in (0.5, 1.0, 2.0):
        lossary.jax.huber(jnp.ones(7), jnp.zeros(7), delta=delta)
    assert pointwise._computed._cache_size() == before + 1


SHARDED = """
import jax, jax.numpy as jnp, numpy as np, lossary.jax
from jax.sharding import Mesh, PartitionSpec as P
from functools import partial
shard_map = getattr(jax, "shard_map", None)
mesh = Mesh(np.array(jax.devices()), ("data",))
assert len(jax.devices()) == 4
z = jnp.asarray(np.random.default_rng(0).normal(size=(8, 3)), jnp.float32)
y = jnp.arange(8) % 3

def cost(z, y):
    return jax.lax.pmean(lossary.jax.softmax_cross_entropy(z, y).mean(), "data")

spread = shard_map(cost, mesh=mesh, in_specs=(P("data"), P("data")), out_specs=P())
wanted = lossary.jax.softmax_cross_entropy(z, y).mean()
np.testing.assert_allclose(jax.jit(spread)(z, y), wanted, rtol=1e-6)
whole = jax.grad(lambda z: lossary.jax.softmax_cross_entropy(z, y).mean())(z)
np.testing.assert_allclose(jax.jit(jax.grad(spread))(z, y), whole, rtol=1e-5, atol=1e-7)

def wide(z, y):
    return jax.lax.pmean(lossary.jax.sparsemax(z, y).mean(), "data")

np.testing.assert_allclose(
    jax.jit(jax.grad(shard_map(wide, mesh=mesh, in_specs=(P("data"), P("data")), out_specs=P())))(z, y),
    jax.grad(lambda z: lossary.jax.sparsemax(z, y).mean())(z), rtol=1e-5, atol=1e-7)
h = shard_map(lossary.jax.huber, mesh=mesh, in_specs=(P("data"), P("data")), out_specs=P("data"))
np.testing.assert_array_equal(h(z[:, 0], z[:, 1]), lossary.jax.huber(z[:, 0], z[:, 1]))
print("same")
"""


def fresh(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    source = str(Path(lossary.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": source, "JAX_PLATFORMS": "cpu"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_shard_map_over_four_devices_gives_the_number_of_one() -> None:
    answer = fresh(SHARDED, XLA_FLAGS="--xla_force_host_platform_device_count=4")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "same\n"


# Names, dtypes, shapes.


def test_without_jax_the_error_says_what_to_install() -> None:
    answer = fresh("import sys; sys.modules['jax'] = None; import lossary; import lossary.jax")
    assert answer.returncode != 0
    assert answer.stderr.splitlines()[-1] == "ModuleNotFoundError: lossary.jax needs JAX: pip install 'lossary[jax]'"


def test_names_of_other_libraries_mean_our_losses() -> None:
    # Names of Optax are functions of their own, with its defaults and names of arguments.
    assert float(lossary.jax.huber_loss(3.0, 1.0)) == float(lossary.jax.huber(3.0, 1.0))
    scores = np.array([[1.0, 2.0, 0.5]], dtype=np.float32)
    by_label = lossary.jax.softmax_cross_entropy_with_integer_labels(scores, np.array([1]))
    np.testing.assert_array_equal(by_label, lossary.jax.softmax_cross_entropy(scores, np.array([1])))
    assert "huber" in dir(lossary.jax)
    with pytest.raises(AttributeError, match="did you mean huber"):
        lossary.jax.hubber  # noqa: B018  the attribute is the test
    assert not hasattr(lossary.jax, "__wrapped__")


def test_a_loss_of_ones_own_and_one_with_fixed_parameters() -> None:
    mine = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 4, name="fourth")
    assert float(lossary.jax.get(mine)(3.0, 1.0)) == 16.0
    assert float(jax.grad(lossary.jax.get(mine.using(c=2.0)))(3.0, 1.0)) == 2.0
    assert float(lossary.jax.get("pinball:0.75")(1.0, 0.0)) == 0.25


@pytest.mark.parametrize("travelled", [copy.deepcopy, lambda loss: pickle.loads(pickle.dumps(loss))])
def test_functions_are_copied_and_pickled(travelled) -> None:
    mine = lossary.define(lambda y, f, c=1.0: ((f - y) / c) ** 4, name="fourth")
    for loss in ("huber", "softmax_cross_entropy", "pinball:0.75", mine, mine.using(c=2.0)):
        function = lossary.jax.get(loss)
        again = travelled(function)
        arguments = (jnp.eye(3), jnp.array([0, 1, 2])) if loss == "softmax_cross_entropy" else (3.0, 1.0)
        assert (jax.jit(again)(*arguments) == function(*arguments)).all()
        assert (again.__name__, again.__doc__) == (function.__name__, function.__doc__)
        assert inspect.signature(again) == inspect.signature(function)
    assert repr(lossary.jax.get(mine.using(c=2.0))) == "<fourth(c=2) of lossary.jax>"


def test_functions_say_what_they_take() -> None:
    text = lossary.jax.huber.__doc__
    assert "delta : number or array, default 1" in text
    assert "label_smoothing" in lossary.jax.softmax_cross_entropy.__doc__
    assert list(inspect.signature(lossary.jax.huber).parameters)[:2] == ["predictions", "targets"]


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32])
def test_a_result_has_the_dtype_of_its_arguments(dtype: type) -> None:
    f = jnp.asarray([0.5, 3.0], dtype)
    assert lossary.jax.huber(f, jnp.zeros(2, dtype)).dtype == dtype
    assert lossary.jax.huber(f, jnp.zeros(2, jnp.int32)).dtype == dtype
    assert lossary.jax.huber(f[0], 0.0).dtype == dtype
    assert lossary.jax.huber(f, jnp.zeros(2, dtype), delta=jnp.float32(0.3)).dtype == dtype
    assert jax.grad(lambda f: lossary.jax.huber(f, jnp.zeros(2, dtype)).sum())(f).dtype == dtype
    assert lossary.jax.softmax_cross_entropy(jnp.asarray(Z, dtype), Y).dtype == dtype


def test_float64_where_it_is_enabled(double: None) -> None:
    assert lossary.jax.huber(np.ones(2), np.zeros(2)).dtype == np.float64
    assert lossary.jax.sparsemax(Z.astype(np.float64), Y).dtype == np.float64
    mixed = lossary.jax.huber(np.ones(2, np.float32), np.zeros(2))
    assert mixed.dtype == np.float64


def test_shapes_are_strict() -> None:
    with pytest.raises(ShapeError, match=r"targets has shape \(3,\) but predictions has shape \(3, 1\)"):
        lossary.jax.huber(jnp.zeros((3, 1)), jnp.zeros(3))
    assert lossary.jax.huber(jnp.zeros((3, 1)), jnp.zeros(3), broadcast=True).shape == (3, 3)
    with pytest.raises(ShapeError, match="cannot be broadcast"):
        lossary.jax.huber(jnp.zeros(2), jnp.zeros(3), broadcast=True)
    with pytest.raises(ShapeError, match=r"targets must have shape \(6,\) for class indices, or \(6, 4\)"):
        lossary.jax.softmax_cross_entropy(Z, np.zeros((6, 1), int))
    with pytest.raises(ShapeError, match="no axis 2"):
        lossary.jax.softmax_cross_entropy(Z, Y, axis=2)
    with pytest.raises(TypeError, match="whole numbers"):
        lossary.jax.softmax_cross_entropy(Z, Y.astype(float))
    with pytest.raises(TypeError, match="real numbers"):
        lossary.jax.huber(jnp.zeros(2, jnp.complex64), jnp.zeros(2))


def test_misspelt_keywords_and_parameters_out_of_range_raise() -> None:
    with pytest.raises(TypeError, match="did you mean delta"):
        lossary.jax.huber(1.0, 0.0, dleta=1.0)
    with pytest.raises(TypeError, match="did you mean label_smoothing"):
        lossary.jax.softmax_cross_entropy(Z, Y, label_smothing=0.1)
    with pytest.raises(ValueError, match="delta must be in"):
        lossary.jax.huber(1.0, 0.0, delta=-1.0)
    with pytest.raises(ValueError, match="label_smoothing must be in"):
        lossary.jax.softmax_cross_entropy(Z, Y, label_smoothing=1.0)
    with pytest.raises(ShapeError, match="gamma must be one number"):
        lossary.jax.focal_softmax(Z, Y, gamma=np.ones(6))
    assert np.isnan(lossary.jax.huber(1.0, 0.0, delta=jnp.asarray(-1.0)))
    for option, number in (("temperature", -1.0), ("label_smoothing", 1.5), ("soft_cap", 0.0), ("temperature", np.nan)):
        assert np.isnan(lossary.jax.softmax_cross_entropy(Z, Y, **{option: jnp.asarray(number)})).all()


# What is outside a domain.


def test_a_label_that_is_no_class_gives_nan_and_never_another_class() -> None:
    for label in (4, -1, 2**31 - 1, -(2**31)):
        wrong = jnp.asarray([0, label])
        loss = lossary.jax.softmax_cross_entropy(Z[:2], wrong)
        slope = jax.grad(lambda z, y=wrong: lossary.jax.softmax_cross_entropy(z, y).sum())(Z[:2])
        assert np.isfinite(loss[0])
        assert np.isnan(loss[1])
        assert np.isfinite(slope[0]).all()
        assert np.isnan(slope[1]).all()
        masked = lossary.jax.softmax_cross_entropy(Z[:2], wrong, class_weight=[0.0, 1.0, 1.0, 1.0])
        assert np.isnan(masked[1])
    wrapped = lossary.jax.softmax_cross_entropy(Z[:3], np.array([2**32, 2**32 + 1, -(2**32)]))
    assert np.isnan(wrapped).all()
    assert np.isnan(lossary.jax.softmax_cross_entropy(Z[0], np.uint8(255)))
    wide = jnp.zeros(300)
    assert np.isfinite(lossary.jax.softmax_cross_entropy(wide, np.int8(100)))
    assert np.isnan(lossary.jax.softmax_cross_entropy(wide, np.int8(-100)))


def test_targets_and_predictions_outside_their_domains_give_nan() -> None:
    assert np.isnan(lossary.jax.logistic(0.0, 2.0))
    assert np.isnan(jax.grad(lossary.jax.logistic)(0.5, 2.0))
    assert np.isnan(lossary.jax.binary_cross_entropy(1.5, 1.0))
    assert np.isnan(lossary.jax.poisson(0.0, -3.0))
    assert np.isnan(lossary.jax.softmax_cross_entropy(Z, 2.0 * T)).all()
    assert np.isnan(lossary.jax.categorical_cross_entropy(-T, Y)).all()
    assert np.isnan(lossary.jax.huber(jnp.nan, 0.0))


def test_check_raises_at_once_where_arrays_are_at_hand() -> None:
    rule = "softmax_cross_entropy: class indices must be whole numbers from 0 to 3, but 1 are not; the first is 7"
    with pytest.raises(Exception, match=rule):
        lossary.jax.softmax_cross_entropy(Z[:2], np.array([0, 7]), check=True)
    with pytest.raises(Exception, match=r"logistic: targets must be in .* but 1 are not; the first is 2"):
        lossary.jax.logistic([0.0, 0.0], [1.0, 2.0], check=True)
    with pytest.raises(Exception, match="predictions must be in"):
        lossary.jax.binary_cross_entropy([1.5], [1.0], check=True)
    with pytest.raises(Exception, match="weights must be in"):
        lossary.jax.huber([1.0], [1.0], weights=[-1.0], check=True)
    assert lossary.jax.softmax_cross_entropy(Z, Y, check=True).shape == (6,)
    lossary.jax.softmax_cross_entropy(Z[:2], np.array([0, 7]), weights=np.array([1.0, 0.0]), check=True)
    lossary.jax.softmax_cross_entropy(Z[:2], np.array([0, 7]), ignore_index=7, check=True)


def test_check_goes_through_checkify_inside_jit() -> None:
    function = jax.jit(checkify.checkify(lambda z, y: lossary.jax.softmax_cross_entropy(z, y, check=True)))
    error, _ = function(Z, Y)
    assert error.get() is None
    error, _ = function(Z, Y + 2)
    assert "class indices must be whole numbers from 0 to 3" in error.get()


# Weights and options.


def test_weights_and_where_leave_out_what_does_not_count() -> None:
    f, y = jnp.array([0.5, jnp.nan, 3.0]), jnp.array([0.0, 0.0, jnp.nan])
    weights, where = jnp.array([2.0, 0.0, 1.0]), jnp.array([True, True, False])

    def total(f):
        return lossary.jax.huber(f, y, weights=weights, where=where).sum()

    assert float(total(f)) == 0.25
    assert jax.grad(total)(f).tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(lossary.jax.huber(1.0, 0.0, weights=-1.0))
    half = lossary.jax.huber(jnp.ones((2, 3)), jnp.zeros((2, 3)), weights=jnp.array([1.0, 0.0, 2.0]), broadcast=True)
    assert half.tolist() == [[0.5, 0.0, 1.0]] * 2


LEFT_OUT = "tests/jax/test_jax_interface.py::test_rows_that_do_not_count_are_left_out"


@pytest.mark.parametrize(
    "name",
    [
        "cumulative_logit",
        pytest.param("softmax_cross_entropy", marks=pytest.mark.slow(LEFT_OUT)),
        pytest.param("categorical_cross_entropy", marks=pytest.mark.slow(LEFT_OUT)),
    ],
)
def test_rows_that_do_not_count_are_left_out(name: str, one_by_one: None) -> None:
    record, function = lossary.get(name).record, lossary.jax.get(name)
    row = jnp.asarray([0.2, 0.3, 0.5])
    t = jnp.asarray([[0.1, 0.9, 0.0, 0.0][: 3 + record.more_classes], [jnp.nan] * (3 + record.more_classes)])
    f = jnp.stack([row, row * jnp.nan])
    one = function(row, t[0])

    def total(f):
        return function(f, t, weights=jnp.array([2.0, 0.0])).sum()

    assert float(total(f)) == 2.0 * float(one)
    slope = jax.grad(total)(f)
    assert np.isfinite(slope).all()
    assert not slope[1].any()


def test_what_stands_in_for_a_row_that_does_not_count_is_harmless(each_row_loss: RowLoss) -> None:
    t, f = (np.array([row]) for row in plain_row(each_row_loss, 4))
    found = Rows(each_row_loss, t, f, {p.name: p.default for p in each_row_loss.parameters})
    assert np.isfinite(found.value).all()
    assert np.isfinite(found.over_scores("grad")).all()
    assert np.isfinite(found.full_hessian()).all()


OPTIONS = [
    {"label_smoothing": 0.25},
    {"class_weight": np.array([1.0, 2.0, 0.5, 3.0])},
    {"temperature": 2.0},
    {"soft_cap": 3.0},
    {"class_prior": np.array([0.1, 0.2, 0.3, 0.4]), "prior_strength": 0.5},
    {"label_smoothing": 0.25, "class_weight": np.array([1.0, 2.0, 0.5, 0.0]), "temperature": 0.5, "soft_cap": 2.0},
]


def on_numpy(loss: RowLoss, y: np.ndarray, z: np.ndarray, given: dict) -> tuple[np.ndarray, ...]:
    """What rows weigh, their values and gradients under options, by the NumPy back end and the chain rule."""
    options = row_options.parsed(loss, given)
    t = np.eye(z.shape[1])[y] if y.ndim == 1 else y
    mass = np.ones(len(t)) if options.class_weight is None else (t * options.class_weight).sum(axis=1)
    x = options.transformed(z)
    found = Rows(loss, options.mixed(loss, t, x), x, {p.name: p.default for p in loss.parameters})
    slope, _ = options.slopes(z)
    return mass, found.value * mass, found.over_scores("grad") * slope * mass[:, np.newaxis]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(o))
def test_options_mean_what_they_mean_on_numpy(options: dict, double: None, one_by_one: None) -> None:
    same_as_on_numpy("softmax_cross_entropy", options)


@pytest.mark.parametrize("name", ["focal_softmax", "sparsemax", "one_vs_rest_logistic"])
def test_options_of_other_losses(name: str, double: None) -> None:
    options = OPTIONS[-1]
    if name == "one_vs_rest_logistic":
        with pytest.raises(TypeError, match="class_weight"):
            lossary.jax.get(name)(Z, Y, **options)
        options = {option: x for option, x in options.items() if option != "class_weight"}
    same_as_on_numpy(name, options)


def same_as_on_numpy(name: str, options: dict) -> None:
    z, rows = Z.astype(np.float64), T.astype(np.float64)

    @jax.jit
    def function(z, y):
        return lossary.jax.get(name)(z, y, **options)

    for y in (Y, rows / rows.sum(axis=1, keepdims=True)):
        mass, value, gradient = on_numpy(lossary.get(name).record, y, z, options)
        (_, found), slope = jax.value_and_grad(lambda z, y=y: (function(z, y).sum(), function(z, y)), has_aux=True)(z)
        np.testing.assert_allclose(found, np.where(mass == 0.0, 0.0, value), rtol=1e-10)
        np.testing.assert_allclose(slope, np.where(mass == 0.0, 0.0, gradient.T).T, rtol=1e-9, atol=1e-12)


def test_the_hessian_goes_through_the_options(double: None, one_by_one: None) -> None:
    z = jnp.asarray(Z[0], jnp.float64)

    def slope(z):
        return jax.grad(lambda z: lossary.jax.softmax_cross_entropy(z, 1, **OPTIONS[-1]))(z)

    step = 1e-6 * jnp.eye(4)
    quotient = [(slope(z + h) - slope(z - h)) / 2e-6 for h in step]
    np.testing.assert_allclose(jax.jacfwd(slope)(z), quotient, atol=1e-8)


def test_ignored_labels_and_masked_classes() -> None:
    y = np.array([0, -1, 1, 2, -1, 0])
    found = lossary.jax.softmax_cross_entropy(Z, y, ignore_index=-1)
    np.testing.assert_allclose(found, lossary.softmax_cross_entropy(y, Z, ignore_index=-1), rtol=1e-6)
    mask = np.array([True, True, True, False])
    found = lossary.jax.softmax_cross_entropy(Z, y, ignore_index=-1, where=mask, label_smoothing=0.5)
    wanted = lossary.softmax_cross_entropy(y, Z, ignore_index=-1, class_mask=mask, label_smoothing=0.5)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    with pytest.raises(TypeError, match="ignore_index is for class indices"):
        lossary.jax.softmax_cross_entropy(Z, T, ignore_index=0)
    with pytest.raises(TypeError, match="where= is for losses that take scores"):
        lossary.jax.categorical_cross_entropy(T, Y, where=mask)


def test_options_may_be_traced() -> None:
    def cost(temperature):
        return lossary.jax.softmax_cross_entropy(Z, Y, temperature=temperature).mean()

    step = 1e-2
    slope = (cost(2.0 + step) - cost(2.0 - step)) / (2.0 * step)
    np.testing.assert_allclose(jax.jit(jax.grad(cost))(2.0), slope, rtol=1e-3)
    smoothed = jax.jit(lambda s: lossary.jax.softmax_cross_entropy(Z, Y, label_smoothing=s))(0.1)
    np.testing.assert_allclose(smoothed, lossary.jax.softmax_cross_entropy(Z, Y, label_smoothing=0.1), rtol=1e-6)


def test_classes_along_another_axis() -> None:
    images = np.moveaxis(np.stack([Z, 2.0 * Z]), -1, 1)  # (2, classes, 6)
    labels = np.stack([Y, Y[::-1]])
    found = lossary.jax.softmax_cross_entropy(images, labels, axis=1)
    wanted = lossary.softmax_cross_entropy(labels, np.moveaxis(images, 1, -1))
    np.testing.assert_allclose(found, wanted, rtol=2e-6)


# Float32 where float64 is not enabled: losses that need its range find it all the same.


def test_wide_losses_without_x64(one_by_one: None) -> None:
    with jax.enable_x64(False):
        z = jnp.asarray(Z)
        for name in ("sparsemax", "cumulative_logit"):
            f = jnp.cumsum(jnp.exp(z), axis=-1) if name == "cumulative_logit" else z
            function, record = lossary.jax.get(name), lossary.get(name).record
            t = np.eye(4 + record.more_classes)[Y]
            exact = Rows(record, t, np.asarray(f), {p.name: p.default for p in record.parameters})
            assert function(f, Y).dtype == jnp.float32
            np.testing.assert_allclose(function(f, Y), exact.value, rtol=2e-6)
        full = jax.vmap(jax.hessian(lossary.jax.sparsemax))(z, Y)
        np.testing.assert_allclose(full, Rows(lossary.sparsemax.record, np.eye(4)[Y], Z, {}).full_hessian(), atol=1e-6)


# Optax, side by side, on ordinary numbers.

PEERS = [
    ("huber", lambda f, y: optax.huber_loss(f, y, delta=1.5), {"delta": 1.5}),
    ("squared_error", optax.squared_error, {}),
    ("half_squared_error", optax.l2_loss, {}),
    ("log_cosh", optax.log_cosh, {}),
    ("softmax_cross_entropy", optax.softmax_cross_entropy, {}),
    ("softmax_cross_entropy", optax.softmax_cross_entropy_with_integer_labels, {}),
    ("poly1", lambda f, y: optax.losses.poly_loss_cross_entropy(f, y, epsilon=2.0), {"epsilon": 2.0}),
    ("sparsemax", lambda f, y: optax.losses.multiclass_sparsemax_loss(f, y), {}),
    ("logistic", optax.sigmoid_binary_cross_entropy, {}),
]


@pytest.mark.parametrize(("name", "peer", "given"), PEERS, ids=[f"{p[0]}-{i}" for i, p in enumerate(PEERS)])
def test_optax_gives_the_same_on_ordinary_numbers(name: str, peer, given: dict) -> None:
    function = lossary.jax.get(name)
    if name in ("softmax_cross_entropy", "poly1", "sparsemax"):
        y = Y if "integer" in str(peer) or name == "sparsemax" else T
        f = Z
    else:
        f, y = Z[:, 0], (np.asarray([0, 1, 1, 0, 1, 0], np.float32) if name == "logistic" else Z[:, 1])
    wanted = peer(f, y)
    np.testing.assert_allclose(function(f, y, **given), wanted, rtol=1e-4, atol=1e-6)


def test_optax_masks_classes_as_where_does_here() -> None:
    mask = np.array([[True, True, False, True]] * 6)
    t = np.where(mask, T, 0.0)
    t = t / t.sum(axis=1, keepdims=True)
    wanted = optax.softmax_cross_entropy(Z, t, where=mask)
    np.testing.assert_allclose(lossary.jax.softmax_cross_entropy(Z, t, where=mask), wanted, rtol=1e-5)
