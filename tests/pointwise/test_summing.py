"""Blocks of numbers are summed exactly, whichever way they take."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from lossary.backends.cpu.arithmetic import summing
from lossary.backends.cpu.arithmetic.compiler import instructions, object_code
from lossary.backends.cpu.cache import loader
from lossary.backends.cpu.cache.apart import alone
from lossary.backends.cpu.runtime.total import UNIT, collected
from lossary.backends.cpu.specs.conventions import BINS, BLOCK

FLOATS = """
def kernel(call, start, stop):
    buffer = load_i64(call, 0)
    largest = int32(0)
    least = int32(-1)
    for i in range(start, stop):
        pattern = bits(load_f32(buffer, i)) & 2147483647
        largest = max(largest, pattern)
        least = smaller_unsigned(least, pattern - 1)
    add_block_32(buffer, stop, largest, least, load_i64(call, 1), load_i64(call, 2), load_i64(call, 2) + 64)
"""
DOUBLES = """
def kernel(call, start, stop):
    buffer = load_i64(call, 0)
    largest = 0
    for i in range(start, stop):
        largest = max(largest, bits(load_f64(buffer, i)) & 9223372036854775807)
    add_block(buffer, stop, largest, load_i64(call, 1), load_i64(call, 2))
"""


@pytest.fixture(scope="module", params=[np.float32, np.float64])
def summed(request):
    """The exact sum of a block by a kernel that does nothing else."""
    text = FLOATS if request.param is np.float32 else DOUBLES
    names = {**instructions(), "add_block": summing.add_block, "add_block_32": summing.add_block_32}
    with alone():
        kernel = loader.load(f"only sums {request.param}", object_code(text, names))

    def total(numbers):
        buffer, tally, work = np.full(BLOCK, 77, request.param), np.zeros(BINS + 1, np.int64), np.zeros(BLOCK + 8)
        buffer[: len(numbers)] = numbers
        kernel(struct.pack("=3q", *(each.ctypes.data for each in (buffer, tally, work))), 0, len(numbers))
        return collected(tally, True)[1]

    total.dtype = request.param
    return total


def right(numbers):
    return sum(map(Fraction, numbers.tolist()), Fraction(0))


APART = (0, 1, 20, 23, 24, 25, 26, 40, 62, 63, 64, 65, 66, 88, 120, 200)


@pytest.mark.parametrize("apart", APART)
def test_a_block_is_summed_exactly_however_far_apart_its_numbers_are(summed, apart):
    rng = np.random.default_rng(apart)
    lowest = -149 if summed.dtype is np.float32 else -1074
    for size in (1, 2, 7, 31, 32, 33, 500, BLOCK):
        for top in (-100, 0, 100):
            powers = np.append(rng.integers(top - apart, top + 1, size - 1), top)
            numbers = rng.uniform(1.0, 2.0, size) * np.exp2(powers.astype(float)) * rng.choice([-1.0, 1.0, 0.0], size)
            numbers[rng.integers(size)] = np.exp2(max(top - apart, lowest)) * 1.25
            numbers[-1] = 1.9999999 * np.exp2(top)
            numbers = numbers.astype(summed.dtype)
            assert Fraction(summed(numbers).units, UNIT) == right(numbers), (size, top)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_full_blocks_of_the_largest_and_the_smallest_numbers_are_exact(summed, sign):
    facts = np.finfo(summed.dtype)
    for number in (facts.max, facts.tiny, facts.smallest_subnormal, facts.tiny - facts.smallest_subnormal):
        numbers = np.full(BLOCK, sign * number, summed.dtype)
        numbers[::3] = facts.smallest_subnormal
        assert Fraction(summed(numbers).units, UNIT) == right(numbers)


def test_the_widest_block_that_is_added_as_it_is(summed):
    """All bits of all numbers set, from the largest to the last that is close to it: the fullest that a lane gets."""
    ones = np.float32(2.0) - np.finfo(np.float32).eps
    for step in (summing.CLOSE, summing.CLOSE + 1, summing.SPLIT, summing.SPLIT + 1):
        numbers = np.full(BLOCK, ones, summed.dtype)
        numbers[5] = ones * np.float32(2.0**-step)
        assert Fraction(summed(numbers).units, UNIT) == right(numbers)


def test_zeros_infinities_and_nan_are_counted(summed):
    assert summed(np.zeros(BLOCK, summed.dtype)) == summed(np.zeros(0, summed.dtype))
    total = summed(np.array([1.5, np.inf, -np.inf, np.inf, np.nan, -0.0], summed.dtype))
    assert (total.units, total.nans, total.positive, total.negative) == (3 * UNIT // 2, 1, 2, 1)
