"""Sparsemax loss: like softmax cross-entropy, but the probabilities become exactly 0 and 1.

The probabilities are those nearest to the scores, p = max(f - tau, 0) with the tau at which they sum to one, and the
gradient is p - t. For one right class the loss is (|p - t|**2)/2, and more if that class has dropped out of the
support: it grows like the margin by which it trails. It is exactly zero once the right score leads every other by 1,
and the Hessian is zero outside the support. It is the Fenchel-Young loss of |p|**2/2: convex, and least where p is the
distribution of the classes. The price is that a class without probability gives up its curvature, and that -log p is
no longer finite.
"""

from lossary.losses.softmax import INVERSE, REST
from lossary.primitives import maximum, product0, where
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, Statistic
from lossary.textbook import named, threshold, total

# With x = f - peak, probabilities are p = max(claim, 0) / (1 + odds), where claim = 1 + x (1 + odds) and odds is the
# sum of the claims of all classes but one at the peak: what ``rest`` is to a softmax, small in a confident row, large
# in a level one, and with all its digits in both. It is the threshold in disguise: tau = peak - 1 / (1 + odds).


def score(f):
    return f


def is_top(f, peak):
    return where(f == peak, 1.0, 0.0)


def least_odds(ties):
    return ties - 1.0


def lesser_claim(f, peak, odds):
    return where(f == peak, 0.0, maximum(((f - peak) + 1.0) + product0(odds, f - peak), 0.0))


def distance(f, peak, odds):
    return where(((f - peak) + 1.0) + product0(odds, f - peak) > 0.0, peak - f, 0.0)


def step(odds, ties, claimed, distances):
    # Newton's for claimed + ties - 1 = odds, whose left side is convex and falls as odds grow: it climbs to the root.
    return odds + ((claimed + (ties - 1.0)) - odds) / (1.0 + distances)


def claim(f, peak, odds):
    return where(f == peak, 1.0, ((f - peak) + 1.0) + product0(odds, f - peak))


def lesser(f, peak, claim):
    return where(f == peak, 0.0, maximum(claim, 0.0))


def gap(t, f, peak, claim, rest):
    # At the top p - t = (1 - t) - t rest, over 1 + rest: no digit is lost when p is nearly t.
    return where(f == peak, (1.0 - t) - t * rest, maximum(claim, 0.0)) / (1.0 + rest) - where(f == peak, 0.0, t)


def is_possible(claim):
    return where(claim > 0.0, 1.0, 0.0)


def cost(t, gap, claim, inverse):
    return where(claim > 0.0, 0.5 * gap * gap, product0(t, 0.5 * t - claim * inverse))


def value(total):
    return total


def grad(gap):
    return gap


def hess(claim, support):
    return where(claim > 0.0, (support - 1.0) / support, 0.0)


def shared(support):
    return -1.0 / support


def textbook(y, f):
    # The Fenchel-Young loss of Gini's entropy.
    p = named(maximum(f - threshold(f, 1.0), 0.0), "p")
    return total(product0(p - y, f)) + (total(p * (1 - p)) - total(y * (1 - y))) / 2


def textbook_grad(y, f):
    return named(maximum(f - threshold(f, 1.0), 0.0), "p") - y


LOSS = RowLoss(
    name="sparsemax",
    title="sparsemax loss",
    brief="Like softmax, with probabilities of exactly 0.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="A short list of possible classes is wanted, or a margin.",
    avoid_when=(
        "-log p must be finite: `softmax_cross_entropy`. Training stalls on classes that have lost their "
        "probability: `entmax15`."
    ),
    statistics=(
        Statistic("peak", "max", score),
        Statistic("ties", "sum", is_top),
        Statistic("odds", "threshold", least_odds, (("claimed", lesser_claim), ("distances", distance)), step),
        Statistic("claim", "keep", claim),
        Statistic("below", "sum", lesser),
        REST,
        INVERSE,
        Statistic("gap", "keep", gap),
        Statistic("total", "sum", cost),
        Statistic("support", "sum", is_possible),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(shared, is_possible),),
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=1.0,
        shift_invariant=True,
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    wide=True,
    aliases=("multiclass_sparsemax",),
    elsewhere={
        "optax": "multiclass_sparsemax_loss",
        "entmax": "SparsemaxLoss",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="1/4", grad=("-1/2", "1/2"), hess=("1/2", "1/2")),
        RowPoint(y=0, f=(2.0, 0.0, 0.5), value="0", grad=("0", "0", "0"), hess=("0", "0", "0")),
        RowPoint(y=1, f=(3.0, 0.0, 0.0), value="3", grad=("1", "-1", "0"), hess=("0", "0", "0")),
        RowPoint(
            y=0,
            f=(0.5, 0.0, -0.125),
            value="13/192",
            grad=("-7/24", "5/24", "1/12"),
            hess=("2/3", "2/3", "2/3"),
        ),
        RowPoint(y=(0.25, 0.25, 0.5), f=(0.25, 0.75, 0.0), value="1/4", grad=("0", "1/2", "-1/2")),
    ),
    sources=(
        "Martins and Astudillo (2016), Proceedings of Machine Learning Research 48, pages 1614-1623",
        "Blondel, Martins and Niculae (2020), Journal of Machine Learning Research 21(35)",
    ),
)
