"""What losses of softmax probabilities share, beyond the statistics of ``losses.softmax``.

Let a loss be the sum of t phi(p), with pull = -phi'(p) p and bend = phi''(p) p**2 + phi'(p) p, and let U and B be the
sums of t pull and of t bend. The gradient is p U - t pull, and the Hessian is the diagonal t bend + p U together with
the outer products (B - U) p p' - (t bend) p' - p (t bend)'. In a confident row 1 - p at the top is tiny, and a top's
own part must never be added into a sum that it is then taken off. With own = bend (1 - p) + pull p, and U' and B'
without the score's own part, the gradient is p U' - t pull (1 - p), and the Hessian's diagonal t own (1 - p) + p (p B'
+ (1 - p) U').

``afloat`` is e with the digits that e loses far below the top: there it is e**64 times larger, and ``sink`` takes it
down again, as the last factor of a product. Both carry the rounding error of f - peak along.
"""

from lossary.losses.softmax import BELOW, PEAK, REST, TIES
from lossary.primitives import exp, expm1, log1p, product_error, where
from lossary.rowwise import Statistic


def afloat(f, peak):
    gap = f - peak
    back = gap - f
    lost = where(gap > -10000.0, (f - (gap - back)) - (peak + back), 0.0)
    size = exp(where(gap < -64.0, gap + 64.0, gap))
    return where(f == peak, 1.0, size + size * lost)


def depth(peak):
    return exp(-64.0)


def sink(f, peak, depth):
    return where(f - peak < -64.0, depth, 1.0)


def share(afloat, sink):
    return afloat * sink


def inverse(rest):
    # 1 / (1 + rest) to half an ulp, where a Hessian has it four times over: with the rounding of the sum and of 1 /
    # sum.
    total = 1.0 + rest
    back = total - 1.0
    lost = (1.0 - (total - back)) + (rest - back)
    rough = 1.0 / total
    return rough + rough * (((1.0 - rough * total) - product_error(rough, total)) - lost * rough)


AFLOAT = Statistic("afloat", "keep", afloat)
SINK = Statistic("sink", "keep", sink)
INVERSE = Statistic("inverse", "row", inverse)
SHARES = (
    PEAK,
    AFLOAT,
    Statistic("depth", "row", depth),
    SINK,
    Statistic("e", "keep", share),
    BELOW,
    TIES,
    REST,
    INVERSE,
)


def miss(rest):
    return rest / (1.0 + rest)


def log_sum(rest):
    return log1p(rest)


MISS = Statistic("miss", "row", miss)
"""1 - p of a top."""

LOG_SUM = Statistic("log_sum", "row", log_sum)
"""log(1/p) of a top; for any score peak - f is to be added."""


def is_near(e):
    return where(e > 0.5, 1.0, 0.0)


def short(f, peak, e):
    return where(e > 0.5, where(f == peak, 0.0, -expm1(f - peak)), -e)


NEAR = (Statistic("near", "sum", is_near), Statistic("short", "sum", short))
"""1 + rest as ``near - short``: a whole number and what it is off by, which keeps its digits at near ties."""


def chance(e, inverse):
    return e * inverse


def lesser_chance(e, inverse):
    return where(e == 1.0, 0.0, e * inverse)


def chance_but_lone(e, ties, inverse):
    return where((e == 1.0) & (ties == 1.0), 0.0, e * inverse)


def share_of_top(e):
    return e


def plus():
    return 1.0


def minus():
    return -1.0
