"""Symmetric cross-entropy: cross-entropy plus its reverse, in which target and prediction change places.

With p = softmax(f) the value is alpha sum t (-log p) + beta sum p min(-log t, clip): the second sum charges what is
given to classes that the target rules out, ``clip`` for a class of weight 0, so that for a class index it is clip (1 -
p). That part is bounded and shrugs off wrong labels; the first learns fast. Its authors use clip = 4 with alpha = 0.1
and beta = 1 for ten classes with noisy labels, 6 and 0.1 for a hundred. It is not convex, and the surer it makes a
model the larger beta clip / alpha: softmax(f) is then not the classes' probabilities, though it ranks them right.
"""

from lossary.formula import NONNEGATIVE, POSITIVE, Parameter
from lossary.losses.multiclass.softmax_cross_entropy import distance, mass
from lossary.losses.softmax import OTHERS, TIED
from lossary.losses.softmax_probability import NEAR, SHARES, chance, minus, share_of_top
from lossary.primitives import exp, expm1, log, log1p_over, minimum, product0, where, xlogy
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import named, softmax, total


def toll(t, clip):
    return where(t == 0.0, clip, minimum(-log(where(t == 0.0, 1.0, t)), clip))


def indulgence(toll):
    # The least toll is minus the largest of these: only what is above it makes a gradient.
    return -toll


def extra(toll, mildest, beta):
    return beta * (toll + mildest)


def lesser_extra(e, afloat, sink, extra):
    return where(e == 1.0, 0.0, extra * afloat * sink)


def tops_extra(e, extra):
    return where(e == 1.0, extra, 0.0)


def mean_extra(extra_below, extra_at_top, inverse):
    return (extra_below + extra_at_top) * inverse


def reach(afloat, sink, toll, beta, clip):
    return beta * (clip - toll) * afloat * sink


def refund(reach, inverse):
    return reach * inverse


def pace(e, afloat, sink, alpha):
    return where(e == 1.0, 0.0, alpha * afloat * sink)


def pace_rest(pace_below, ties, alpha):
    return pace_below + alpha * (ties - 1.0)


def value(gap, mass, rest, pace_rest, mean_extra, mildest, alpha, beta):
    return (mass * pace_rest * log1p_over(rest) + product0(alpha, gap)) + (mean_extra - beta * mildest)


def excess(e, toll, extra, rest, inverse, extra_below, extra_at_top, mean_extra, refund, clip):
    # beta times what a class's toll is above the mean toll: at the top without adding in its own, and where the toll is
    # ``clip`` as the mean of clip - toll, as both may be far smaller than the tolls.
    above = where(e == 1.0, (extra * rest - (extra_below + (extra_at_top - extra))) * inverse, extra - mean_extra)
    return where(toll < clip, above, refund)


def grad(t, e, afloat, sink, excess, others, tied, mass, pace_rest, inverse, alpha):
    top = (alpha * (others + (tied - t)) - t * pace_rest) + excess
    return where(e == 1.0, top * inverse, inverse * (alpha * mass + excess) * afloat * sink - alpha * t)


def hess(f, e, afloat, sink, excess, peak, mass, rest, pace_rest, inverse, near, short, alpha):
    spread = mass * where(e == 1.0, pace_rest, alpha * (1.0 + (rest - e))) * inverse
    # 1 - 2 p, from scores that nearly tie with the top by how far they are below it.
    below = where(f == peak, 0.0, -expm1(f - peak))
    lead = where(e > 0.5, (near - 2.0) - (short - 2.0 * below), (1.0 - e) + (rest - e)) * inverse
    return inverse * (spread + excess * lead) * afloat * sink


def together(mass, inverse, alpha):
    return -alpha * mass * inverse * inverse


def flow(e, excess, inverse):
    return e * inverse * excess


def _steepest(alpha, beta, clip):
    most = beta * clip
    return alpha if most <= alpha else (alpha + most) * (alpha + most) / (4.0 * most)


def textbook(y, f, alpha, beta, clip):
    p = softmax(f)
    return -alpha * total(xlogy(y, p)) + beta * total(p * minimum(-log(y), clip))


def textbook_grad(y, f, alpha, beta, clip):
    p = softmax(f)
    m = named(minimum(-log(y), clip), "m")
    return alpha * (p - y) + beta * p * (m - total(p * m))


LOSS = RowLoss(
    name="symmetric_cross_entropy",
    title="symmetric cross-entropy",
    brief="Cross-entropy plus its reverse, for noisy labels.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Some labels are wrong, and learning should stay fast all the same.",
    avoid_when=(
        "Labels are right, or probabilities are wanted: `softmax_cross_entropy`. Three parameters are too many: "
        "`generalized_cross_entropy` has one."
    ),
    statistics=(
        *SHARES,
        Statistic("gap", "expect", distance),
        OTHERS,
        TIED,
        Statistic("mass", "row", mass),
        Statistic("toll", "keep", toll),
        Statistic("mildest", "max", indulgence),
        Statistic("extra", "keep", extra),
        Statistic("extra_below", "sum", lesser_extra),
        Statistic("extra_at_top", "sum", tops_extra),
        Statistic("mean_extra", "row", mean_extra),
        Statistic("reach", "sum", reach),
        Statistic("refund", "row", refund),
        Statistic("pace_below", "sum", pace),
        Statistic("pace_rest", "row", pace_rest),
        Statistic("excess", "keep", excess),
        *NEAR,
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(together, share_of_top), Outer(minus, flow, chance)),
    parameters=(
        Parameter("alpha", 1.0, NONNEGATIVE, "weight of cross-entropy"),
        Parameter("beta", 1.0, NONNEGATIVE, "weight of its reverse"),
        Parameter("clip", 4.0, POSITIVE, "the most that -log of a target weight may be"),
    ),
    link="softmax",
    functional="symmetric_cross_entropy",
    claims=RowClaims(
        convex=lambda alpha, beta, clip: True if beta == 0.0 else False if beta * clip >= 2.0 * alpha else None,
        nonnegative=True,
        bounded=lambda alpha, beta, clip: float("inf") if alpha > 0.0 else beta * clip,
        steepest=_steepest,
        shift_invariant=True,
        symmetric=True,
        proper=lambda alpha, beta, clip: (
            True if beta == 0.0 and alpha > 0.0 else False if beta * clip >= 0.5 * alpha and beta > 0.0 else None
        ),
        calibrated=lambda alpha, beta, clip: True if alpha > 0.0 else None,
    ),
    aliases=("sce", "symmetric_learning", "sl_loss"),
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="log(2)+2", grad=("-3/2", "3/2"), hess=("1/4", "1/4")),
        RowPoint(y=1, f=(0.0, 0.0, 0.0), given={"alpha": 0.5, "beta": 2.0, "clip": 6.0}, value="log(3)/2+8", grad=None),
        RowPoint(y=(0.5, 0.5), f=(0.0, 0.0), value="2*log(2)", grad=("0", "0")),
        RowPoint(y=0, f=(50.0, 0.0), given={"alpha": 0.0}, value="4/(1+exp(50))"),
        RowRelation("softmax_cross_entropy", given={"beta": 0.0}),
        RowRelation(
            "softmax_cross_entropy",
            given={"clip": 8.0},
            shift=lambda t, f: (
                sum(exp(x) * (8.0 if a == 0 else minimum(-log(a), 8.0)) for a, x in zip(t, f, strict=True))
                / sum(exp(x) for x in f)
            ),
        ),
    ),
    sources=("Wang, Ma, Chen, Luo, Yi and Bailey (2019), doi:10.1109/ICCV.2019.00041",),
)
