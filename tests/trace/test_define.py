"""A user's own loss: read from a plain function, derived, checked, and refused with a reason."""

from __future__ import annotations

import functools
import inspect
import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest

import lossary
import lossary.primitives
from lossary import primitives as p
from lossary.backends import reference
from lossary.backends.trace.expression.execute import in_dialect
from lossary.definition import define
from lossary.discovery import record, records
from lossary.formula import (
    LABELS,
    NONNEGATIVE,
    POSITIVE,
    SIGNS,
    UNIT,
    Claims,
    Formula,
    Loss,
    MissingPrimitive,
    Parameter,
    bind,
)
from lossary.primitives import LOG_2, absolute, log1p, maximum, minimum, softplus, where

RNG = np.random.default_rng(4181)
Y, F = RNG.normal(0.0, 3.0, 60), RNG.normal(0.0, 3.0, 60)
SIGN = np.where(Y > 0.0, 1.0, -1.0)


def huber_value(y, f, delta=1.0):
    r = abs(f - y)
    inside = min(r, delta)
    return 0.5 * inside**2 + delta * (r - inside)


def helped(y, f):
    return helper(-y * f)


def helper(x):
    return softplus(x)


WEIGHT = 3.0


def closed_over(scale: float) -> Formula:
    shift = np.float64(0.5)

    def value(y, f):
        inner = lambda r: scale * r * r + shift  # noqa: E731
        return inner(f - y)

    return value


# Each pair: a function as users write them, and the same in NumPy on arrays.
READ = {
    "builtins": (huber_value, lambda y, f: np.where(abs(f - y) < 1, 0.5 * (f - y) ** 2, abs(f - y) - 0.5), {}),
    "numpy": (lambda y, f: np.log1p(np.square(f - y)), lambda y, f: np.log1p((f - y) ** 2), {}),
    "numpy where": (
        lambda y, f: np.where((f > y) | (f < -50.0), 2.0, 1.0) * np.abs(f - y),
        lambda y, f: np.where(f > y, 2.0, 1.0) * np.abs(f - y),
        {},
    ),
    "numpy clip": (lambda y, f: np.clip(f - y, -1, 1), lambda y, f: np.clip(f - y, -1, 1), {}),
    "bare primitives": (
        lambda y, f: log1p(absolute(f - y)) + LOG_2,
        lambda y, f: np.log1p(abs(f - y)) + np.log(2.0),
        {},
    ),
    "primitives module": (lambda y, f: p.softplus(-y * f), lambda y, f: np.logaddexp(0.0, -y * f), {"target": SIGNS}),
    "lossary.primitives": (
        lambda y, f: lossary.primitives.softplus(-y * f),
        lambda y, f: np.logaddexp(0.0, -y * f),
        {"target": SIGNS},
    ),
    "helper": (helped, lambda y, f: np.logaddexp(0.0, -y * f), {"target": SIGNS}),
    "closure": (closed_over(2.0), lambda y, f: 2.0 * (f - y) ** 2 + 0.5, {}),
    "global and math constants": (
        lambda y, f: WEIGHT * math.pi * (f - y) ** 2 * math.sqrt(4.0),
        lambda y, f: 6.0 * np.pi * (f - y) ** 2,
        {},
    ),
    "powers": (
        lambda y, f: abs(f - y) ** 1.5 + (f - y) ** 3 * (f - y) + 2**f + (1 + f**2) ** 0.5,
        lambda y, f: abs(f - y) ** 1.5 + (f - y) ** 4 + 2.0**f + np.sqrt(1 + f**2),
        {},
    ),
    "condition as a number": (lambda y, f: (f > y) * (f - y), lambda y, f: np.maximum(f - y, 0.0), {}),
    "partial": (
        functools.partial(huber_value, delta=2.0),
        lambda y, f: np.where(abs(f - y) < 2, 0.5 * (f - y) ** 2, 2 * abs(f - y) - 2),
        {},
    ),
    "own dialect": (record("squared_error").value, lambda y, f: (f - y) ** 2, {}),
}


@pytest.mark.parametrize(("value", "same", "settings"), READ.values(), ids=READ)
def test_plain_functions_are_read(value, same, settings):
    loss = define(value, name="mine", **settings)
    y = SIGN if settings else Y
    got, want = loss.value(y, F, *loss.defaults()), same(y, F)
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)
    for formula in (loss.value, loss.grad, loss.hess):
        bind(formula, reference.TABLE)
        assert inspect.getsource(formula)


def test_that_comparison_notices_another_function():
    loss = define(lambda y, f: (f - y) ** 2 * (1.0 + 1e-12), name="mine")
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(loss.value(Y, F), (F - Y) ** 2, rtol=1e-13)


