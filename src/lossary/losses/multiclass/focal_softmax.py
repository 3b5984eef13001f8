"""Focal loss of a softmax: cross-entropy that turns away from what is already well classified.

With p = softmax(f) the value is the sum of t (1 - p)**gamma (-log p) over the classes: each class's cross-entropy times
a power of the probability given to the others. gamma = 0 is softmax_cross_entropy; for two classes it is twice the
pointwise focal with alpha = 1/2, and a weight for each class plays the part of alpha. Value and derivatives are finite
and exact in saturated rows, for gamma between 0 and 1 too. Like focal it is not convex for gamma > 0, and ranks the
classes right without giving their probabilities: softmax(f) at its minimum is pulled towards even shares.
"""

from lossary.formula import NONNEGATIVE, Parameter
from lossary.losses.softmax import TIED
from lossary.losses.softmax_probability import LOG_SUM, MISS, SHARES, chance, chance_but_lone, minus, plus
from lossary.primitives import exp_product, log, log1p_over, log1p_unit, maximum, power, product0, ratio0, where, xlogy
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import named, softmax, total

# For p below 1/2, (1 - p)**gamma is taken as (1 + odds)**-gamma with odds = p / (1 - p): a power of 1 - p would magnify
# its rounding. All through, odds log(1/p) is log1p(rest) / rest at the top, which is 1 where rest has vanished.


def top_ratio(rest):
    return log1p_over(rest)


def top_fade(rest, miss, gamma):
    return where(rest < 1.0, power(miss, gamma), exp_product(-gamma, log1p_unit(1.0 / maximum(rest, 1.0))))


def top_pull(top_fade, top_ratio, gamma):
    return top_fade * (1.0 + gamma * top_ratio)


def top_bend(top_fade, top_ratio, log_sum, inverse, gamma):
    # Times 1 - p, or it would have no bound for gamma < 1.
    return gamma * inverse * top_fade * (2.0 + (gamma - 1.0) * top_ratio - log_sum)


def top_own(top_fade, top_ratio, log_sum, inverse, gamma):
    return inverse * top_fade * (1.0 + gamma * (2.0 + gamma * top_ratio - log_sum))


def cost(f, e, peak, rest, log_sum, top_fade, gamma):
    small = where(e == 1.0, 0.0, e)
    fade = exp_product(-gamma, log1p_unit(small / (1.0 + (rest - small))))
    return where(e == 1.0, top_fade * log_sum, fade * (log_sum + (peak - f)))


def lesser_pull(f, e, peak, rest, log_sum, gamma):
    small = where(e == 1.0, 0.0, e)
    odds = small / (1.0 + (rest - small))
    fade = exp_product(-gamma, log1p_unit(odds))
    return where(e == 1.0, 0.0, fade * (1.0 + gamma * product0(odds, log_sum + (peak - f))))


def lesser_bend(f, e, afloat, sink, peak, rest, log_sum, gamma):
    small = where(e == 1.0, 0.0, e)
    odds = small / (1.0 + (rest - small))
    fade = exp_product(-gamma, log1p_unit(odds))
    surprise = log_sum + (peak - f)
    size = product0(afloat, 2.0 + (gamma - 1.0) * product0(odds, surprise) - surprise)
    return where(e == 1.0, 0.0, gamma * fade / (1.0 + (rest - small)) * size * sink)


def pull(pull_below, tied, top_pull):
    return pull_below + tied * top_pull


def value(loss):
    return loss


def grad(f, t, e, peak, rest, log_sum, inverse, miss, tied, top_pull, pull_below, pull, gamma):
    p = e * inverse
    small = where(e == 1.0, 0.0, e)
    odds = small / (1.0 + (rest - small))
    fade = exp_product(-gamma, log1p_unit(odds))
    own = product0(t, fade * (1.0 + gamma * product0(odds, log_sum + (peak - f))))
    return where(e == 1.0, p * (pull_below + top_pull * (tied - t)) - t * top_pull * miss, p * pull - own)


def hess(
    f,
    t,
    e,
    afloat,
    sink,
    peak,
    rest,
    log_sum,
    inverse,
    miss,
    tied,
    top_pull,
    top_bend,
    top_own,
    pull_below,
    bend_below,
    pull,
    gamma,
):
    p = e * inverse
    small = where(e == 1.0, 0.0, e)
    not_p = (1.0 + (rest - small)) * inverse
    odds = small / (1.0 + (rest - small))
    fade = exp_product(-gamma, log1p_unit(odds))
    surprise = log_sum + (peak - f)
    w = product0(odds, surprise)
    own_pull = product0(t, fade * (1.0 + gamma * w))
    size = product0(afloat, 2.0 + (gamma - 1.0) * w - surprise)
    own_bend = product0(t, gamma * fade / (1.0 + (rest - small)) * size * sink)
    own = product0(t, fade * inverse * product0(afloat, 1.0 + gamma * (2.0 + gamma * w - surprise)) * sink)
    # p times the top's bend is (e / rest) top_bend: p / (1 - p at the top) is e / rest.
    other_bend = p * (bend_below - own_bend) + tied * ratio0(e, rest) * top_bend
    lesser = own * not_p + p * (other_bend + not_p * (pull - own_pull))
    tops_bend = p * bend_below + ratio0((tied - t) * top_bend, rest)
    top = t * top_own * miss + p * (tops_bend + miss * (pull_below + top_pull * (tied - t)))
    return where(e == 1.0, top, lesser)


