"""Exact sums of doubles, at little more than the price of inexact ones.

The state is an array of integers: bin j counts units of 2**(40 j - 1074), the last three count NaN and the infinities.
A block of up to 1024 doubles is rounded to a grid 44 bits below its largest, what is left over to a grid 44 bits below
that; sums of multiples of a grid are exact (``split_sum``). If anything is left after that a third grid is tried, and
then the numbers are cut at the bins' borders one by one. Floats that are close to each other are added up as doubles as
they are, which cannot round (``close_sum_32``). Integer addition is associative, so the sum is the same for
any order, any number of threads and any split into shards. Pre-rounding for reproducible sums is Demmel and Nguyen's
idea, doi:10.1109/ARITH.2013.9; keeping every bit makes it exact.
"""

from lossary.backends.cpu.arithmetic.control import function, loop, when
from lossary.backends.cpu.arithmetic.loads_and_stores import (
    copy_line,
    load_f32,
    load_f64,
    load_i64,
    store_f32,
    store_f64,
    store_i64,
    stream,
)
from lossary.backends.cpu.arithmetic.operations import (
    as_f64,
    as_i64,
    bits,
    from_bits,
    from_bits_32,
    greater,
    select,
    smaller,
)
from lossary.backends.cpu.arithmetic.split_sums import (
    close_sum_32,
    split_sum,
    split_sum_32,
    split_sum_32_whole,
    split_sum_finer,
)
from lossary.backends.cpu.arithmetic.values import quotient, remainder
from lossary.backends.cpu.specs.conventions import BIN_BITS, NANS, NEGATIVE_INFINITIES, POSITIVE_INFINITIES

GRID_BITS = 44
HALF = 0x0008000000000000
EXPONENT = 0x7FF0000000000000
FRACTION = 0x000FFFFFFFFFFFFF
INFINITY_32 = 0x7F800000
CLOSE = 24
"""So many powers of two may lie between the largest and the smallest float of a block that doubles add up exactly:
all are multiples of the smallest's last digit, in which the largest has 48 bits, and 32 terms a lane take 5 more."""
SPLIT = 2 * GRID_BITS - 24
"""So many that all floats are multiples of the second grid."""
LARGEST_SPLIT = 2000 << 52
"""From here on the rounder of the largest numbers would overflow, and infinities and NaN have no grid."""


@function
def add_block(buffer, size, largest, bins, work):
    """Add ``size`` doubles at ``buffer`` to ``bins``. ``largest`` is the greatest bit pattern of their magnitudes.

    The buffer has room for up to seven more doubles, and ``work`` for seven.
    """
    with when((largest > 0) & (largest < LARGEST_SPLIT)):
        _add_split(buffer, size, largest, bins, work)
    with when(largest >= LARGEST_SPLIT):
        add_singly(buffer, size, bins)


def _add_split(buffer, size, largest, bins, work):
    for i in loop(size, (size + 7) & ~7):
        store_f64(buffer, i, 0.0)
    first, second = _grids(largest, work)
    split_sum(buffer, (size + 7) >> 3, work)
    lost = load_i64(work, 4)
    with when(lost == 0):
        add_units(bins, load_i64(work, 2), first)
        add_units(bins, load_i64(work, 3), second)
    with when(lost != 0):
        _add_split_finer(buffer, size, first, second, bins, work)


def _add_split_finer(buffer, size, first, second, bins, work):
    third = greater(second - GRID_BITS, 0)
    store_i64(work, 2, ((third + 1) << 52) | HALF)
    split_sum_finer(buffer, (size + 7) >> 3, work)
    lost = load_i64(work, 6)
    with when(lost == 0):
        add_units(bins, load_i64(work, 3), first)
        add_units(bins, load_i64(work, 4), second)
        add_units(bins, load_i64(work, 5), third)
    with when(lost != 0):
        add_singly(buffer, size, bins)


def _grids(largest, work):
    """The places of the two grids for numbers up to a pattern, whose rounders are written to ``work``."""
    first = greater(largest >> 52, 1) + (52 - GRID_BITS)
    second = greater(first - GRID_BITS, 0)
    store_i64(work, 0, ((first + 1) << 52) | HALF)
    store_i64(work, 1, ((second + 1) << 52) | HALF)
    return first, second