def test_what_is_defined_is_an_ordinary_record():
    loss = define(huber_value, claims=Claims(convex=True), sources=("me",), aliases=("hub",))
    assert isinstance(loss, Loss)
    assert loss.name == "huber_value"
    assert loss.family == "user"
    assert [(q.name, q.default) for q in loss.parameters] == [("delta", 1.0)]
    assert loss.claims.convex is True
    assert (loss.sources, loss.aliases, loss.functional) == (("me",), ("hub",), "unknown")
    assert in_dialect(loss.value)
    huber = record("huber")
    for delta in (0.5, 2.0):
        np.testing.assert_allclose(loss.grad(Y, F, delta), huber.grad(Y, F, delta), rtol=1e-14)
        np.testing.assert_array_equal(loss.hess(Y, F, delta), huber.hess(Y, F, delta))


def test_functions_in_the_dialect_stay_as_they_are():
    for loss in records():
        assert in_dialect(loss.value), loss.name
    huber = record("huber")
    again = define(huber.value, name="again", parameters=huber.parameters, grad=huber.grad, majorizer=huber.majorizer)
    assert (again.value, again.grad, again.majorizer) == (huber.value, huber.grad, huber.majorizer)


def test_other_functions_are_not_taken_for_the_dialect():
    def powered(y, f):
        return (f - y) ** 2

    def branched(y, f):
        return f - y if f is y else y - f

    def whole(y, f):
        return 2 * f

    for function in (huber_value, helped, powered, branched, whole, closed_over(1.0), np.exp, lambda y, f: f - y):
        assert not in_dialect(function)
    with pytest.raises(MissingPrimitive):
        bind(helped, reference.TABLE)


@pytest.mark.parametrize("loss", [pytest.param(r, id=r.name) for r in records()])
def test_every_loss_of_the_catalogue_could_have_been_a_users(loss):
    names = loss.value.__code__.co_varnames[2:]
    again = define(
        loss.value,
        name="again",
        grad=loss.grad,
        parameters=[replace(q, name=name) for q, name in zip(loss.parameters, names, strict=False)],
        target=loss.target,
        prediction=loss.prediction,
    )
    assert again.value is loss.value
    assert again.grad is loss.grad


def test_parameters_take_their_records_or_the_functions_defaults():
    def value(y, f, scale, *, shift=0.25):
        return scale * abs(f - y - shift)

    loss = define(value, parameters=[Parameter("scale", 2.0, POSITIVE, "how much")], name="mine")
    assert [str(q) for q in loss.parameters] == ["scale=2", "shift=0.25"]
    np.testing.assert_allclose(loss.value(Y, F, 3.0, 0.5), 3.0 * abs(F - Y - 0.5), rtol=1e-15)


def test_naive_forms_become_ones_that_keep_their_digits():
    plain = define(lambda y, f: np.log(1 + np.exp(-y * f)), target=SIGNS)
    stable = define(lambda y, f, d=1.0: d**2 * (np.sqrt(1 + ((f - y) / d) ** 2) - 1))
    share = define(lambda y, f: (1 / (1 + np.exp(-f)) - y) ** 2, target=UNIT)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert plain.value(1.0, np.float64(-800.0)) == 800.0
        assert plain.grad(1.0, np.float64(40.0)) == pytest.approx(-math.exp(-40.0), rel=1e-14)
        assert stable.value(0.0, np.float64(1e-9), 1.0) == pytest.approx(5e-19, rel=1e-14)
        assert stable.hess(0.0, np.float64(1e6), 1.0) == pytest.approx(1e-18, rel=1e-10)
        assert share.grad(0.0, np.float64(-300.0)) == pytest.approx(2.0 * math.exp(-600.0), rel=1e-13)


REWRITTEN = {
    "softplus(f)": lambda y, f: np.log(1 + np.exp(f)),
    "log1p(-f)": lambda y, f: np.log(1 - f),
    "log1p_square(f)": lambda y, f: np.log(f**2 + 1),
    "log_sigmoid(f)": lambda y, f: np.log(1 / (1 + np.exp(-f))),
    "sigmoid(f)": lambda y, f: np.exp(f) / (1 + np.exp(f)),
    "hypot1(f)": lambda y, f: np.sqrt(1 + f * f),
    "sqrt1pm1(f)": lambda y, f: np.sqrt(1 + f) - 1,
    "f * hypot1_ratio(f)": lambda y, f: np.sqrt(1 + f**2) - 1,
    "expm1(f)": lambda y, f: np.exp(f) - 1,
    "-expm1(f)": lambda y, f: 1 - np.exp(f),
    "log1pmx(f)": lambda y, f: np.log(1 + f) - f,
    "-log1pmx(f)": lambda y, f: f - np.log1p(f),
}


@pytest.mark.parametrize(("primitive", "naive"), REWRITTEN.items(), ids=REWRITTEN)
def test_every_rewriting_is_an_identity(primitive, naive):
    loss = define(naive, target=UNIT, prediction=UNIT, name="mine")
    assert inspect.getsource(loss.value).endswith(f"return {primitive}\n")
    with mpmath.workdps(30):
        got = reference.exact(loss.value, (0.0, 0.375))
        assert got == pytest.approx(naive(0.0, 0.375), rel=1e-13)


