"""What the divergences of a softmax share: the distance p - t, and how a slope in p becomes one in the scores.

A divergence is a sum of psi(p, t) over the classes. With the slopes s = d psi / d p, its derivative by a score is
p (s - S), where S is the sum of p s over the row. At the top it is taken as the sum of the others' p times the distance
from their s: in a confident row all of that is tiny, and s - S has lost its digits.
"""

from lossary.losses.softmax import OTHERS, TIED
from lossary.primitives import INFINITY, exp, product0, scaled_exp, where
from lossary.rowwise import Statistic


def mass(others, tied):
    return others + tied


def gap(t, e, rest):
    # At the top (1 - t) - t rest, over 1 + rest: no digit is lost when p is nearly t.
    return where(e == 1.0, (1.0 - t) - t * rest, e) / (1.0 + rest) - where(e == 1.0, 0.0, t)


MASS = (OTHERS, TIED, Statistic("mass", "row", mass))
GAP = Statistic("gap", "keep", gap)


def pull(f, peak, slope):
    # e slope, also where e has lost its digits or is gone, but the slope is large.
    return where((f == peak) | (slope == INFINITY), slope, scaled_exp(slope, 1.0, f - peak))


def pull_of_lesser(e, pull):
    return where(e == 1.0, 0.0, pull)


def pull_of_top(e, pull):
    return where(e == 1.0, pull, 0.0)


def level(pull_of_lesser, pull_of_top, inverse):
    return (pull_of_lesser + pull_of_top) * inverse


def tilt(e, slope, pull, pull_of_lesser, pull_of_top, level, below, ties, rest):
    top = (slope * below - pull_of_lesser) + (ties * slope - pull_of_top)
    return where(e == 1.0, top / (1.0 + rest), pull - product0(e, level)) / (1.0 + rest)


TILT = (
    Statistic("pull", "keep", pull),
    Statistic("pull_of_lesser", "sum", pull_of_lesser),
    Statistic("pull_of_top", "sum", pull_of_top),
    Statistic("level", "row", level),
    Statistic("tilt", "keep", tilt),
)
"""From ``slope``, the s of every class (0 for one that is masked out), to ``tilt``, p (s - S)."""


def not_p(e, rest, inverse):
    return where(e == 1.0, rest, 1.0 + (rest - e)) * inverse


NOT_P = Statistic("not_p", "keep", not_p)


def share(e):
    return e


def take_away(inverse):
    return -inverse


def at_probabilities(t, f):
    """The place of a row of scores among the losses that take probabilities, for facts."""
    total = sum([exp(x) for x in f])
    return t, [exp(x) / total for x in f]
