"""Poly-1: cross-entropy with another weight for the first term of its series in 1 - p.

-log p is (1 - p) + (1 - p)**2 / 2 + ...; with p = softmax(f) the value is the sum of t (-log p + epsilon (1 - p)), so
that the first term counts 1 + epsilon times. epsilon = 0 is softmax_cross_entropy, and -1 drops the term. A positive
epsilon pulls harder while p is far from 1, which its authors found to help on images; a negative one holds back. It is
convex for epsilon up to 1. At its minimum the classes are ranked right, but for any epsilon other than 0 softmax(f) is
no longer their probabilities: too sure for epsilon > 0, not sure enough below.
"""

from lossary.formula import Interval, Parameter
from lossary.losses.softmax import OTHERS, TIED
from lossary.losses.softmax_probability import LOG_SUM, MISS, SHARES, chance, lesser_chance, minus, share_of_top
from lossary.primitives import exp, where, xlogy
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total


def cost(f, e, peak, rest, log_sum, inverse, miss, epsilon):
    top = log_sum + epsilon * miss
    return where(e == 1.0, top, (log_sum + (peak - f)) + epsilon * ((1.0 + (rest - e)) * inverse))


def top_pull(rest, inverse, epsilon):
    # 1 + epsilon p as a sum of what is never negative, for epsilon = -1 too.
    return (rest + (1.0 + epsilon)) * inverse


def pull(others, tied, hit_below, top_pull, epsilon):
    return (others + epsilon * hit_below) + tied * top_pull


def hit(tied, hit_below, inverse):
    return hit_below + tied * inverse


def mass(others, tied):
    return others + tied


def value(loss):
    return loss


def grad(t, e, afloat, sink, rest, inverse, miss, others, tied, hit_below, top_pull, pull, epsilon):
    top = inverse * ((others + epsilon * hit_below) + top_pull * (tied - t)) - t * top_pull * miss
    return where(e == 1.0, top, inverse * pull * afloat * sink - t * (1.0 + epsilon * (e * inverse)))


def hess(t, e, afloat, sink, rest, inverse, miss, others, tied, hit_below, hit, mass, epsilon):
    p = e * inverse
    not_p = where(e == 1.0, miss, (1.0 + (rest - e)) * inverse)
    other_mass = where(e == 1.0, others + (tied - t), mass - t)
    other_hit = where(e == 1.0, hit_below + inverse * (tied - t), hit - t * p)
    own = t * ((1.0 + epsilon) * p + (1.0 - epsilon) * not_p) * not_p
    return inverse * (own + (not_p * other_mass + epsilon * (not_p - p) * other_hit)) * afloat * sink


def together(inverse, mass, hit, epsilon):
    return -(mass + 2.0 * epsilon * hit) * inverse * inverse


def bend(t, e, inverse, epsilon):
    return -epsilon * t * (e * inverse)


def textbook(y, f, epsilon):
    p = softmax(f)
    return -total(xlogy(y, p)) + epsilon * total(y * (1 - p))


def textbook_grad(y, f, epsilon):
    p = softmax(f)
    return p * total(y * (1 + epsilon * p)) - y * (1 + epsilon * p)


LOSS = RowLoss(
    name="poly1",
    title="Poly-1 loss",
    brief="Cross-entropy with its first term reweighted.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Accuracy on held-out rows is what counts, and there is time to tune epsilon by it.",
    avoid_when=(
        "Probabilities are wanted, or nothing is to be tuned: `softmax_cross_entropy`. Labels are noisy: "
        "`generalized_cross_entropy`."
    ),
    statistics=(
        *SHARES,
        MISS,
        LOG_SUM,
        Statistic("loss", "expect", cost),
        OTHERS,
        TIED,
        Statistic("hit_below", "expect", lesser_chance),
        Statistic("top_pull", "row", top_pull),
        Statistic("pull", "row", pull),
        Statistic("hit", "row", hit),
        Statistic("mass", "row", mass),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(together, share_of_top), Outer(minus, bend, chance)),
    parameters=(Parameter("epsilon", 1.0, Interval(-1.0, low_closed=True), "what is added to the first coefficient"),),
    link="softmax",
    functional="poly1",
    claims=RowClaims(
        convex=lambda epsilon: True if epsilon <= 1.0 else False if epsilon >= 2.0 else None,
        nonnegative=True,
        bounded=float("inf"),
        steepest=lambda epsilon: 1.0 if epsilon <= 1.0 else (1.0 + epsilon) * (1.0 + epsilon) / (4.0 * epsilon),
        shift_invariant=True,
        symmetric=True,
        proper=lambda epsilon: True if epsilon == 0.0 else False if abs(epsilon) >= 0.5 else None,
        calibrated=True,
    ),
    aliases=("poly_loss", "poly_cross_entropy", "poly1_cross_entropy", "poly1_softmax"),
    elsewhere={
        "optax": "poly_loss_cross_entropy(epsilon=2.0 by default)",
        "rax": "poly1_softmax_loss(epsilon)",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="log(2)+1/2", grad=("-3/4", "3/4"), hess=("1/4", "1/4")),
        RowPoint(y=1, f=(0.0, 0.0, 0.0), given={"epsilon": 3.0}, value="log(3)+2", grad=("2/3", "-4/3", "2/3")),
        RowPoint(y=0, f=(40.0, 0.0), value="log1p(exp(-40))+1/(1+exp(40))"),
        RowRelation("softmax_cross_entropy", given={"epsilon": 0.0}),
        RowRelation(
            "softmax_cross_entropy",
            given={"epsilon": -0.5},
            shift=lambda t, f: (
                -0.5 * sum(a * (1.0 - exp(x) / sum(exp(y) for y in f)) for a, x in zip(t, f, strict=True))
            ),
        ),
    ),
    sources=("Leng et al. (2022), PolyLoss: a polynomial expansion perspective, ICLR, arXiv:2204.12511",),
)
