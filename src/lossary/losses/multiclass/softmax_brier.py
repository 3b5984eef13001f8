"""Brier score of a softmax: the squared distance between predicted and target probabilities, from scores.

With p = softmax(f) the value is the sum of (p - t)**2 over the classes; the sum over both classes counts a two-class
row twice what the pointwise brier does. It is strictly proper like cross-entropy, but bounded: the most confident
mistake costs 2, and its gradient fades as the mistake grows more confident. That makes it robust to wrong labels, and
slow to unlearn its own mistakes; it is not convex. Value and gradient keep their digits when p is nearly t.
"""

from lossary.losses.softmax import TIED, lesser
from lossary.losses.softmax_probability import MISS, NEAR, SHARES, chance, chance_but_lone
from lossary.primitives import exp, expm1, square, where
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total

# ``off`` is p - t, taken at a top as (1 - t) - (1 - p) where t is nearer to 1. ``lean``, the gradient over 2 p, is off
# less its mean under p, in which a top's own part must not be added in.


def off(t, e, inverse, miss):
    return where((e == 1.0) & (t > 0.5), (1.0 - t) - miss, e * inverse - t)


def squared_off(off):
    return square(off)


def lesser_off(e, off):
    return where(e == 1.0, 0.0, e * off)


def tops_off(e, off):
    return where(e == 1.0, off, 0.0)


def off_at_top(sum_of_tops, ties, tied, below, inverse):
    # Of several tops the sum is (their p) - (their t): their own rounding errors stay out of it.
    share = where(tied > 0.5, (1.0 - tied) - below * inverse, ties * inverse - tied)
    return where(ties == 1.0, sum_of_tops, share)


def mean_off(off_below, off_at_top, inverse):
    return (off_below + off_at_top) * inverse


def lean(e, off, inverse, miss, off_below, off_at_top, mean_off):
    top = off * miss - (off_below + (off_at_top - off)) * inverse
    return where(e == 1.0, top, off - mean_off)


def lesser_square(e):
    return where(e == 1.0, 0.0, e * e)


def squares_but_top(square_below, ties):
    return square_below + (ties - 1.0)


def value(total):
    return total


def grad(lean, afloat, sink, inverse):
    return 2.0 * inverse * lean * afloat * sink


def hess(f, t, e, afloat, sink, lean, peak, rest, inverse, squares_but_top, hit_below, tied, near, short):
    # Over 2 p it is p squares + (1 - 2 p) lean, with lean = (1 - t) (1 - p) + (t p of the others) - squares. Where t is
    # near 1 these may nearly cancel about p = 1/3, but (3 p - 1) squares + (1 - 2 p) (lean + squares) does not. 3 p - 1
    # and 1 - 2 p come from ``near`` and ``short``, and 1 / (1 + rest) is a factor of all, taken out.
    total = 1.0 + rest
    not_e = where(e == 1.0, rest, 1.0 + (rest - e))
    below = where(f == peak, 0.0, -expm1(f - peak))
    lead = where(e > 0.5, (near - 2.0) - (short - 2.0 * below), (1.0 - e) + (rest - e))
    thrice = where(e > 0.5, (3.0 - near) + (short - 3.0 * below), 2.0 * e - (1.0 + (rest - e)))
    squares = not_e * not_e + (squares_but_top + where(e == 1.0, 0.0, 1.0 - e * e))
    other_hit = where(e == 1.0, hit_below + (tied - t), (hit_below + tied) - t * e)
    right = squares * thrice + lead * ((1.0 - t) * not_e + other_hit) * total
    size = where(t > 0.5, right, e * squares + lead * (lean * total * total))
    square_of_inverse = inverse * inverse
    return 2.0 * square_of_inverse * square_of_inverse * size * afloat * sink


def pairs(e, ties, lean, inverse, miss, squares_but_top):
    p = e * inverse
    lone = lean + (p * miss - squares_but_top * inverse * inverse)
    return p * where((e == 1.0) & (ties == 1.0), lone, p + lean)


def minus_two():
    return -2.0


def squares(squares_but_top, inverse):
    return 2.0 * (squares_but_top + 1.0) * inverse * inverse


def textbook(y, f):
    return total((softmax(f) - y) ** 2)


def textbook_grad(y, f):
    p = softmax(f)
    return 2 * p * (p - y - total(p * (p - y)))


LOSS = RowLoss(
    name="softmax_brier",
    title="softmax Brier score",
    brief="Brier's score, from the scores of all classes.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Probabilities are wanted, and some labels are wrong or no single surprise may decide.",
    avoid_when=(
        "Training begins from scratch: `softmax_cross_entropy` is convex and pulls hardest where this one fades. The "
        "model gives probabilities: `multiclass_brier`."
    ),
    statistics=(
        *SHARES,
        MISS,
        Statistic("off", "keep", off),
        Statistic("total", "sum", squared_off),
        Statistic("off_below", "sum", lesser_off),
        Statistic("sum_of_tops", "sum", tops_off),
        TIED,
        Statistic("off_at_top", "row", off_at_top),
        Statistic("mean_off", "row", mean_off),
        Statistic("lean", "keep", lean),
        Statistic("square_below", "sum", lesser_square),
        Statistic("squares_but_top", "row", squares_but_top),
        Statistic("hit_below", "expect", lesser),
        *NEAR,
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(minus_two, pairs, chance), Outer(squares, chance_but_lone)),
    link="softmax",
    functional="probability",
    claims=RowClaims(
        convex=False,
        nonnegative=True,
        bounded=2.0,
        steepest=16.0 / 27.0,
        shift_invariant=True,
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    aliases=("softmax_squared_error", "brier_from_logits"),
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="1/2", grad=("-1/2", "1/2"), hess=("1/4", "1/4")),
        RowPoint(y=2, f=(0.0, 0.0, 0.0), value="2/3", grad=("2/9", "2/9", "-4/9")),
        RowPoint(y=0, f=(40.0, 0.0), value="2/(1+exp(40))**2"),
        RowPoint(y=(0.5, 0.5), f=(0.0, 0.0), value="0", grad=("0", "0"), hess=("1/4", "1/4")),
        RowRelation("multiclass_brier", at=lambda t, f: (t, tuple(exp(x) / sum(exp(y) for y in f) for x in f))),
    ),
    sources=("Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",),
)
