"""Small compiled functions that the text of a rowwise kernel calls, for numbers and for vectors of them."""

from lossary.backends.cpu.arithmetic.double import INFINITY
from lossary.backends.cpu.arithmetic.operations import magnitude, select


def kept_sum(total, x, lost):
    """``total + x``, and ``lost`` with what that rounded off; Knuth's TwoSum, doi:10.1137/030601818."""
    after = total + x
    added = after - total
    error = (total - (after - added)) + (x - added)
    # Nothing is lost from what is infinite, where the error would be no number.
    return after, lost + select(magnitude(after) < INFINITY, error, 0.0)
