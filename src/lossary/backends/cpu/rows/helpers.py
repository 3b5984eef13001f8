"""Small compiled functions that the text of a rowwise kernel calls, for numbers and for vectors of them."""

from lossary.backends.cpu.functions import compiled


@compiled
def kept_sum(total, x, lost):
    """``total + x``, and ``lost`` with what that rounded off; Knuth's TwoSum, doi:10.1137/030601818."""
    after = total + x
    added = after - total
    return after, lost + ((total - (after - added)) + (x - added))
