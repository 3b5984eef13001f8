"""The accuracy rule on JAX, through the public functions and JAX's own transformations, for the whole catalogue.

Each loss is compiled once a dtype, for value, gradient and Hessian together: float32 takes whole arrays, float64 one
example at a time under ``vmap``. As each example is judged by itself, that is a loop's answer. XLA takes a second a
loss, so float64 is run for one loss of each structure: the formulas in float64 are ``tests/formulas``' business, the
primitives on JAX that of the last test here.

XLA flushes subnormal numbers to zero on the CPU and rewrites a/b/c as a/(b c): points are those whose squares are
normal numbers, and results are those that are.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lossary
import lossary.jax
from lossary.backends.numpy_rows import Rows
from lossary.formula import Loss
from lossary.proof import accuracy
from lossary.proof.points import Point, sweep
from lossary.proof.rows import accuracy as row_accuracy
from lossary.proof.rows import cases as row_points
from lossary.proof.rows.cases import Case, rounded
from lossary.proof.rows.edge_cases import edge_cases, wide
from lossary.rowwise import ROW_QUANTITIES, RowLoss

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
REACH = {np.float32: (1e-18, 1e18), np.float64: (1e-150, 1e150)}
SETTLED = 4.0
FAINT = 1e6
"""How far above the subnormal numbers a row's result must lie: what it is a sum or product of may lie below it."""


def is_normal(number: float, dtype: type, times: float = 8.0) -> bool:
    """Whether a number, and so much less than it, is not subnormal."""
    return number == 0.0 or abs(number) >= times * float(np.finfo(dtype).tiny)


def in_reach(number: float, dtype: type) -> bool:
    low, high = REACH[dtype]
    return number == 0.0 or not np.isfinite(number) or low <= abs(number) <= high


def as_called(loss: Loss | RowLoss, dtype: type):
    """The loss's function on arrays: as it is, or for float64 one example at a time."""
    function = lossary.jax.get(loss.name)
    each_has_parameters = isinstance(loss, Loss)

    def one_at_a_time(f, y, **given):
        if each_has_parameters:
            return jax.vmap(lambda f, y, given: function(f, y, **given))(f, y, given)
        return jax.vmap(lambda f, y: function(f, y, **given))(f, y)

    return one_at_a_time if dtype is np.float64 else function


def quantities(function, direction, f, y, **given):
    """Value, gradient and the Hessian times a direction, all of one pass through jax's own transformations."""

    def total(f):
        losses = function(f, y, **given)
        return losses.sum(), losses

    (slope, losses), (bend, _) = jax.jvp(jax.grad(total, has_aux=True), (f,), (direction,))
    return {"value": losses, "grad": slope, "hess": bend}


def test_pointwise_losses_keep_the_rule(each_loss: Loss, double: None) -> None:
    demand_the_pointwise_rule(each_loss, np.float32)


@pytest.mark.sampled("tests/jax/test_jax_accuracy.py::test_pointwise_losses_keep_the_rule")
def test_pointwise_losses_keep_the_rule_in_float64(each_loss: Loss, double: None) -> None:
    demand_the_pointwise_rule(each_loss, np.float64)


def demand_the_pointwise_rule(loss: Loss, dtype: type) -> None:
    points = [p for p in sweep(loss, dtype, 240) if all(in_reach(x, dtype) for x in p)]
    y, f, *numbers = (np.array(column, dtype) for column in zip(*points, strict=True))
    given = dict(zip((p.name for p in loss.parameters), numbers, strict=True))
    found = jax.jit(functools.partial(quantities, as_called(loss, dtype)))(np.ones_like(f), f, y, **given)
    for quantity, got in found.items():
        assert got.dtype == dtype
        answers = dict(zip(points, np.asarray(got).tolist(), strict=True))
        formula = loss.quantity(quantity)
        exact = {p: float(accuracy.exact_at(formula, p)) for p in points}
        where = [p for p in answers if is_normal(exact[p], dtype)]

        def known(_: Loss, name: str, these: list[Point], kind: type, answers: dict = answers) -> np.ndarray:
            return np.array([answers[p] for p in these])

        worst = accuracy.worst(loss, quantity, dtype, known, where)
        assert worst.ulps <= accuracy.ULPS, f"{loss.name} {quantity}: {worst}"


ROWS = 96
ORDINARY = 12
LONG = 70
LONG_LOSSES = ("softmax_cross_entropy", "cumulative_logit", "ranked_probability_score", "sparsemax", "weston_watkins")
"""One for each way in which a row is summed: in long rows of float32 the digits of sums could go."""


