"""Parameters at the ends of their ranges: the limit, as exact arithmetic has it, on float32 as on float64."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from tests.support.kernels import together

import lossary
from lossary import discovery
from lossary.backends import numpy as numpy_backend
from lossary.backends import reference
from lossary.evaluate.arrays.parameters import needs_double
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import POSITIVE, Interval, Loss, Parameter
from lossary.proof.accuracy import plain_error, spacing

DIGITS = 700
"""Digits in which 1 + x keeps an x of 1e-620."""
SIZES = (5e-324, 1e-310, 2.0**-1000, 1e-200, 1e-50, 1e-12, 1e12, 1e50, 1e200, 1e300, 1.7e308)
Point = tuple[float, ...]

CASES = [
    (name, i)
    for name in discovery.names()
    if isinstance(discovery.record(name), Loss)
    for i in range(len(discovery.record(name).parameters))
]


def settings(loss: Loss, i: int) -> list[Point]:
    """The defaults with parameter ``i`` at its extremes."""
    within, defaults = loss.parameters[i].within, loss.defaults()
    ends = [sign * size for size in SIZES for sign in (1.0, -1.0)]
    ends += [math.nextafter(end, 0.5) for end in (within.low, within.high) if math.isfinite(end)]
    ends += [within.low, within.high, 1.0 - 1e-12, 1e-12]
    return [(*defaults[:i], v, *defaults[i + 1 :]) for v in dict.fromkeys(ends) if v in within]


def points(loss: Loss, parameters: Point, dtype: type) -> list[Point]:
    """Equal, near and far predictions."""
    targets = [y for y in (0.0, 1.0, -1.0, 3.0) if y in loss.target][:2]
    found = [(y, f) for y in targets for f in (y, y + 0.5, y * 1.001, 20.0, -20.0, 1e5, 1e-5, 0.5)]
    rounded = [(float(dtype(y)), float(dtype(f))) for y, f in found]
    return [(y, f, *parameters) for y, f in dict.fromkeys(rounded) if y in loss.target and f in loss.prediction]


def is_right(loss: Loss, quantity: str, point: Point, got: float, dtype: type) -> bool:
    """Within 8 ulp (limits are looked for here, not last digits), and twice what an ulp of the inputs makes."""
    formula = loss.quantity(quantity)
    exact = reference.exact(formula, point, DIGITS)
    if plain_error(exact, got, dtype) <= 8.0:
        return True
    if mpmath.isnan(exact) or not (math.isfinite(got) and mpmath.isfinite(exact)):
        return False
    slack = mpmath.mpf(0)
    for i, x in enumerate(point):
        moved = [float(np.nextafter(x, end)) for end in (math.inf, -math.inf)]
        inside = [m for m in moved if i < 2 or m in loss.parameters[i - 2].within]
        there = [reference.exact(formula, (*point[:i], m, *point[i + 1 :]), DIGITS) for m in inside]
        slack += max((abs(t - exact) for t in there if mpmath.isfinite(t)), default=0)
    return bool(abs(mpmath.mpf(got) - exact) <= 8 * spacing(exact, dtype) + 2 * slack)


@pytest.mark.parametrize(("name", "i"), CASES)
def test_formulas_in_float64(name: str, i: int) -> None:
    loss, wrong = discovery.record(name), []
    for parameters in settings(loss, i):
        where = points(loss, parameters, np.float64)
        y, f = (np.array([p[k] for p in where]) for k in (0, 1))
        for quantity in ("value", "grad", "hess"):
            got = numpy_backend.evaluate(loss.quantity(quantity), y, f, *parameters).tolist()
            wrong += [
                (quantity, p, g)
                for p, g in zip(where, got, strict=True)
                if not is_right(loss, quantity, p, g, np.float64)
            ]
    assert not wrong, wrong[:3]


@pytest.mark.parametrize(("name", "i"), CASES)
def test_float32_is_float64_rounded(name: str, i: int) -> None:
    loss, wrong = discovery.record(name), []
    for parameters in settings(loss, i):
        if not needs_double(loss.parameters[i], parameters[i]):
            continue
        where = points(loss, parameters, np.float32)
        y, f = (np.array([p[k] for p in where], np.float32) for k in (0, 1))
        public = LossFunction(loss, dict(zip([p.name for p in loss.parameters], parameters, strict=True)))
        for quantity, got in together(public, y, f, check=False).items():
            wide = numpy_backend.evaluate(loss.quantity(quantity), y.astype("d"), f.astype("d"), *parameters)
            with np.errstate(over="ignore", under="ignore"):
                want = wide.astype(np.float32)
            same = (got == want) | (np.isnan(got) & np.isnan(want))
            with np.errstate(invalid="ignore"):
                same |= np.abs(got - want) <= 4 * np.spacing(np.abs(want))
            wrong += [(quantity, p, g) for p, g, ok in zip(where, got.tolist(), same, strict=True) if not ok]
    assert not wrong, wrong[:3]


def test_the_issue_s_small_inputs() -> None:
    y, f = np.float32([0.0, 0.0]), np.float32([0.0, 2.0])
    np.testing.assert_array_equal(lossary.smooth_l1(y, f, beta=1e-50), [0.0, 2.0])
    np.testing.assert_array_equal(lossary.smooth_l1.gradient(y, f, beta=1e-50), [0.0, 1.0])
    np.testing.assert_array_equal(lossary.huber(y, f, delta=1e50), [0.0, 2.0])
    np.testing.assert_array_equal(lossary.huber.using(delta=1e50).gradient(y, f), [0.0, 2.0])
    assert lossary.huber.cost(y, f, delta=1e-50) == 1e-50


def test_array_parameters() -> None:
    y, f = np.zeros(4, np.float32), np.float32([0.0, 2.0, 2.0, 2.0])
    delta = np.array([1e50, 1e50, 1.0, 1e-50])
    np.testing.assert_array_equal(lossary.huber.gradient(y, f, delta=delta), np.float32([0.0, 2.0, 1.0, 0.0]))
    np.testing.assert_array_equal(lossary.smooth_l1(y, f, beta=np.full(4, 1e-50)), [0.0, 2.0, 2.0, 2.0])
    np.testing.assert_array_equal(
        lossary.quantile.gradient(y, f, tau=np.full(4, 1.0 - 1e-12))[1:], [np.float32(1.0 - (1.0 - 1e-12))] * 3
    )


ROW = np.float32([[0.0, 1.0, 3.0], [2.0, -1.0, 0.5]])
OPTIONS = [
    {"temperature": 1e-50},
    {"temperature": 1e50},
    {"soft_cap": 1e-50},
    {"soft_cap": 1e50},
    {"soft_cap": 5e-324},
    {"label_smoothing": 1e-50},
    {"label_smoothing": 1.0 - 1e-12},
    {"class_prior": [0.2, 0.3, 0.5], "prior_strength": 1e50},
    {"class_weight": [1e-50, 1e50, 1.0]},
    {"z_loss": 1e50},
    {"z_loss": 1e-50},
]


@pytest.mark.parametrize(
    "classes", [3, pytest.param(70, marks=pytest.mark.slow("tests/pointwise/test_extreme_parameters.py::test_rows"))]
)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_rows(options: dict[str, object], classes: int) -> None:
    if classes > 3 and ("class_prior" in options or "class_weight" in options):
        pytest.skip("one number a class, for three classes")
    f = ROW if classes == 3 else np.linspace(-2.0, 3.0, 140, dtype=np.float32).reshape(2, 70)
    y, loss = [2, 1], lossary.softmax_cross_entropy
    found = together(loss, y, f, names=("value", "grad"), **options)
    for quantity, wide in together(loss, y, f.astype(np.float64), names=("value", "grad"), **options).items():
        with np.errstate(over="ignore", under="ignore"):
            want = wide.astype(np.float32)
        assert not np.isnan(want).any()
        np.testing.assert_allclose(found[quantity], want, rtol=1e-6, atol=1e-44)


def test_a_temperature_that_no_score_survives_is_refused() -> None:
    with pytest.raises(ValueError, match=r"temperature must be at least .*, not 1e-300"):
        lossary.softmax_cross_entropy([0], [[0.0, 1.0]], temperature=1e-300)


@pytest.mark.parametrize("value", [0.0, 1e-9, 1.0, 1e9])
def test_ordinary_parameters_need_no_doubles(value: float) -> None:
    assert not needs_double(Parameter("p", 1.0, Interval(0.0, low_closed=True), ""), value)
    assert not needs_double(Parameter("p", 1.0, Interval(0.0, low_closed=True), ""), np.array([value, 0.0, 3.0]))


def test_parameters_near_an_end_need_doubles() -> None:
    unit = Parameter("p", 0.5, Interval(0.0, 1.0), "")
    assert needs_double(unit, 1.0 - 1e-9)
    assert not needs_double(unit, 1.0 - 1e-6)
    assert needs_double(Parameter("p", 1.0, POSITIVE, ""), np.array([1.0, 1e-20]))
