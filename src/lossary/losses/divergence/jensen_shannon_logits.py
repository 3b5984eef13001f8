"""Jensen-Shannon divergence of softmax(f) and the target, straight from the scores.

The value is beta KL(t, m) + (1 - beta) KL(p, m) for the mixture m = beta t + (1 - beta) p of target and prediction: the
same as jensen_shannon, with the digits of a confident row. Bounded, by log 2 at beta = 1/2, and with a gradient that
fades on confident mistakes, so wrong labels have little say; for the same reason it is not convex and slow from a poor
start. As a distillation loss beta leads from covering the teacher, near 0, to picking a mode of it, near 1.
"""

from math import log as logarithm

from lossary.formula import Interval, Parameter
from lossary.losses.divergences import GAP, TILT, at_probabilities, share, take_away
from lossary.losses.softmax import SOFTMAX
from lossary.primitives import (
    INFINITY,
    log,
    log1p,
    log1pmx,
    maximum,
    minimum,
    product0,
    ratio0,
    relative_entropy,
    scaled_exp,
    where,
    with_slope_of,
    xlogy,
)
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import named, softmax, total


def probability(e, rest):
    return e / (1.0 + rest)


def mixture(t, p, beta):
    # Where both are subnormal, their parts may vanish; then no mixture is better than another.
    parts = beta * t + (1.0 - beta) * p
    return where(parts == 0.0, maximum(t, p), parts)


def cost(t, p, gap, mixture, beta):
    # Both parts as x log(x / m) - x + m: neither is ever negative, and what was added sums to zero.
    ours = relative_entropy(p, mixture, -beta * gap)
    theirs = relative_entropy(t, mixture, (1.0 - beta) * gap)
    both = beta * theirs + (1.0 - beta) * ours
    alone = -(1.0 - beta) * log1p(-beta) * p
    return with_slope_of(where(t == 0.0, alone, both), where((t == 0.0) & (p == 0.0), 0.0, both))


def unlikely(t, e, p):
    return where(t < 0.5 * p, e, 0.0)


def astray(unlikely, inverse):
    return where(unlikely * inverse > 0.5, 1.0, 0.0)


def slope(f, t, p, peak, inverse, gap, mixture, astray, beta):
    # (1 - beta) log(p / m), to which a constant may be added. Where most of p has found a target, p / m is close to 1:
    # p / m - 1 = beta (p - t) / m. Where most of it has gone astray, p / m is close to 1 / (1 - beta), and m over
    # (1 - beta) p less 1 is beta t / ((1 - beta) p). Where p runs out of digits, its logarithm has f - peak in it.
    close = beta * gap > -0.5 * mixture
    faint = f - peak < -600.0
    lead = where(astray == 1.0, ratio0(beta * t, (1.0 - beta) * p), ratio0(beta * gap, mixture))
    near = log1p(where(close, lead, 0.0)) * (1.0 - 2.0 * astray)
    # There a quotient by a subnormal mixture would overflow: its logarithms are taken apart.
    apart = log(where(faint, mixture, 1.0))
    far = log(where(close, 1.0, where(faint, inverse, ratio0(p, mixture)))) - apart + where(faint, f - peak, 0.0)
    void = log1p(-beta)
    some = where(close, near, far + void * astray)
    found = with_slope_of(where(t == 0.0, void * (astray - 1.0), some), some)
    return where(f == -INFINITY, 0.0, (1.0 - beta) * found)


def value(total):
    return total


def grad(tilt):
    return tilt


# The Hessian takes s + p (ds/dp), bowed, where the gradient takes s, and one curvature for all,
# the sum of p**2 (ds/dp). With w = beta t / m the bowed slope is (1 - beta) (log(1 - w) + w) but for a constant,
# and p (ds/dp) is (1 - beta) w.


def weight(t, mixture, beta):
    return ratio0(beta * t, mixture)


def bow(slope, weight, astray, beta):
    whole = slope + (1.0 - beta) * (log1p(-beta) * (1.0 - astray) + weight)
    return where(weight < 0.5, (1.0 - beta) * log1pmx(-minimum(weight, 0.5)), whole)


def bow_pull(f, e, peak, bow):
    return where(f == peak, bow, where(f == -INFINITY, 0.0, scaled_exp(bow, 1.0, f - peak)))