def padded(rows: np.ndarray) -> np.ndarray:
    """Each row three times, and one number of rows for all, so that a loss is compiled once."""
    return rows[np.minimum(np.arange(ROWS) // 3, len(rows) - 1)]


@functools.lru_cache(maxsize=2)
def compiled(loss: RowLoss, dtype: type):
    return jax.jit(functools.partial(quantities, as_called(loss, dtype)))


def run(loss: RowLoss, dtype: type, t: np.ndarray, f: np.ndarray, given: tuple) -> dict[str, np.ndarray]:
    """Everything of each row; "hess" holds columns of its Hessian, for three scores all of them."""
    n, k = f.shape
    named = {p.name: dtype(x) for p, x in zip(loss.parameters, given, strict=True)}
    directions = np.eye(k, dtype=dtype)[np.arange(ROWS) % 3]
    found = compiled(loss, dtype)(directions, padded(f.astype(dtype)), padded(t.astype(dtype)), **named)
    assert all(x.dtype == dtype for x in found.values())
    every_third = {name: np.asarray(found[name])[: 3 * n : 3] for name in ("value", "grad")}
    return {**every_third, "hess": np.asarray(found["hess"])[: 3 * n].reshape(n, 3, k)}


def on_jax(loss: RowLoss, quantity: str, y: np.ndarray, f: np.ndarray, given: tuple, dtype: type) -> np.ndarray:
    t = (y[:, np.newaxis] == np.arange(f.shape[1] + loss.more_classes)) if y.ndim == 1 else y
    found = run(loss, dtype, t, f, given)[quantity]
    return found[:, range(3), range(3)] if quantity == "hess" else found


def cases(loss: RowLoss, dtype: type) -> list[Case]:
    """Hard rows of three scores, every kind of them."""
    given = rounded(loss.defaults(), dtype)
    found = [case for case in edge_cases(loss, given, dtype, (3,)) if len(case.f) == 3]
    return whole(loss, found[:: max(1, len(found) // 24)], dtype)


def whole(loss: RowLoss, found: list[Case], dtype: type) -> list[Case]:
    lowest = float(np.finfo(dtype).tiny)
    return [c for c in found if all(x == 0.0 or abs(x) >= lowest for x in (*c.f, *c.weights(loss)))]


def demand_the_rule(loss: RowLoss, quantity: str, dtype: type, where: list[Case]) -> None:
    low, _ = REACH[dtype]
    for case, got in row_accuracy.computed(loss, quantity, dtype, on_jax, where):
        judged = row_accuracy.judge(loss, case, dtype)
        # A Hessian in small probabilities is made of the squares of these.
        beyond = loss.prediction != "scores" and any(0.0 < abs(x) < low for x in case.f)
        if quantity == "hess" and beyond:
            continue
        for j in [0] if quantity == "value" else judged.scores:
            if is_normal(float(judged.answers[quantity, j]), dtype, FAINT):
                ulps = judged.error((quantity, j), float(got[j]), SETTLED)
                said = f"{loss.name} {quantity}, score {j} of {case.said(loss)}"
                assert ulps <= accuracy.ULPS, f"{said}: {ulps:.3g} ulp, got {got[j]!r}"


def test_rowwise_losses_keep_the_rule(each_row_loss: RowLoss, double: None) -> None:
    demand_the_rowwise_rule(each_row_loss, np.float32)


@pytest.mark.sampled("tests/jax/test_jax_accuracy.py::test_rowwise_losses_keep_the_rule")
def test_rowwise_losses_keep_the_rule_in_float64(each_row_loss: RowLoss, double: None) -> None:
    demand_the_rowwise_rule(each_row_loss, np.float64)


def demand_the_rowwise_rule(loss: RowLoss, dtype: type) -> None:
    where = cases(loss, dtype)
    for quantity in ROW_QUANTITIES:
        demand_the_rule(loss, quantity, dtype, where)
    # Off its diagonal the Hessian is compared on ordinary rows, with the NumPy back end.
    ordinary = [c for c in row_points.generic(loss, loss.defaults(), 60) if len(c.f) == 3][:ORDINARY]
    t, f = np.array([c.weights(loss) for c in ordinary], dtype), np.array([c.f for c in ordinary], dtype)
    if loss.targets == "distribution":
        t = (0.75 * t + 0.25 / t.shape[1]).astype(dtype)  # a target of zero may make the loss infinite
    given = {p.name: p.default for p in loss.parameters}
    full = run(loss, dtype, t, f, tuple(given.values()))["hess"]
    exact = Rows(loss, t, f, given).full_hessian()
    assert np.isfinite(exact).all()
    most = 1e-9 if dtype is np.float64 else 2e-5
    np.testing.assert_allclose(full, exact, rtol=most, atol=0.1 * most)


@pytest.mark.parametrize("name", LONG_LOSSES)
def test_long_rows_keep_the_rule(name: str) -> None:
    loss = lossary.discovery.find(name)
    where = whole(loss, wide(loss, np.float32, LONG)[::5], np.float32)
    for quantity in ("value", "grad"):
        demand_the_rule(loss, quantity, np.float32, where)


@DTYPES
def test_a_digit_lost_would_be_seen(dtype: type, double: None) -> None:
    def sloppy(f, y):
        return jnp.log(1.0 + jnp.exp(f)) - y * f

    points = [p for p in sweep(lossary.logistic.record, dtype, 240) if all(in_reach(x, dtype) for x in p)]

    def evaluate(loss: Loss, quantity: str, these: list[Point], kind: type) -> np.ndarray:
        return np.array([sloppy(kind(p[1]), kind(p[0])) for p in these])

    assert accuracy.worst(lossary.logistic.record, "value", dtype, evaluate, points).ulps > accuracy.ULPS


@DTYPES
def test_primitives_of_our_own_are_as_exact_as_said(dtype: type, double: None) -> None:
    from lossary.backends.jax.tables import table  # noqa: PLC0415  what only this test looks into

    chosen = np.random.default_rng(1857)
    x = np.concatenate([chosen.uniform(-0.999, 4.0, 4000), 10.0 ** chosen.uniform(-12.0, 1.5, 2000)]).astype(dtype)
    ours = table("f4" if dtype is np.float32 else "f8")
    for name, exact, most in (("log1p", np.log1p, 3.0), ("expm1", np.expm1, 3.0)):
        got = np.asarray(jax.jit(ours[name])(x))
        wanted = exact(x.astype(np.longdouble))
        ulps = np.abs(got - wanted) / np.spacing(np.abs(wanted).astype(dtype))
        assert ulps.max() <= most, f"{name}: {ulps.max()} at {x[ulps.argmax()]!r}"
