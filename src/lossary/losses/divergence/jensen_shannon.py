"""Jensen-Shannon divergence: how far target and prediction lie from their own mixture, on probabilities.

The value is beta KL(t, m) + (1 - beta) KL(p, m) for the mixture m = beta t + (1 - beta) p: at beta = 1/2 symmetric in t
and p, with a square root that is a metric. It is bounded, by log 2 at beta = 1/2, so neither side can make it infinite.
Towards beta = 0 it becomes beta times kl_target_prediction, towards 1 it becomes 1 - beta times kl_prediction_target.
The price of the bound is that a badly wrong prediction feels little, and that it is not proper: over one-hot targets
its minimum is more confident than the classes' distribution, though in the right order.
"""

from math import log as logarithm

from lossary.formula import Interval, Parameter
from lossary.primitives import log, log1p, maximum, ratio0, relative_entropy, where, with_slope_of, xlogy
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import named, total


def mixture(t, f, beta):
    # Where both are subnormal, their parts may vanish; then no mixture is better than another.
    parts = beta * t + (1.0 - beta) * f
    return where(parts == 0.0, maximum(t, f), parts)


def cost(t, f, mixture, beta):
    # Both parts as x log(x / m) - x + m: neither is ever negative, and what was added sums to zero.
    ours = relative_entropy(f, mixture, -beta * (f - t))
    theirs = relative_entropy(t, mixture, (1.0 - beta) * (f - t))
    alone = -(1.0 - beta) * log1p(-beta) * f
    both = beta * theirs + (1.0 - beta) * ours
    return with_slope_of(where(t == 0.0, alone, both), where((t == 0.0) & (f == 0.0), 0.0, both))


def value(total):
    return total


def grad(t, f, mixture, beta):
    # (1 - beta) log(p / m), where p / m - 1 = beta (p - t) / m.
    lead = ratio0(beta * (f - t), mixture)
    near = log1p(where(lead > -0.5, lead, 0.0))
    far = log(where(lead > -0.5, 1.0, ratio0(f, mixture)))
    found = where(lead > -0.5, near, far)
    return (1.0 - beta) * with_slope_of(where(t == 0.0, -log1p(-beta), found), found)


def hess(t, f, mixture, beta):
    return (1.0 - beta) * ratio0(ratio0(beta * t, mixture), f)


def textbook(y, f, beta):
    m = named(beta * y + (1 - beta) * f, "m")
    return beta * total(xlogy(y, y / m)) + (1 - beta) * total(xlogy(f, f / m))


def textbook_grad(y, f, beta):
    m = named(beta * y + (1 - beta) * f, "m")
    return (1 - beta) * log(f / m)


LOSS = RowLoss(
    name="jensen_shannon",
    title="Jensen-Shannon divergence",
    brief="Distance of both from their mixture.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "Two distributions are to be compared by a bounded number, also where one rules out what the other allows."
    ),
    avoid_when=(
        "True probabilities are to be learnt: `kl_target_prediction` is proper. The model gives scores: "
        "`jensen_shannon_logits`."
    ),
    statistics=(Statistic("mixture", "keep", mixture), Statistic("total", "sum", cost)),
    value=value,
    grad=grad,
    hess=hess,
    parameters=(Parameter("beta", 0.5, Interval(0.0, 1.0), "weight of the target in the mixture"),),
    prediction="probabilities",
    functional="jensen_shannon",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=lambda beta: -beta * logarithm(beta) - (1.0 - beta) * logarithm(1.0 - beta),
        steepest=float("inf"),
        symmetric=True,
        proper=False,
        calibrated=True,
    ),
    wide=True,
    aliases=("jensen_shannon_divergence", "js_divergence", "jsd"),
    elsewhere={
        "scipy": "the square of spatial.distance.jensenshannon",
        "liger": "LigerJSD(beta), of log-probabilities; there the ends of beta are the two KL divergences",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 1.0), value="log(2)"),
        RowPoint(y=(0.0, 1.0), f=(0.5, 0.5), value="log(4/3)*3/4", grad=("log(2)/2", "-log(3/2)/2"), hess=("0", "2/3")),
        RowPoint(y=0, f=(0.0, 1.0), given={"beta": 0.25}, value="log(4)/4+log(4/3)*3/4"),
        RowPoint(y=(0.25, 0.75), f=(0.25, 0.75), value="0", grad=("0", "0"), hess=("1", "1/3")),
        RowRelation("jensen_shannon", given={"beta": 0.25}, other_given={"beta": 0.75}, at=lambda t, f: (f, t)),
        RowRelation("kl_target_prediction", given={"beta": 2.0**-30}, scale=2.0**-30, within=1e-5),
        RowRelation("kl_prediction_target", given={"beta": 1.0 - 2.0**-30}, scale=2.0**-30, within=1e-5),
    ),
    sources=("Lin (1991), doi:10.1109/18.61115",),
)
