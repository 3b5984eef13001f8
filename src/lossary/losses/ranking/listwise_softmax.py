"""Listwise softmax: cross-entropy between a query's relevances and the softmax of its items' scores.

The value is the sum of t (log sum e**f - f) over the items of a list, for relevances t that are not negative and are
taken as they stand: an item of relevance 2 counts twice, a list without relevant items costs nothing. It is ListNet's
top-one loss with given weights, and softmax_cross_entropy with a free sum of weights; it is convex, with gradient (sum
t) p - t. It pushes relevant items to the top of their own list rather than towards a fixed score. Items that are only
there to fill up a list are masked with a score of -inf and relevance 0.
"""

from lossary.losses.multiclass.softmax_cross_entropy import distance, mass
from lossary.losses.softmax import OTHERS, TIED
from lossary.losses.softmax_probability import LOG_SUM, SHARES, share_of_top
from lossary.primitives import where, xlogy
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total


def pull(mass, inverse):
    return mass * inverse


def value(gap, mass, log_sum):
    return mass * log_sum + gap


def grad(t, e, afloat, sink, others, tied, rest, inverse, pull):
    return where(e == 1.0, ((others + (tied - t)) - t * rest) * inverse, pull * afloat * sink - t)


def hess(e, afloat, sink, rest, inverse, pull):
    return pull * (where(e == 1.0, rest, 1.0 + (rest - e)) * inverse) * afloat * sink


def together(mass, inverse):
    return -mass * inverse * inverse


def textbook(y, f):
    return -total(xlogy(y, softmax(f)))


def textbook_grad(y, f):
    return softmax(f) * total(y) - y


LOSS = RowLoss(
    name="listwise_softmax",
    title="listwise softmax loss",
    brief="Cross-entropy of relevances and ranked scores (ListNet).",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="The order within a list counts, not the level of the scores: search results, recommendations.",
    avoid_when=(
        "Each item has an outcome of its own, such as a click whose probability is wanted: `one_vs_rest_logistic`. "
        "One item alone is right: `softmax_cross_entropy` is the same then."
    ),
    statistics=(
        *SHARES,
        LOG_SUM,
        Statistic("gap", "expect", distance),
        OTHERS,
        TIED,
        Statistic("mass", "row", mass),
        Statistic("pull", "row", pull),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(together, share_of_top),),
    targets="relevance",
    link="softmax",
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
    aliases=("listnet", "ranking_softmax", "softmax_ranking"),
    elsewhere={
        "optax": "ranking_softmax_loss",
        "rax": "softmax_loss",
        "allrank": "listNet, which takes the softmax of the relevances first",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="log(2)", grad=("-1/2", "1/2"), hess=("1/4", "1/4")),
        RowPoint(y=(2.0, 1.0, 0.0), f=(0.0, 0.0, 0.0), value="3*log(3)", grad=("-1", "0", "1")),
        RowPoint(y=(0.0, 0.0), f=(1.0, -1.0), value="0", grad=("0", "0"), hess=("0", "0")),
        RowPoint(y=(3.0, 0.0), f=(40.0, 0.0), value="3*log1p(exp(-40))"),
        RowRelation("listwise_softmax", scale=0.5, at=lambda t, f: (tuple(2.0 * a for a in t), f)),
        RowRelation("softmax_cross_entropy"),
    ),
    sources=(
        "Cao, Qin, Liu, Tsai and Li (2007), doi:10.1145/1273496.1273513",
        "Bruch, Wang, Bendersky and Najork (2019), doi:10.1145/3341981.3344221",
    ),
)