def pairs(t, e, ties, rest, inverse, tied, top_own, top_bend, pull_below, bend_below, pull):
    p = e * inverse
    lone = p * (bend_below - pull_below) - t * top_own
    whole = 0.5 * (p * bend_below + tied * ratio0(e, rest) * top_bend - p * pull)
    return where((e == 1.0) & (ties == 1.0), lone, whole)


def bends(f, t, e, afloat, sink, ties, peak, rest, log_sum, miss, top_bend, gamma):
    small = where(e == 1.0, 0.0, e)
    odds = small / (1.0 + (rest - small))
    fade = exp_product(-gamma, log1p_unit(odds))
    surprise = log_sum + (peak - f)
    size = product0(afloat, 2.0 + (gamma - 1.0) * product0(odds, surprise) - surprise)
    tops = where(ties == 1.0, 0.0, ratio0(top_bend, miss))
    return where(e == 1.0, t * tops, product0(t, gamma * fade / (1.0 + (rest - small)) * size * sink))


def textbook(y, f, gamma):
    p = softmax(f)
    return -total(product0(y, (1 - p) ** gamma * log(p)))


def textbook_grad(y, f, gamma):
    p = softmax(f)
    u = named(product0(y, (1 - p) ** gamma - gamma * (1 - p) ** (gamma - 1) * xlogy(p, p)), "u")
    return p * total(u) - u


LOSS = RowLoss(
    name="focal_softmax",
    title="softmax focal loss",
    brief="Cross-entropy that turns away from easy rows.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "Easy rows outnumber all else, as in object detection, and the ranking of the classes counts, not their "
        "probabilities."
    ),
    avoid_when=(
        "Probabilities are wanted: `softmax_cross_entropy`. Labels are noisy: it turns to the rows that look wrong, "
        "and `generalized_cross_entropy` turns from them."
    ),
    statistics=(
        *SHARES,
        MISS,
        LOG_SUM,
        TIED,
        Statistic("top_ratio", "row", top_ratio),
        Statistic("top_fade", "row", top_fade),
        Statistic("top_pull", "row", top_pull),
        Statistic("top_bend", "row", top_bend),
        Statistic("top_own", "row", top_own),
        Statistic("loss", "expect", cost),
        Statistic("pull_below", "expect", lesser_pull),
        Statistic("bend_below", "expect", lesser_bend),
        Statistic("pull", "row", pull),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(plus, pairs, chance_but_lone), Outer(minus, bends, chance)),
    parameters=(Parameter("gamma", 2.0, NONNEGATIVE, "how fast well-classified examples fade; 0 for none"),),
    link="softmax",
    functional="focal",
    wide=True,
    claims=RowClaims(
        convex=lambda gamma: True if gamma == 0.0 else False if gamma >= 0.5 else None,
        nonnegative=True,
        bounded=float("inf"),
        steepest=lambda gamma: 1.0 if gamma == 0.0 else None,
        shift_invariant=True,
        symmetric=True,
        proper=lambda gamma: True if gamma == 0.0 else False if gamma >= 0.5 else None,
        calibrated=True,
    ),
    aliases=("categorical_focal", "softmax_focal", "multiclass_focal"),
    elsewhere={
        "keras": "CategoricalFocalCrossentropy(alpha, gamma, from_logits=True): alpha times this, clipped",
        "kornia": "focal_loss(alpha, gamma): alpha times this",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="log(2)/4", grad=("-(1+2*log(2))/8", "(1+2*log(2))/8")),
        RowPoint(y=0, f=(0.0, 0.0), hess=("(5+2*log(2))/16", "(5+2*log(2))/16")),
        RowPoint(y=2, f=(0.0, 0.0, 0.0), given={"gamma": 1.0}, value="2*log(3)/3", grad=None),
        RowPoint(y=0, f=(0.0, 0.0), given={"gamma": 0.5}, value="log(2)/sqrt(2)"),
        RowPoint(y=0, f=(50.0, 0.0), given={"gamma": 0.5}, value="log1p(exp(-50))/sqrt(1+exp(50))"),
        RowRelation("softmax_cross_entropy", given={"gamma": 0.0}),
        RowRelation("focal", other_given={"alpha": 0.5}, scale=2.0, pointwise=lambda t, f: (t[1], f[1] - f[0])),
    ),
    sources=(
        "Lin, Goyal, Girshick, He and Dollar (2017), doi:10.1109/ICCV.2017.324",
        "Charoenphakdee et al. (2021), On focal loss for class-posterior probability estimation, CVPR (calibration)",
    ),
)
