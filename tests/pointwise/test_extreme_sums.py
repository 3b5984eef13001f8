"""Sums and products with exponents kept apart: exact where kernels are not, and asked for only where they are not."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.backends.cpu.specs.conventions import LEAST_SCALE, MOST_SCALE
from lossary.evaluate.arrays.extremes import is_doubtful, is_moderate, levelled, numerator, settle, weighed

ANY = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)
WEIGHT = st.floats(0.0, 1.7e308, allow_subnormal=True)


def value(total: Total) -> Fraction:
    return Fraction(total.units, UNIT) + Fraction(total.below, UNIT * UNIT)


@given(st.lists(st.tuples(ANY, WEIGHT), max_size=40))
def test_a_numerator_is_the_sum_of_products_of_53_bits(pairs: list[tuple[float, float]]) -> None:
    losses, weights = (np.array([pair[i] for pair in pairs]) for i in (0, 1))
    products = [Fraction(a) * Fraction(b) for a, b in pairs]
    total = numerator(losses, weights)
    assert abs(value(total) - sum(products)) * 2**53 <= sum(map(abs, products))
    assert (total.nans, total.positive, total.negative) == (0, 0, 0)
    # Products of few bits are exact.
    powers = np.ldexp(1.0, np.frexp(losses)[1] // 2)
    assert value(numerator(powers, weights)) == sum(
        (Fraction(a) * Fraction(b) for a, b in zip(powers.tolist(), weights.tolist(), strict=True)), Fraction(0)
    )


def test_losses_that_are_no_numbers_are_counted_where_they_count() -> None:
    losses = np.array([np.inf, np.inf, -np.inf, np.nan, np.nan, np.nan, 2.0, np.inf, -np.inf, np.nan])
    weights = np.array([1.0, 2.0, 1.0, 1.0, 1.0, 5e-324, 3.0, 0.0, 0.0, 0.0])
    total = numerator(losses, weights)
    assert (total.positive, total.negative, total.nans) == (2, 1, 3)
    assert value(total) == 6


def test_floats_are_summed_as_the_doubles_they_are() -> None:
    losses, weights = np.array([0.1, 3e38], np.float32), np.array([1e-45, 3e38], np.float32)
    exact = sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(losses, weights, strict=True))
    assert abs(value(numerator(losses, weights)) - exact) * 2**53 <= exact


@given(st.integers(1, 2**70), st.integers(1, 10**6))
def test_a_sum_that_is_not_doubted_has_its_digits(units: int, size: int) -> None:
    # Each product may be off by half a unit, and each of the digits of a double is to be right.
    doubted = is_doubtful(Total(units), size)
    assert doubted or size * 2**53 < units
    assert not doubted or units < size * 2**56


def test_sums_are_doubted_by_their_infinities_unless_nan() -> None:
    large = 2**1100
    assert not is_doubtful(Total(large), 3)
    assert is_doubtful(Total(-1), 3)
    assert not is_doubtful(Total(-large), 3)
    assert is_doubtful(Total(large, positive=1), 3)
    assert is_doubtful(Total(large, negative=1), 3)
    assert not is_doubtful(Total(large, nans=1, positive=1), 3)
    assert not is_doubtful(Total(large, nans=1, negative=2), 3)


def test_scales_are_moderate_up_to_their_bounds() -> None:
    for inside in (LEAST_SCALE, 1.0, MOST_SCALE):
        assert is_moderate(inside)
    for outside in (0.0, np.nextafter(LEAST_SCALE, 0.0), np.nextafter(MOST_SCALE, np.inf), np.inf, np.nan):
        assert not is_moderate(float(outside))


@given(st.lists(WEIGHT, min_size=1, max_size=10))
def test_levelled_weights_are_the_same_to_a_power_of_two(numbers: list[float]) -> None:
    weights = np.array(numbers)
    found, most = levelled(weights), max(numbers)
    if most == 0.0 or LEAST_SCALE <= most <= MOST_SCALE:
        assert found is weights
        return
    assert 0.5 <= found.max() < 1.0
    factor = Fraction(float(found.max())) / Fraction(most)
    for before, after in zip(numbers, found.tolist(), strict=True):
        assert abs(Fraction(after) - Fraction(before) * factor) <= Fraction(1, 2**1075)


def test_weights_that_cannot_be_levelled_stay() -> None:
    for weights in (np.array([1e300, np.inf]), np.zeros(3), np.zeros(0)):
        assert levelled(weights) is weights


@given(ANY, WEIGHT, st.floats(5e-324, 1.7e308))
def test_a_number_weighed_is_the_exact_one_rounded(number: float, weight: float, over: float) -> None:
    units = int(Fraction(over) * UNIT)
    for weights, exact in ((np.array([weight]), Fraction(number) * Fraction(weight)), (None, Fraction(number))):
        (found,) = weighed(np.array([number]), weights, units).tolist()
        exact /= Fraction(over)
        if abs(exact) > Fraction(1.79e308):
            assert abs(found) > 1.78e308
            assert (found > 0) == (exact > 0)
        else:
            assert abs(Fraction(found) - exact) <= abs(exact) / 2**50 + Fraction(1, 2 * UNIT) * (1 + Fraction(1, 2**40))


def test_what_has_no_weight_is_zero_and_rows_are_weighed_whole() -> None:
    numbers = np.array([[np.inf, 2.0], [np.nan, np.inf], [3.0, -np.inf]])
    found = weighed(numbers, np.array([0.0, 0.0, 2.0]), 4 * UNIT)
    assert found.tolist() == [[0.0, 0.0], [0.0, 0.0], [1.5, -np.inf]]
    assert weighed(numbers[2:], None, 4 * UNIT).tolist() == [[0.75, -np.inf]]
    assert np.isnan(weighed(np.array([np.nan]), np.array([1.0]), UNIT))[0]


def test_results_are_put_in_place_and_rounded_without_a_warning() -> None:
    with np.errstate(all="raise"):
        written = np.empty(3, np.float32)
        settle(written, np.array([1e300, 1e-300, 0.1]))
    assert written.tolist() == [np.inf, 0.0, float(np.float32(0.1))]
