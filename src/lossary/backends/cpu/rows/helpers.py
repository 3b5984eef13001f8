"""Small compiled functions that the text of a rowwise kernel calls, in float32 and float64."""

from numba import float64, int32

from lossary.backends.cpu.functions import compiled
from lossary.backends.cpu.intrinsics import bits, from_bits, from_bits_32


@compiled
def plain_sum(a, b):
    """A sum in the order that it is written in: the kernel's own sums may be reordered."""
    return a + b


@compiled
def kept_sum(total, x, lost):
    """``total + x``, and ``lost`` with what that rounded off; Knuth's TwoSum, doi:10.1137/030601818."""
    after = total + x
    added = after - total
    return after, lost + ((total - (after - added)) + (x - added))


@compiled
def ordered_32(x):
    """An integer that is ordered as the floats are; LLVM makes vectors of an integer's maximum, not of a float's."""
    pattern = bits(x)
    return int32(pattern ^ int32(int32(pattern >> int32(31)) & int32(0x7FFFFFFF)))


@compiled
def from_ordered_32(order):
    """The float of such an integer, as a double."""
    return float64(from_bits_32(int32(order ^ int32(int32(order >> int32(31)) & int32(0x7FFFFFFF)))))


@compiled
def ordered_64(x):
    """The same for doubles."""
    pattern = bits(x)
    return pattern ^ ((pattern >> 63) & 0x7FFFFFFFFFFFFFFF)


@compiled
def from_ordered_64(order):
    """The double of such an integer."""
    return from_bits(order ^ ((order >> 63) & 0x7FFFFFFFFFFFFFFF))


@compiled
def magnitude_bits_32(x):
    """The pattern of a float without its sign: ordered as magnitudes are, NaN above infinity."""
    return int32(bits(x) & int32(0x7FFFFFFF))


@compiled
def magnitude_bits_64(x):
    """The same for doubles."""
    return bits(x) & 0x7FFFFFFFFFFFFFFF
