"""Weights from 5e-324 to 1.7e308: means, sums and gradients against exact fractions, whatever else is in the call."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

import lossary
from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.evaluate.arrays import extremes
from lossary.evaluate.arrays.weights import Divisor

LEVELS = (5e-324, 1e-310, 1e-160, 1e-40, 1.0, 1e40, 1e160, 1e300, 1.7e308)
SINGLE_LEVELS = (1e-45, 1e-40, 1e-20, 1.0, 1e20, 3e38)
DTYPES = (np.float64, np.float32)
LOSSES = ("squared_error", "huber", "quantile")
Y = [0.0, 1.0, -2.0, 0.5]
F = [0.5, -7.0, 1e5, 0.5]


def rounded(exact: Fraction) -> float:
    """The nearest double, infinite beyond the largest."""
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def near(got: float, exact: Fraction, dtype: type = np.float64) -> bool:
    """Within 4 ulp of the dtype."""
    with np.errstate(over="ignore", under="ignore"):
        right = dtype(rounded(exact))
    if np.isinf(right) or np.isinf(got):
        return bool(got == right)
    return abs(Fraction(float(got)) - exact) <= 4 * Fraction(float(np.spacing(abs(right))))


def fractions(numbers: object) -> list[Fraction]:
    return [Fraction(float(x)) for x in np.asarray(numbers, np.float64).reshape(-1)]


def referee(losses: object, gradients: object, weights: object, divisor: Fraction) -> tuple[Fraction, list[Fraction]]:
    w = fractions(weights)
    cost = sum((a * b for a, b in zip(w, fractions(losses), strict=True)), Fraction(0)) / divisor
    return cost, [a * b / divisor for a, b in zip(w, fractions(gradients), strict=True)]


def wrong(got: tuple[float, np.ndarray], want: tuple[Fraction, list[Fraction]], dtype: type) -> list[str]:
    cost, gradient = got
    found = [] if near(cost, want[0]) else [f"cost {cost!r} is not {rounded(want[0])!r}"]
    for i, (a, b) in enumerate(zip(gradient.reshape(-1), want[1], strict=True)):
        if not near(float(a), b, dtype):
            found.append(f"gradient {i} {a!r} is not {rounded(b)!r}")
    return found


def cases() -> list[tuple[float, ...]]:
    pairs = itertools.combinations_with_replacement(LEVELS, 2)
    return [(a, b, a, b) for a, b in pairs] + [(5e-324, 1.7e308, 0.0, 3e-320), (1.7e308,) * 4, (5e-324,) * 4]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_means_and_their_gradients(name: str, dtype: type) -> None:
    loss, y, f = lossary.get(name), np.array(Y, dtype), np.array(F, dtype)
    losses, gradients = loss(y, f), loss.gradient(y, f)
    bad = []
    for weights in cases():
        want = referee(losses, gradients, weights, sum(fractions(weights), Fraction(0)))
        bad += [f"{weights}: {each}" for each in wrong(loss.cost_and_gradient(y, f, weights), want, dtype)]
        assert loss.cost(y, f, weights) == loss.cost_and_gradient(y, f, weights)[0]
    assert not bad, bad[:5]


@pytest.mark.parametrize("name", LOSSES)
def test_weights_of_float32(name: str) -> None:
    loss, y, f = lossary.get(name), np.float32(Y), np.float32(F)
    losses, gradients = loss(y, f), loss.gradient(y, f)
    bad = []
    for pair in itertools.combinations_with_replacement(SINGLE_LEVELS, 2):
        weights = np.float32([*pair, *pair])
        want = referee(losses, gradients, weights, sum(fractions(weights), Fraction(0)))
        bad += [f"{pair}: {each}" for each in wrong(loss.cost_and_gradient(y, f, weights), want, np.float32)]
    assert not bad, bad[:5]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("denominator", ["count", 1e300, 1e-310, 5e-324, 7.0])
def test_other_denominators(denominator: str | float, dtype: type) -> None:
    loss, y, f = lossary.huber, np.array(Y, dtype), np.array(F, dtype)
    divisor = Fraction(4) if denominator == "count" else Fraction(float(denominator))
    bad = []
    for weights in cases()[:-3]:
        want = referee(loss(y, f), loss.gradient(y, f), weights, divisor)
        got = loss.cost_and_gradient(y, f, weights, denominator=denominator)
        bad += [f"{weights}: {each}" for each in wrong(got, want, dtype)]
    want = referee(loss(y, f), loss.gradient(y, f), [1.0] * 4, divisor)
    bad += wrong(loss.cost_and_gradient(y, f, denominator=denominator), want, dtype)
    assert not bad, bad[:5]


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_and_unscaled_derivatives(dtype: type) -> None:
    loss, y, f = lossary.squared_error, np.array(Y, dtype), np.array(F, dtype)
    bad = []
    for weights in cases():
        want = referee(loss(y, f), loss.gradient(y, f), weights, Fraction(1))
        bad += wrong(loss.cost_and_gradient(y, f, weights, reduction="sum"), want, dtype)
        first, second = loss.gradient_and_hessian(y, f, weights)
        bad += wrong((loss.cost(y, f, weights, reduction="sum"), first), want, dtype)
        curved = referee([0.0] * 4, loss.hessian(y, f), weights, Fraction(1))
        bad += wrong((0.0, second), curved, dtype)
    assert not bad, bad[:5]


def test_subnormal_products_keep_their_digits() -> None:
    # Each product is less than the smallest double, their sum over that of the weights is not.
    y, f = np.zeros(5), np.full(5, 0.3)
    assert lossary.squared_error.cost(y, f, np.full(5, 5e-324)) == 0.09
    assert lossary.squared_error.cost(y, f, np.full(5, 5e-324), reduction="sum") == 0.0


def test_a_mean_of_finite_losses_is_finite() -> None:
    y, f = np.zeros(3), np.full(3, 1.3e154)
    value = lossary.squared_error(y, f)[0]
    for weights in ([2.0, 3.0, 4.0], [1e308] * 3, [1.7e308, 5e-324, 1.0]):
        assert lossary.squared_error.cost(y, f, weights) == pytest.approx(value, rel=4e-16)
    assert lossary.squared_error.cost(y, f, [2.0] * 3, reduction="sum") == math.inf


def test_infinite_losses_stay_infinite_unless_they_do_not_count() -> None:
    y, f = [0.0, 0.0], [math.inf, 1.0]
    assert lossary.squared_error.cost(y, f, [1e308, 1e308]) == math.inf
    assert lossary.squared_error.cost(y, f, [0.0, 1e308]) == 1.0
    assert math.isnan(lossary.squared_error.cost([0.0, 0.0], [math.nan, 1.0], [1e308, 1e308]))


def test_merging_is_exact_in_any_order() -> None:
    rng = np.random.default_rng(3)
    y, f = rng.normal(size=60), rng.normal(size=60) * 10.0 ** rng.uniform(-150, 150, 60)
    weights = 10.0 ** rng.uniform(-323, 308, 60)
    whole = lossary.squared_error.accumulator().update(y, f, weights)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(60)
        parts = [lossary.squared_error.accumulator().update(y[p], f[p], weights[p]) for p in np.array_split(order, 7)]
        merged = lossary.squared_error.accumulator()
        for part in parts:
            merged.merge(part)
        assert (merged.value, merged.numerator, merged.denominator) == (
            whole.value,
            whole.numerator,
            whole.denominator,
        )
    want, _ = referee(lossary.squared_error(y, f), y, weights, sum(fractions(weights), Fraction(0)))
    assert near(whole.value, want)


def test_a_sum_of_weights_beyond_the_largest_double_is_infinite() -> None:
    both = lossary.squared_error.accumulator().update([0.0, 0.0], [1.0, 2.0], [1.7e308, 1.7e308])
    assert (both.denominator, both.value) == (math.inf, 2.5)


@pytest.mark.parametrize("check", [True, False])
def test_results_over_the_predictions(check: bool) -> None:
    y = np.array(Y)
    for weights in ((1e-310,) * 4, (5e-324, 1e300, 1.0, 0.0), (1.0, 2.0, 3.0, 4.0)):
        want = lossary.squared_error.cost_and_gradient(y, np.array(F), weights)
        place = np.array(F)
        got = lossary.squared_error.cost_and_gradient(y, place, weights, out=place, check=check)
        assert got[0] == want[0]
        assert got[1] is place
        np.testing.assert_array_equal(place, want[1])
        first, second = lossary.squared_error.gradient_and_hessian(y, np.array(F), weights)
        place = np.array(F)
        again = lossary.squared_error.gradient_and_hessian(y, place, weights, out=(place, np.empty(4)), check=check)
        np.testing.assert_array_equal(again, (first, second))


@pytest.mark.parametrize("classes", [3, 70])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows(dtype: type, classes: int) -> None:
    loss, rng = lossary.softmax_cross_entropy, np.random.default_rng(classes)
    y, f = rng.integers(0, classes, 4), rng.normal(size=(4, classes)).astype(dtype)
    losses, gradients = loss(y, f), loss.gradient(y, f)
    bad = []
    for weights in cases():
        divisor = sum(fractions(weights), Fraction(0))
        want = referee(losses, gradients[:, 0], weights, divisor)
        cost, gradient = loss.cost_and_gradient(y, f, weights)
        bad += [f"{weights}: {each}" for each in wrong((cost, gradient[:, 0]), want, dtype)]
        place = f.copy()
        assert loss.cost_and_gradient(y, place, weights, out=place)[0] == cost
        np.testing.assert_array_equal(place, gradient)
        first, _ = loss.gradient_and_hessian(y, f, weights)
        sums = referee(losses, gradients[:, 0], weights, Fraction(1))
        bad += wrong((loss.cost(y, f, weights, reduction="sum"), first[:, 0]), sums, dtype)
    assert not bad, bad[:5]


@pytest.mark.parametrize("level", [1e-310, 1e-50, 1e50, 1e308])
def test_class_weights(level: float) -> None:
    loss, y = lossary.softmax_cross_entropy, [0, 1, 0]
    f = np.array([[0.0, 1.0], [0.0, 2.0], [3.0, 0.0]])
    plain = loss.cost_and_gradient(y, f, class_weight=[1.0, 0.5])
    got = loss.cost_and_gradient(y, f, class_weight=[level, 0.5 * level])
    assert got[0] == pytest.approx(plain[0], rel=1e-12)
    np.testing.assert_allclose(got[1], plain[1], rtol=1e-12)  # half of a subnormal number may be rounded


def test_products_of_weights_beyond_float64_are_refused() -> None:
    for row, each in ((1e-200, 1e-200), (1e200, 1e200)):
        with pytest.raises(ValueError, match=r"sample_weight times class_weight .* in row 1 .*scale one of them"):
            lossary.softmax_cross_entropy.cost([0, 1], [[0.0, 1.0]] * 2, [1.0, row], class_weight=[1.0, each])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("level", [1e-310, 1e-50, 1e50, 1e308])
def test_linear_cross_entropy(level: float, dtype: type) -> None:
    x, weight = np.eye(3, 2, dtype=dtype), np.array([[0.5, 1.0], [2.0, -1.0]], dtype)
    plain = lossary.linear_cross_entropy(x, weight, [0, 1, 0], sample_weight=np.array([0.5, 0.25, 1.0]))
    got = lossary.linear_cross_entropy(x, weight, [0, 1, 0], sample_weight=np.array([0.5, 0.25, 1.0]) * level)
    assert got.cost == pytest.approx(plain.cost, rel=1e-6)
    np.testing.assert_allclose(got.x_gradient, plain.x_gradient, rtol=1e-6)
    np.testing.assert_allclose(got.weight_gradient, plain.weight_gradient, rtol=1e-6)


def test_ordinary_calls_are_not_computed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    for name in ("numerator", "weighed"):
        monkeypatch.setattr(extremes, name, lambda *_, name=name: called.append(name))
    y, f = np.array(Y), np.array(F)
    for weights in ([1.0, 0.0, 1e-12, 1e12], np.float32([1.0, 0.0, 0.5, 2.0])):
        lossary.huber.cost_and_gradient(y, f, weights)
        lossary.huber.cost_and_gradient(y.astype("f"), f.astype("f"), weights)
        lossary.softmax_cross_entropy.cost_and_gradient([0, 1, 1, 0], np.ones((4, 3)), weights)
    assert not called


def test_numbers_kept_apart() -> None:
    rng = np.random.default_rng(11)
    losses = rng.normal(size=200) * 10.0 ** rng.uniform(-320, 308, 200)
    weights = np.where(rng.random(200) < 0.2, 0.0, 10.0 ** rng.uniform(-323, 308, 200))
    total = extremes.numerator(losses, weights)
    exact = sum((a * b for a, b in zip(fractions(losses), fractions(weights), strict=True)), Fraction(0))
    got = Fraction(total.units, UNIT) + Fraction(total.below, UNIT * UNIT)
    assert (
        abs(got - exact) <= sum(abs(a * b) for a, b in zip(fractions(losses), fractions(weights), strict=True)) / 2**53
    )
    assert Total(0, below=1).plus(Total(0, below=2)) == Total(0, below=3)
    divisor = Divisor(3 * UNIT // 7)
    found = extremes.weighed(losses, weights, divisor.units)
    want = [a * b / Fraction(divisor.units, UNIT) for a, b in zip(fractions(losses), fractions(weights), strict=True)]
    assert all(near(x, z) for x, z in zip(found.tolist(), want, strict=True))
