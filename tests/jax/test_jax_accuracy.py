"""The accuracy rule on JAX, through the public functions and ``jax.grad``, for the whole catalogue.

XLA flushes subnormal numbers to zero on the CPU and rewrites a/b/c as a/(b c): points are those whose squares are
normal numbers, and results are those that are.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lossary.jax
from lossary.backends.jax.row_functions import row_diagonal
from lossary.formula import Loss
from lossary.proof import accuracy
from lossary.proof.points import Point, sweep
from lossary.proof.rows import accuracy as row_accuracy
from lossary.proof.rows.hard import hard, wide
from lossary.proof.rows.points import Case, rounded
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


def quantities(function, f, y, **given):
    """Value, gradient and Hessian, each a jax transformation of the last."""

    def total(f):
        return function(f, y, **given).sum()

    def slopes(f):
        return jax.grad(total)(f).sum()

    return {"value": function(f, y, **given), "grad": jax.grad(total)(f), "hess": jax.grad(slopes)(f)}


@DTYPES
def test_pointwise_losses_keep_the_rule(each_loss: Loss, dtype: type, double: None) -> None:
    points = [p for p in sweep(each_loss, dtype, 240) if all(in_reach(x, dtype) for x in p)]
    y, f, *numbers = (np.array(column, dtype) for column in zip(*points, strict=True))
    given = dict(zip((p.name for p in each_loss.parameters), numbers, strict=True))
    found = jax.jit(functools.partial(quantities, lossary.jax.get(each_loss.name)))(f, y, **given)
    for quantity, got in found.items():
        assert got.dtype == dtype
        answers = dict(zip(points, np.asarray(got).tolist(), strict=True))
        formula = each_loss.quantity(quantity)
        exact = {p: float(accuracy.exact_at(formula, p)) for p in points}
        where = [p for p in answers if is_normal(exact[p], dtype)]

        def known(loss: Loss, name: str, these: list[Point], kind: type, answers: dict = answers) -> np.ndarray:
            return np.array([answers[p] for p in these])

        worst = accuracy.worst(each_loss, quantity, dtype, known, where)
        assert worst.ulps <= accuracy.ULPS, f"{each_loss.name} {quantity}: {worst}"


ROWS = 64


def padded(rows: np.ndarray) -> np.ndarray:
    """One number of rows for all, so that a loss is compiled once."""
    return rows[np.minimum(np.arange(ROWS), len(rows) - 1)]


@functools.lru_cache(maxsize=2)
def compiled(loss: RowLoss):
    function = lossary.jax.get(loss.name)

    @jax.jit
    def run(t, f, given):
        value = function(f, t, **given)
        grad = jax.grad(lambda f: function(f, t, **given).sum())(f)
        return {"value": value, "grad": grad, "hess": row_diagonal(loss)(t, f, *given.values())}

    return run


def on_jax(loss: RowLoss, quantity: str, y: np.ndarray, f: np.ndarray, given: tuple, dtype: type) -> np.ndarray:
    classes = f.shape[1] + loss.more_classes
    t = (y[:, np.newaxis] == np.arange(classes)) if y.ndim == 1 else y
    named = {p.name: dtype(x) for p, x in zip(loss.parameters, given, strict=True)}
    found = compiled(loss)(padded(t.astype(dtype)), padded(f.astype(dtype)), named)
    assert found[quantity].dtype == dtype
    return np.asarray(found[quantity])[: len(f)]


def cases(loss: RowLoss, dtype: type) -> list[Case]:
    """Hard rows of three scores, every kind of them, and a few long ones."""
    given = rounded(loss.defaults(), dtype)
    found = [case for case in hard(loss, given, dtype, (3,)) if len(case.f) == 3]
    found = found[:: max(1, len(found) // 24)] + wide(loss, dtype, 70)[::7]
    lowest = float(np.finfo(dtype).tiny)
    return [c for c in found if all(x == 0.0 or abs(x) >= lowest for x in (*c.f, *c.weights(loss)))]


@DTYPES
def test_rowwise_losses_keep_the_rule(each_row_loss: RowLoss, dtype: type, double: None) -> None:
    where = cases(each_row_loss, dtype)
    low, _ = REACH[dtype]
    for quantity in ROW_QUANTITIES:
        for case, got in row_accuracy.computed(each_row_loss, quantity, dtype, on_jax, where):
            judged = row_accuracy.judge(each_row_loss, case, dtype)
            # A Hessian in small probabilities is made of the squares of these.
            beyond = each_row_loss.prediction != "scores" and any(0.0 < abs(x) < low for x in case.f)
            if quantity == "hess" and beyond:
                continue
            for j in [0] if quantity == "value" else judged.scores:
                if is_normal(float(judged.answers[quantity, j]), dtype, FAINT):
                    ulps = judged.error((quantity, j), float(got[j]), SETTLED)
                    said = f"{each_row_loss.name} {quantity}, score {j} of {case.said(each_row_loss)}"
                    assert ulps <= accuracy.ULPS, f"{said}: {ulps:.3g} ulp, got {got[j]!r}"


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
