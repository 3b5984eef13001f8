"""Kullback-Leibler divergence of the target from softmax(f): sum p (log p - log t), straight from the scores.

The order that seeks a mode: the prediction L pays for what it puts where the target has little, and hardly for what it
leaves out. The gradient is p (log p - log t - L). It is infinite where a class has t = 0 and is not masked out: always
at a class index. Bounded slopes are not to be had either, and it is not convex: a poor start can stall on a plateau.
"""

from lossary.losses.divergences import GAP, MASS, NOT_P, TILT, at_probabilities, share, take_away
from lossary.losses.softmax import SOFTMAX
from lossary.primitives import (
    INFINITY,
    exp,
    log,
    log_ratio,
    minimum,
    product0,
    relative_entropy,
    where,
    with_slope_of,
    xlogy,
)
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total


def cost(f, t, e, inverse, gap):
    # p log(p / t) - p + t, which is never negative: nothing cancels where p is nearly t.
    impossible = (t == 0.0) & (f > -INFINITY)
    finite = relative_entropy(e * inverse, t, -gap)
    return with_slope_of(where(impossible, INFINITY, finite), finite)


def divergence(total, mass):
    return total + (1.0 - mass)


def scale(divergence, rest):
    # t is brought to the level of p, so that log p - log t - L is the logarithm of one quotient.
    return exp(minimum(divergence, 700.0)) * (1.0 + rest)


def slope(f, t, e, peak, scale):
    faint = f - peak < -600.0
    found = log_ratio(where(faint, 1.0, e), t * scale) + where(faint, f - peak, 0.0)
    return where(f == -INFINITY, 0.0, with_slope_of(where(t == 0.0, INFINITY, found), found))


def value(divergence):
    return divergence


def grad(f, slope, level, tilt):
    # One class with t = 0 < p makes the rest worthless: all the others lose to it without bound.
    worst = where(slope == INFINITY, INFINITY, where(f == -INFINITY, 0.0, -INFINITY))
    return where(level == INFINITY, worst, tilt)


def hess(e, inverse, not_p, level, tilt):
    # No number where the gradient is infinite.
    p = e * inverse
    return where(level == INFINITY, level - level, tilt * (not_p - p) + p * not_p)


def lean(e, inverse, tilt):
    return tilt + 0.5 * e * inverse


def textbook(y, f):
    p = softmax(f)
    return total(xlogy(p, p / y))


def textbook_grad(y, f):
    p = softmax(f)
    return product0(p, log(p / y) - total(xlogy(p, p / y)))


LOSS = RowLoss(
    name="kl_prediction_target_logits",
    title="reverse Kullback-Leibler divergence of scores",
    brief="Mode-seeking KL, from scores.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="A large teacher is distilled into a student too small to cover it, or a policy is kept near a reference.",
    avoid_when=(
        "Targets are class indices or have zeros: the value is infinite; `kl_target_prediction_logits` is the other "
        "order. The model gives probabilities: `kl_prediction_target`."
    ),
    statistics=(
        *SOFTMAX,
        *MASS,
        NOT_P,
        GAP,
        Statistic("total", "sum", cost),
        Statistic("divergence", "row", divergence),
        Statistic("scale", "row", scale),
        Statistic("slope", "keep", slope),
        *TILT,
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(take_away, share, lean),),
    link="softmax",
    functional="geometric mean",
    claims=RowClaims(
        convex=False,
        nonnegative=True,
        bounded=float("inf"),
        steepest=float("inf"),
        shift_invariant=True,
        symmetric=True,
    ),
    wide=True,
    facts=(
        RowPoint(
            y=(0.25, 0.75),
            f=(0.0, 0.0),
            value="log(4/3)/2",
            grad=("log(3)/4", "-log(3)/4"),
            hess=("1/4", "1/4"),
        ),
        RowPoint(y=(0.5, 0.5), f=(0.0, float("-inf")), value="log(2)", grad=("0", "0"), hess=("0", "0")),
        RowPoint(
            y=(0.5, 0.25, 0.25),
            f=(0.0, 0.0, 0.0),
            value="log(2)*5/3-log(3)",
            grad=("-log(2)*2/9", "log(2)/9", "log(2)/9"),
        ),
        RowRelation("kl_prediction_target", at=at_probabilities),
    ),
    sources=(
        "Kullback and Leibler (1951), doi:10.1214/aoms/1177729694",
        "Gu, Dong, Wei and Huang (2024), arXiv:2306.08543 (distillation)",
    ),
)
