"""Multiclass hinge (Crammer and Singer): the right class must lead every other by the margin; the worst rival counts.

For a class index y the value is max(0, margin + max over the others of f - f_y); for target weights t it is max(f +
margin (1 - t)) - sum t f. Only the rivals that attain the maximum have a gradient, which they share evenly: (their
share) - t is the subgradient given, and the Hessian is zero. It is convex, and bounded in slope. It finds the likeliest
class where one has more than half of the probability, but need not where none has. At margin = 0 it is
multiclass_perceptron.
"""

from lossary.formula import NONNEGATIVE, Parameter
from lossary.losses.multiclass.softmax_cross_entropy import distance
from lossary.losses.softmax import PEAK
from lossary.primitives import product0, where
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import largest, named, total


def lift(f, t, peak, margin):
    return (f - peak) + margin * (1.0 - t)


def height(lift):
    return lift


def wins(lift, highest):
    return where(lift == highest, 1.0, 0.0)


def weight_won(t, lift, highest):
    return where(lift == highest, t, 0.0)


def weight_lost(t, lift, highest):
    return where(lift == highest, 0.0, t)


def value(highest, gap, won, lost):
    return (won + lost) * highest + gap


def grad(t, lift, highest, winners, won, lost):
    return where(lift == highest, ((lost + (won - t)) - t * (winners - 1.0)) / winners, -t)


def hess(f):
    return 0.0


def textbook(y, f, margin):
    return largest(f + margin * (1 - y)) - total(product0(y, f))


def textbook_grad(y, f, margin):
    lift = named(f + margin * (1 - y), "v")
    highest = named(where(lift == largest(lift), 1.0, 0.0), "w")
    return highest / total(highest) - y


LOSS = RowLoss(
    name="multiclass_hinge",
    title="multiclass hinge loss",
    brief="The right class must lead its best rival.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Only the label counts, and few examples should hold the solution: the multiclass support vector machine.",
    avoid_when=(
        "Probabilities are wanted, or classes overlap so much that none has half of the probability: "
        "`softmax_cross_entropy`. All rivals should count: `weston_watkins`."
    ),
    statistics=(
        PEAK,
        Statistic("gap", "expect", distance),
        Statistic("lift", "keep", lift),
        Statistic("highest", "max", height),
        Statistic("winners", "sum", wins),
        Statistic("won", "sum", weight_won),
        Statistic("lost", "sum", weight_lost),
    ),
    value=value,
    grad=grad,
    hess=hess,
    parameters=(Parameter("margin", 1.0, NONNEGATIVE, "by how much the right class must lead"),),
    functional="label",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=1.0,
        shift_invariant=True,
        symmetric=True,
    ),
    aliases=("crammer_singer", "multiclass_hinge_loss", "multiclass_svm"),
    elsewhere={
        "optax": "multiclass_hinge_loss",
        "keras": "CategoricalHinge, the same where some wrong score is not negative: it takes their maximum with 0",
        "scikit-learn": 'metrics.hinge_loss, LinearSVC(multi_class="crammer_singer")',
    },
    facts=(
        RowPoint(y=0, f=(0.25, 0.0, -1.0), value="3/4", grad=("-1", "1", "0"), hess=("0", "0", "0")),
        RowPoint(y=2, f=(2.0, 0.5, -1.0), value="4", grad=("1", "0", "-1")),
        RowPoint(y=0, f=(3.0, 1.0), value="0", grad=("0", "0")),
        RowPoint(y=0, f=(0.0, 0.0, 0.0), given={"margin": 2.0}, value="2", grad=("-1", "1/2", "1/2")),
        RowRelation("multiclass_perceptron", given={"margin": 0.0}),
        RowRelation(
            "hinge",
            pointwise=lambda t, f: (-1.0, f[1] - f[0] - 2.0 * t[1]),
            shift=lambda t, f: t[1] * (1.0 - (f[1] - f[0])),
        ),
    ),
    sources=(
        "Crammer and Singer (2001), On the algorithmic implementation of multiclass kernel-based vector machines, "
        "Journal of Machine Learning Research 2, 265-292",
        "Tewari and Bartlett (2007), On the consistency of multiclass classification methods, "
        "Journal of Machine Learning Research 8, 1007-1025",
    ),
)
