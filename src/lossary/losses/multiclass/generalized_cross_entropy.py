"""Generalized cross-entropy (L_q): between cross-entropy and the mean absolute error of a softmax, for noisy labels.

With p = softmax(f) the value is the sum of t (1 - p**q) / q over the classes. As q falls to 0 it becomes
softmax_cross_entropy, at q = 1 it is 1 - p, half the absolute error of the probabilities. Its gradient is p**q times
that of cross-entropy: examples the model finds unlikely, mislabelled ones among them, are held back, and none costs
more than 1/q. The price is slow learning of what is hard but right, the slower the larger q; it is not convex, and at
its minimum softmax(f) is not the classes' probabilities but their powers 1 / (1 - q), scaled: too sure, though ranked
right.
"""

from lossary.formula import Interval, Parameter
from lossary.losses.softmax import TIED
from lossary.losses.softmax_probability import LOG_SUM, MISS, SHARES, chance, share_of_top
from lossary.primitives import exp, exp_product, expm1, log, product0, where
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total


def cost(f, e, peak, log_sum, q):
    return -expm1(-q * where(e == 1.0, log_sum, log_sum + (peak - f))) / q


def top_power(log_sum, q):
    return exp_product(-q, log_sum)


def lesser_power(f, e, peak, top_power, q):
    # p**q from the score, not from e: far below the top e has lost its digits before its power has.
    return where(e == 1.0, 0.0, exp_product(q, where(e == 1.0, 0.0, f - peak)) * top_power)


def powers(power_below, tied, top_power):
    return power_below + tied * top_power


def value(loss):
    return loss


def grad(f, t, e, peak, inverse, miss, tied, top_power, power_below, powers, q):
    p = e * inverse
    own = product0(t, exp_product(q, where(e == 1.0, 0.0, f - peak)) * top_power)
    return where(e == 1.0, p * (power_below + top_power * (tied - t)) - t * top_power * miss, p * powers - own)


def hess(f, t, e, peak, rest, inverse, miss, tied, top_power, power_below, powers, q):
    p = e * inverse
    not_p = where(e == 1.0, miss, (1.0 + (rest - e)) * inverse)
    own = product0(t, exp_product(q, where(e == 1.0, 0.0, f - peak)) * top_power)
    other = where(e == 1.0, power_below + top_power * (tied - t), powers - own)
    return own * (p - q * not_p) * not_p + p * (other * (not_p - q * p))


def together(inverse, powers, q):
    return -(1.0 + q) * powers * inverse * inverse


def scale(q):
    return q


def own_power(f, t, e, peak, top_power, q):
    return product0(t, exp_product(q, where(e == 1.0, 0.0, f - peak)) * top_power)


def _steepest(q):
    return (q / (1.0 + q)) ** q / (1.0 + q)


def textbook(y, f, q):
    return total(y * (1 - softmax(f) ** q) / q)


def textbook_grad(y, f, q):
    p = softmax(f)
    return p * total(y * p**q) - y * p**q


LOSS = RowLoss(
    name="generalized_cross_entropy",
    title="generalized cross-entropy",
    brief="Between cross-entropy and absolute error.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Some labels are wrong. q of about 0.7 is usual.",
    avoid_when="Labels are right, or probabilities are wanted: `softmax_cross_entropy` learns faster and is proper.",
    statistics=(
        *SHARES,
        MISS,
        LOG_SUM,
        Statistic("loss", "expect", cost),
        TIED,
        Statistic("top_power", "row", top_power),
        Statistic("power_below", "expect", lesser_power),
        Statistic("powers", "row", powers),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(together, share_of_top), Outer(scale, own_power, chance)),
    parameters=(
        Parameter("q", 0.7, Interval(0.0, 1.0, high_closed=True), "near 0 cross-entropy, at 1 the absolute error"),
    ),
    link="softmax",
    functional="generalized_cross_entropy",
    wide=True,
    claims=RowClaims(
        convex=lambda q: False if q >= 0.25 else None,
        nonnegative=True,
        bounded=lambda q: 1.0 / q,
        steepest=_steepest,
        shift_invariant=True,
        symmetric=True,
        proper=lambda q: False if q >= 0.25 else None,
        calibrated=lambda q: True if q < 1.0 else None,
    ),
    aliases=("gce", "generalised_cross_entropy", "lq_cross_entropy"),
    elsewhere={"keras": "CategoricalGeneralizedCrossEntropy(q), of probabilities"},
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), given={"q": 0.5}, value="2-sqrt(2)", grad=("-sqrt(2)/4", "sqrt(2)/4")),
        RowPoint(y=0, f=(0.0, 0.0), given={"q": 0.5}, hess=("sqrt(2)/16", "sqrt(2)/16")),
        RowPoint(y=1, f=(0.0, 0.0, 0.0), given={"q": 1.0}, value="2/3", grad=("1/9", "-2/9", "1/9")),
        RowPoint(y=0, f=(60.0, 0.0), given={"q": 1.0}, value="1/(1+exp(60))"),
        RowRelation("softmax_cross_entropy", given={"q": 2.0**-30}, within=1e-6),
        RowRelation(
            "poly1",
            given={"q": 1.0},
            other_given={"epsilon": 1.0},
            shift=lambda t, f: -sum(a * (log(sum(exp(y) for y in f)) - x) for a, x in zip(t, f, strict=True)),
        ),
    ),
    sources=(
        "Zhang and Sabuncu (2018), Generalized cross entropy loss for training deep neural networks with noisy labels, "
        "NeurIPS 31, arXiv:1805.07836",
    ),
)