def spread(y, f):
    return (f - y) ** 2


@pytest.mark.parametrize(
    ("value", "settings", "error", "message"),
    [
        (lambda y, f: f - y if f > y else y - f, {}, TypeError, r"use where\(condition, a, b\)"),
        (lambda y, f: (f - y) * (0 < f < 1), {}, TypeError, "chained comparisons"),
        (lambda y, f: (f > 0 and y > 0) * f, {}, TypeError, "whole arrays"),
        (lambda y, f: math.exp(f), {}, TypeError, r"math\.exp .* lossary\.primitives\.exp"),
        (lambda y, f: float(f), {}, TypeError, r"in place of float"),
        (lambda y, f: np.mean((f - y) ** 2), {}, TypeError, "its cost takes the mean"),
        (lambda y, f: ((f - y) ** 2).mean(), {}, TypeError, "no attribute 'mean'"),
        (lambda y, f: np.arctan(f - y), {}, TypeError, "arctan is not among"),
        (lambda y, f: f * np.ones(3), {}, TypeError, "for one example"),
        (lambda y, f: (f, y), {}, TypeError, "one number per example, not a tuple"),
        (lambda y, f: None, {}, TypeError, "returns nothing"),
        (lambda y: y, {}, TypeError, "a target and a prediction"),
        (lambda *a: a[0], {}, TypeError, r"\*args"),
        (lambda y, t, f=1.0: t, {}, ValueError, "has a parameter 'f'"),
        (lambda y, f: y**2, {}, ValueError, "does not depend on the prediction"),
        (lambda y, f, d: d * f, {}, ValueError, "'d' needs a default"),
        (lambda y, f, d="1": d * f, {}, TypeError, "default of 'd' is not a number: '1'"),
        (spread, {"parameters": [Parameter("d", 1.0, POSITIVE, "")]}, ValueError, "no parameter 'd'"),
        (
            lambda y, f, d=1.0: d * f,
            {"parameters": [Parameter("d", -1.0, POSITIVE, "")]},
            ValueError,
            "d=-1 is not in",
        ),
        (spread, {"name": "my loss"}, ValueError, "a word"),
        (3.0, {}, TypeError, "must be a function"),
        (lambda y, f: np.log(f), {}, ValueError, r"value is nan at y=.*, f=-.*prediction="),
        (spread, {"grad": lambda y, f, d=1.0: f - y}, ValueError, r"grad takes \(y, f, d\) where value takes \(y, f\)"),
    ],
)
def test_what_cannot_be_a_loss_is_refused_with_a_reason(value, settings, error, message):
    with pytest.raises(error, match=message):
        define(value, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"grad": lambda y, f: f - y}, r"grad is not the slope of value: at y=.*, f=.* grad is .* differences .* give"),
        ({"grad": lambda y, f: 2 * (y - f)}, "grad is not the slope"),
        ({"grad": lambda y, f: 2 * (f - y) * (1 + 3e-5)}, "grad is not the slope"),
        ({"grad": lambda y, f: np.where(f > 3, 0.0, 2 * (f - y))}, "grad is not the slope"),
        ({"grad": lambda y, f: 2 * (f - y) + np.log(f - f)}, "grad is nan|grad is -?inf"),
        ({"hess": lambda y, f: 1.0 + 0 * f}, "hess is not the slope of grad"),
    ],
)
def test_a_wrong_derivative_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        define(spread, **settings)


def test_a_right_derivative_is_taken():
    loss = define(spread, grad=lambda y, f: 2 * (f - y), hess=lambda y, f: 2.0)
    np.testing.assert_array_equal(loss.grad(Y, F), 2 * (F - Y))
    assert loss.hess(1.0, 2.0) == 2.0


def test_a_factor_that_is_one_by_default_is_not_overlooked():
    with pytest.raises(ValueError, match=r"d=1\.375"):
        define(lambda y, f, d=1.0: d * (f - y) ** 2, grad=lambda y, f, d=1.0: 2 * (f - y))


def test_kinks_jumps_and_bounded_domains_are_no_errors():
    define(lambda y, f: where(y * f <= 0, 1.0, 0.0), target=SIGNS)
    define(lambda y, f: maximum(0.0, 1.0 - y * f), target=SIGNS)
    define(lambda y, f: np.sqrt(abs(f - y)))
    define(lambda y, f: -y * np.log(f) - (1 - y) * np.log(1 - f), target=LABELS, prediction=UNIT)
    define(lambda y, f: f - y * np.log(f), target=NONNEGATIVE, prediction=POSITIVE)
    define(lambda y, f, c=2.0: minimum((f - y) ** 2, c**2))
    define(lambda y, f: np.exp((f - y) ** 2))
