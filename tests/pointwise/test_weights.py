"""The algebra of weights by its parts: what counts, what a product of weights is, what a sum is divided by."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossary.backends.cpu.runtime.total import UNIT
from lossary.evaluate.arrays.weights import Divisor, combined, divisor, product

W = np.array([2.0, 0.0, 0.5])
MASK = np.array([True, True, False])


def test_weights_and_masks_combine_to_what_each_example_counts() -> None:
    assert combined(None, None, (3,)) is None
    assert combined(W, None, (3,)).tolist() == W.tolist()  # type: ignore[union-attr]
    assert combined(W, MASK, (3,)).tolist() == [2.0, 0.0, 0.0]  # type: ignore[union-attr]
    alone = combined(None, MASK, (3,))
    assert alone is not None
    assert (alone.tolist(), alone.dtype) == ([1.0, 1.0, 0.0], np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mask_keeps_the_weights_dtype(dtype: type) -> None:
    found = combined(W.astype(dtype), MASK, (3,))
    assert found is not None
    assert found.dtype == dtype


def test_a_mask_is_stretched_only_where_that_is_allowed() -> None:
    column = np.array([[True], [False]])
    with pytest.raises(ValueError, match=r"mask has shape \(2, 1\) but y_pred has shape \(2, 3\)"):
        combined(None, column, (2, 3))
    stretched = combined(None, column, (2, 3), broadcast=True)
    assert stretched is not None
    assert stretched.tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    with pytest.raises(TypeError, match=r"mask must be boolean .* not float64"):
        combined(None, np.ones(3), (3,))


def test_products_of_weights() -> None:
    with np.errstate(all="raise"):
        found = product("cost", np.array([2.0, 0.0, 0.0, 3.0]), np.array([0.5, np.inf, 7.0, 0.0]))
    assert found.tolist() == [1.0, 0.0, 0.0, 0.0]
    # An infinite weight is refused elsewhere, as what it is.
    assert product("cost", np.array([np.inf]), np.array([2.0])).tolist() == [np.inf]
    assert np.isnan(product("cost", np.array([np.nan]), np.array([2.0])))[0]


@pytest.mark.parametrize(("row", "one"), [(1e-200, 1e-200), (1e200, 1e200), (5e-324, 0.4), (1e308, 10.0)])
def test_a_product_beyond_doubles_is_refused_with_its_row(row: float, one: float) -> None:
    with pytest.raises(ValueError, match="cost: .* in row 1 " + re.escape(f"({row:g} times {one:g})")):
        product("cost", np.array([1.0, row, row]), np.array([1.0, one, one]))
    assert product("cost", np.array([1.0]), np.array([one])).tolist() == [one]


def exact(found: Divisor) -> Fraction:
    return Fraction(found.units, UNIT)


def test_denominators_are_sums_counts_or_numbers() -> None:
    assert exact(divisor("weights", None, 5, (5,))) == exact(divisor("count", None, 5, (5,))) == 5
    assert exact(divisor("weights", W, 3, (3,))) == Fraction(5, 2)
    assert exact(divisor("count", W, 3, (3,))) == 2
    assert exact(divisor("weights", np.zeros(3), 3, (3,))) == 0


@given(st.floats(5e-324, 1.7e308))
def test_a_number_is_taken_as_it_is(number: float) -> None:
    assert exact(divisor(number, W, 3, (3,))) == Fraction(number)


@given(st.lists(st.floats(0.0, 1e300), min_size=1, max_size=30))
def test_the_sum_of_weights_is_exact(numbers: list[float]) -> None:
    assert exact(divisor("weights", np.array(numbers), len(numbers), (len(numbers),))) == sum(map(Fraction, numbers))


@pytest.mark.parametrize("wrong", ["mean", "", 0.0, -0.5, math.nan, math.inf, -math.inf, 0])
def test_what_is_no_denominator_is_refused(wrong: str | float) -> None:
    with pytest.raises(ValueError, match="denominator must be"):
        divisor(wrong, W, 3, (3,))


@pytest.mark.parametrize("wrong", [-1.0, -5e-324, np.nan, np.inf])
def test_weights_that_are_none_are_refused_with_their_place(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"sample_weight\[2\]"):
        divisor("weights", np.array([1.0, 0.0, wrong]), 3, (3,))


def test_the_reciprocal_is_rounded_once_and_infinite_beyond_doubles() -> None:
    for number in (3.0, 7.0, 1e-300, 1e300, 0.1):
        assert divisor(number, None, 0, ()).reciprocal == float(1 / Fraction(number))
    assert Divisor(1).reciprocal == math.inf
    assert divisor(2.0**-1023, None, 0, ()).reciprocal == 2.0**1023


def test_what_is_missing_stands_beside_the_divisor() -> None:
    plain = divisor("count", None, 4, (4,))
    assert (plain.missing, plain.beside(0) is plain) == (0, True)
    told = plain.beside(3)
    assert (told.missing, told.units) == (3, plain.units)
    assert plain.missing == 0
