"""Exact sums of doubles, at little more than the price of inexact ones.

The state is an array of integers: bin j counts units of 2**(40 j - 1074), the last three count NaN and the infinities.
A block of up to 1024 doubles is rounded to a grid 44 bits below its largest, what is left over to a grid 44 bits below
that; sums of multiples of a grid are exact (``split_sum``). If anything is left after that a third grid is tried, and
then the numbers are cut at the bins' borders one by one. Integer addition is associative, so the sum is the same for
any order, any number of threads and any split into shards. Pre-rounding for reproducible sums is Demmel and Nguyen's
idea, doi:10.1109/ARITH.2013.9; keeping every bit makes it exact.
"""

from numba import float64

from lossary.backends.cpu.arithmetic.double import compiled
from lossary.backends.cpu.arithmetic.loads_and_stores import (
    load_f32,
    load_f64,
    load_i64,
    store_f32,
    store_f64,
    store_i64,
    stream,
)
from lossary.backends.cpu.arithmetic.operations import bits, from_bits_32
from lossary.backends.cpu.arithmetic.split_sums import split_sum, split_sum_32, split_sum_finer
from lossary.backends.cpu.specs.conventions import BIN_BITS, NANS, NEGATIVE_INFINITIES, POSITIVE_INFINITIES

GRID_BITS = 44
HALF = 0x0008000000000000
EXPONENT = 0x7FF0000000000000
FRACTION = 0x000FFFFFFFFFFFFF
INFINITY_32 = 0x7F800000


@compiled
def add_block(buffer, size, largest, bins, work):
    """Add ``size`` doubles at ``buffer`` to ``bins``. ``largest`` is the greatest bit pattern of their magnitudes.

    The buffer has room for up to seven more doubles, and ``work`` for seven.
    """
    if largest == 0:
        return
    # The rounder of the largest numbers would overflow, and infinities and NaN have no grid: one by one then.
    if largest >= (2000 << 52):
        add_singly(buffer, size, bins)
        return
    for i in range(size, (size + 7) & ~7):
        store_f64(buffer, i, 0.0)
    first, second = grids(largest, work)
    split_sum(buffer, (size + 7) >> 3, work)
    if load_i64(work, 4) == 0:
        add_units(bins, load_i64(work, 2), first)
        add_units(bins, load_i64(work, 3), second)
        return
    third = max(second - GRID_BITS, 0)
    store_i64(work, 2, ((third + 1) << 52) | HALF)
    split_sum_finer(buffer, (size + 7) >> 3, work)
    if load_i64(work, 6) == 0:
        add_units(bins, load_i64(work, 3), first)
        add_units(bins, load_i64(work, 4), second)
        add_units(bins, load_i64(work, 5), third)
        return
    add_singly(buffer, size, bins)


@compiled
def grids(largest, work):
    """The places of the two grids for numbers up to a pattern, whose rounders are written to ``work``."""
    first = max(largest >> 52, 1) + 52 - GRID_BITS
    second = max(first - GRID_BITS, 0)
    store_i64(work, 0, ((first + 1) << 52) | HALF)
    store_i64(work, 1, ((second + 1) << 52) | HALF)
    return first, second


@compiled
def add_block_32(buffer, size, largest, bins, work, spare):
    """The same for floats, ``largest`` being a pattern of 32 bits; ``spare`` has room for them as doubles."""
    if largest == 0:
        return
    if largest < INFINITY_32:
        for i in range(size, (size + 7) & ~7):
            store_f32(buffer, i, 0.0)
        first, second = grids(bits(float64(from_bits_32(largest))), work)
        split_sum_32(buffer, (size + 7) >> 3, work)
        if load_i64(work, 4) == 0:
            add_units(bins, load_i64(work, 2), first)
            add_units(bins, load_i64(work, 3), second)
            return
    for i in range(size):
        store_f64(spare, i, load_f32(buffer, i))
    add_singly(spare, size, bins)


@compiled
def add_units(bins, units, place):
    """Add ``units`` times 2**(place - 1074), |units| < 2**54; a bin passes on what exceeds it, so none overflows."""
    for piece in range(3):
        part = units if piece == 2 else units & 0x3FFFF
        units >>= 18
        bin = place // BIN_BITS
        count = load_i64(bins, bin) + (part << (place % BIN_BITS))
        carry = count >> BIN_BITS
        store_i64(bins, bin, count - (carry << BIN_BITS))
        store_i64(bins, bin + 1, load_i64(bins, bin + 1) + carry)
        place += 18


@compiled
def add_singly(buffer, size, bins):
    """The same for any doubles, one at a time; infinities and NaN are counted."""
    for i in range(size):
        pattern = bits(load_f64(buffer, i))
        exponent = (pattern & EXPONENT) >> 52
        fraction = pattern & FRACTION
        if exponent == 2047:
            special = NANS if fraction else (POSITIVE_INFINITIES if pattern > 0 else NEGATIVE_INFINITIES)
            store_i64(bins, special, load_i64(bins, special) + 1)
        else:
            if exponent > 0:
                fraction |= FRACTION + 1
            add_units(bins, fraction if pattern >= 0 else -fraction, max(exponent, 1) - 1)


@compiled
def copy_out(target, source, size, streaming):
    """Copy ``size`` bytes, a multiple of 4; past the caches if ``streaming``, for results too large to be read back."""
    head = min(-target & 63, size) if streaming else 0
    copy_words(target, source, head)
    lines = (size - head) >> 6 if streaming else 0
    for i in range(lines):
        stream(target + head, source + head, i)
    done = head + (lines << 6)
    copy_words(target + done, source + done, size - done)


@compiled
def copy_words(target, source, size):
    for i in range(size >> 2):
        store_f32(target, i, load_f32(source, i))
