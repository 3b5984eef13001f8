"""The statistics of a softmax, shared by every loss that takes scores of all classes.

A probability is p = e / (1 + rest), where e = exp(f - peak) and ``rest`` is the sum of e over all classes but one at
the peak. The 1 is kept apart because in a confident row rest is tiny: 1 - p at the top is rest / (1 + rest), and
log(1/p) is log1p(rest), to the last digit, where 1 - e/sum and log(sum) would have lost all of them.
"""

from lossary.primitives import exp_nonpositive, where
from lossary.rowwise import Statistic


def score(f):
    return f


def share(f, peak):
    # An infinite score less an infinite peak is no number; where the two are one, e is 1.
    return where(f == peak, 1.0, exp_nonpositive(f - peak))


def lesser(e):
    return where(e == 1.0, 0.0, e)


def is_top(e):
    return where(e == 1.0, 1.0, 0.0)


def is_lesser(e):
    return where(e == 1.0, 0.0, 1.0)


def rest(below, ties):
    return below + (ties - 1.0)


def inverse(rest):
    return 1.0 / (1.0 + rest)


PEAK = Statistic("peak", "max", score)
SHARE = Statistic("e", "keep", share)
BELOW = Statistic("below", "sum", lesser)
TIES = Statistic("ties", "sum", is_top)
REST = Statistic("rest", "row", rest)
INVERSE = Statistic("inverse", "row", inverse)
SOFTMAX = (PEAK, SHARE, BELOW, TIES, REST, INVERSE)

OTHERS = Statistic("others", "expect", is_lesser)
TIED = Statistic("tied", "expect", is_top)