def bow_of_lesser(e, bow_pull):
    return where(e == 1.0, 0.0, bow_pull)


def bow_of_top(e, bow_pull):
    return where(e == 1.0, bow_pull, 0.0)


def bow_level(bow_of_lesser, bow_of_top, inverse):
    return (bow_of_lesser + bow_of_top) * inverse


def bow_tilt(e, bow, bow_pull, bow_of_lesser, bow_of_top, bow_level, below, ties, rest):
    top = (bow * below - bow_of_lesser) + (ties * bow - bow_of_top)
    return where(e == 1.0, top / (1.0 + rest), bow_pull - e * bow_level) / (1.0 + rest)


def weighted(e, weight):
    return e * weight


def curvature(weights, inverse, beta):
    return (1.0 - beta) * weights * inverse


def hess(e, p, rest, bow_tilt, curvature):
    others = where(e == 1.0, rest, 1.0 + (rest - e))
    return (bow_tilt * (others - e) + curvature * p * others) / (1.0 + rest)


def lean(p, bow_tilt, curvature):
    return bow_tilt + 0.5 * curvature * p


def textbook(y, f, beta):
    p = softmax(f)
    m = named(beta * y + (1 - beta) * p, "m")
    return beta * total(xlogy(y, y / m)) + (1 - beta) * total(xlogy(p, p / m))


def textbook_grad(y, f, beta):
    p = softmax(f)
    m = named(beta * y + (1 - beta) * p, "m")
    return (1 - beta) * product0(p, log(p / m) - total(xlogy(p, p / m)))


LOSS = RowLoss(
    name="jensen_shannon_logits",
    title="Jensen-Shannon divergence of scores",
    brief="Jensen-Shannon, straight from scores.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Labels are noisy, or a student should lie between covering its teacher and picking a mode of it.",
    avoid_when=(
        "Training begins far off: `softmax_cross_entropy` pulls hardest there. The model gives probabilities: "
        "`jensen_shannon`."
    ),
    statistics=(
        *SOFTMAX,
        GAP,
        Statistic("p", "keep", probability),
        Statistic("mixture", "keep", mixture),
        Statistic("total", "sum", cost),
        Statistic("unlikely", "sum", unlikely),
        Statistic("astray", "row", astray),
        Statistic("slope", "keep", slope),
        *TILT,
        Statistic("weight", "keep", weight),
        Statistic("bow", "keep", bow),
        Statistic("bow_pull", "keep", bow_pull),
        Statistic("bow_of_lesser", "sum", bow_of_lesser),
        Statistic("bow_of_top", "sum", bow_of_top),
        Statistic("bow_level", "row", bow_level),
        Statistic("bow_tilt", "keep", bow_tilt),
        Statistic("weights", "sum", weighted),
        Statistic("curvature", "row", curvature),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(take_away, share, lean),),
    parameters=(Parameter("beta", 0.5, Interval(0.0, 1.0), "weight of the target in the mixture"),),
    link="softmax",
    functional="jensen_shannon",
    claims=RowClaims(
        convex=False,
        nonnegative=True,
        bounded=lambda beta: -beta * logarithm(beta) - (1.0 - beta) * logarithm(1.0 - beta),
        shift_invariant=True,
        symmetric=True,
        proper=False,
        calibrated=True,
    ),
    wide=True,
    elsewhere={"trl": "GKDTrainer.generalized_jsd_loss(beta); there the ends of beta are the two KL divergences"},
    facts=(
        RowPoint(
            y=(0.0, 1.0),
            f=(0.0, 0.0),
            value="log(4/3)*3/4",
            grad=("log(3)/8", "-log(3)/8"),
            hess=("1/24", "1/24"),
        ),
        RowPoint(y=(0.5, 0.5), f=(1.0, 1.0), value="0", grad=("0", "0"), hess=("1/16", "1/16")),
        RowPoint(y=0, f=(float("-inf"), 0.0), value="log(2)", grad=("0", "0"), hess=("0", "0")),
        RowPoint(y=0, f=(0.0, 0.0), given={"beta": 0.25}, value="log(8/5)/4+(log(4/5)+log(4/3))*3/8"),
        RowRelation("jensen_shannon", at=at_probabilities),
    ),
    sources=(
        "Lin (1991), doi:10.1109/18.61115",
        "Agarwal et al. (2024), arXiv:2306.13649 (distillation)",
    ),
)