@function
def add_block_32(buffer, size, largest, least, bins, work, spare):
    """The same for floats, ``largest`` being a pattern of 32 bits; ``spare`` has room for them as doubles.

    ``least`` is the smallest pattern of a number that is not zero, less one. How far it is from the largest shows how
    the block can be summed without any rounding. The buffer has room for up to 31 more floats.
    """
    apart = _power(largest) - _power(least + 1)
    finite = (largest > 0) & (largest < INFINITY_32)
    with when(finite & (apart <= CLOSE)):
        _add_close(buffer, size, _power(largest), bins)
    with when(finite & (apart > CLOSE)):
        _add_split_32(buffer, size, largest, apart, bins, work, spare)
    with when(largest >= INFINITY_32):
        add_floats_singly(buffer, size, bins, spare)


def _add_close(buffer, size, power, bins):
    for i in loop(size, (size + 31) & ~31):
        store_f32(buffer, i, 0.0)
    unit = power - CLOSE - 150
    units = close_sum_32(buffer, (size + 31) >> 5, from_bits((1023 - unit) << 52))
    add_units(bins, units, unit + 1074)


def _add_split_32(buffer, size, largest, apart, bins, work, spare):
    for i in loop(size, (size + 7) & ~7):
        store_f32(buffer, i, 0.0)
    first, second = _grids(bits(as_f64(from_bits_32(largest))), work)
    with when(apart <= SPLIT):
        split_sum_32_whole(buffer, (size + 7) >> 3, work)
    with when(apart > SPLIT):
        split_sum_32(buffer, (size + 7) >> 3, work)
    lost = load_i64(work, 4)
    with when(lost == 0):
        add_units(bins, load_i64(work, 2), first)
        add_units(bins, load_i64(work, 3), second)
    with when(lost != 0):
        add_floats_singly(buffer, size, bins, spare)


@function
def add_floats_singly(buffer, size, bins, spare):
    for i in loop(0, size):
        store_f64(spare, i, load_f32(buffer, i))
    add_singly(spare, size, bins)


def _power(pattern):
    """The place of the last digit of a float of this pattern: it is a multiple of 2**(place - 150)."""
    return as_i64(greater(pattern >> 23, 1))


@function
def add_units(bins, units, place):
    """Add ``units`` times 2**(place - 1074), |units| < 2**58; a bin passes on what exceeds it, so none overflows."""
    for piece in range(3):
        part = units if piece == 2 else units & 0x3FFFF
        units = units >> 18
        bin = quotient(place, BIN_BITS)
        count = load_i64(bins, bin) + (part << remainder(place, BIN_BITS))
        carry = count >> BIN_BITS
        store_i64(bins, bin, count - (carry << BIN_BITS))
        store_i64(bins, bin + 1, load_i64(bins, bin + 1) + carry)
        place = place + 18


@function
def add_singly(buffer, size, bins):
    """The same for any doubles, one at a time; infinities and NaN are counted."""
    for i in loop(0, size):
        pattern = bits(load_f64(buffer, i))
        exponent = (pattern & EXPONENT) >> 52
        fraction = pattern & FRACTION
        infinite = exponent == 2047
        with when(infinite):
            infinity = select(pattern > 0, POSITIVE_INFINITIES, NEGATIVE_INFINITIES)
            special = select(fraction != 0, NANS, infinity)
            store_i64(bins, special, load_i64(bins, special) + 1)
        with when(~infinite):
            fraction = select(exponent > 0, fraction | (FRACTION + 1), fraction)
            add_units(bins, select(pattern >= 0, fraction, -fraction), greater(exponent, 1) - 1)


@function
def copy_out(target, source, size, streaming):
    """Copy ``size`` bytes, a multiple of 4; past the caches if ``streaming``, for results too large to be read back."""
    streamed = streaming != 0
    head = select(streamed, smaller(-target & 63, size), 0)
    _copy_words(target, source, head)
    lines = (size - head) >> 6
    with when(streamed):
        for i in loop(0, lines):
            stream(target + head, source + head, i)
    with when(~streamed):
        for i in loop(0, lines):
            copy_line(target, source, i)
    done = head + (lines << 6)
    _copy_words(target + done, source + done, size - done)


def _copy_words(target, source, size):
    for i in loop(0, size >> 2):
        store_f32(target, i, load_f32(source, i))
