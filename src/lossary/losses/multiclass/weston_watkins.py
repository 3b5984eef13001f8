"""Weston-Watkins hinge: every wrong class that comes within the margin of the right one costs, and all costs add up.

With the right class's score r = sum t f the value is the sum of (1 - t) max(0, margin + f - r)**p over the classes. p =
1 is the support vector machine of Weston and Watkins, p = 2 has a continuous gradient and a Hessian. It is convex; its
slope grows with the number of wrong classes near or above the right one, where multiclass_hinge charges the worst
alone. On the edge of the margin gradient and Hessian are those of the free side, 0. With more than two classes its
minimiser need not rank the likeliest first, whatever the data.
"""

from lossary.formula import NONNEGATIVE, Interval, Parameter
from lossary.primitives import maximum, power, product0, where, with_slope_of
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import named, total


def major(t):
    return where(t > 0.5, t, 0.0)


def minor(t):
    return where(t > 0.5, 0.0, t)


def mass(majors, minors):
    return majors + minors


def score(f):
    return f


def aside(f, middle):
    # Infinite scores may be equal.
    return with_slope_of(where(f == middle, 0.0, f - middle), f - middle)


def shortfall(f, middle, spread, mass, margin):
    # f less the right class's score, sum t f, which is ``middle`` but for rounding: ``spread`` is the rest.
    return maximum(0.0, margin + (mass * with_slope_of(where(f == middle, 0.0, f - middle), f - middle) - spread))


def charge(t, shortfall, p):
    return (1.0 - t) * power(shortfall, p)


def pull(t, shortfall, p):
    # Half the power twice: a whole one may vanish before p is multiplied in.
    h = power(shortfall, 0.5 * (p - 1.0))
    return (1.0 - t) * where(shortfall > 0.0, p * h * h, 0.0)


def bend(t, shortfall, p):
    h = power(where(shortfall > 0.0, shortfall, 1.0), 0.5 * (p - 2.0))
    return (1.0 - t) * where(shortfall > 0.0, product0(p * (p - 1.0), h * h), 0.0)


def kept_pull(pull):
    return pull


def kept_bend(bend):
    return bend


def value(loss):
    return loss


def others(t, majors, minors):
    # The weight of all other classes: 1 - t, to its last digit.
    return where(t > 0.5, minors + (majors - t), (minors - t) + majors)


def grad(t, others, pull, pulls):
    return others * pull - t * (pulls - pull)


def hess(t, others, bend, bends):
    return bend * others * others + t * t * (bends - bend)


def minus_mass(mass):
    return -mass


def weight(t):
    return t


def all_bends(bends):
    return bends


def textbook(y, f, margin, p):
    right = total(product0(y, f))
    return total((1 - y) * maximum(0.0, margin + f - right) ** p)


def textbook_grad(y, f, margin, p):
    s = named(maximum(0.0, margin + f - total(product0(y, f))), "s")
    u = named((1 - y) * where(s > 0.0, p * s ** (p - 1), 0.0), "u")
    return u - y * total(u)


LOSS = RowLoss(
    name="weston_watkins",
    title="Weston-Watkins hinge loss",
    brief="Every rival within the margin costs.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="A multiclass support vector machine is wanted in which every rival within the margin counts.",
    avoid_when=(
        "The likeliest class must rank first, or probabilities are wanted: `softmax_cross_entropy`. Classes are "
        "many: the slope grows with them; `multiclass_hinge` charges the worst rival alone."
    ),
    statistics=(
        Statistic("majors", "sum", major),
        Statistic("minors", "sum", minor),
        Statistic("mass", "row", mass),
        Statistic("middle", "expect", score),
        Statistic("spread", "expect", aside),
        Statistic("shortfall", "keep", shortfall),
        Statistic("loss", "sum", charge),
        Statistic("pull", "keep", pull),
        Statistic("pulls", "sum", kept_pull),
        Statistic("bend", "keep", bend),
        Statistic("bends", "sum", kept_bend),
        Statistic("others", "keep", others),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(minus_mass, kept_bend, weight), Outer(all_bends, weight)),
    parameters=(
        Parameter("margin", 1.0, NONNEGATIVE, "by how much the right class must lead"),
        Parameter("p", 1.0, Interval(1.0, low_closed=True), "power of what it is short of that"),
    ),
    functional="none",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=float("inf"),
        shift_invariant=True,
        symmetric=True,
    ),
    aliases=("multi_margin", "multi_margin_loss", "multiclass_margin"),
    elsewhere={"torch": "MultiMarginLoss(p=1 or 2, margin): 1/k of this for k classes"},
    facts=(
        RowPoint(y=0, f=(1.0, 0.5, -2.0), value="1/2", grad=("-1", "1", "0"), hess=("0", "0", "0")),
        RowPoint(y=1, f=(1.0, 0.5, 0.25), value="9/4", grad=("1", "-2", "1")),
        RowPoint(y=0, f=(1.0, 0.5, 0.75), given={"p": 2.0}, value="13/16", grad=("-5/2", "1", "3/2")),
        RowPoint(y=0, f=(1.0, 0.5, 0.75), given={"p": 2.0}, hess=("4", "2", "2")),
        RowPoint(y=0, f=(0.0, 0.0), given={"margin": 4.0, "p": 1.5}, value="8", grad=("-3", "3"), hess=("3/8", "3/8")),
        RowRelation(
            "weston_watkins",
            given={"margin": 2.0, "p": 3.0},
            other_given={"p": 3.0},
            scale=8.0,
            at=lambda t, f: (t, tuple(0.5 * x for x in f)),
        ),
    ),
    sources=(
        "Weston and Watkins (1999), Support vector machines for multi-class pattern recognition, ESANN, 219-224",
        "Tewari and Bartlett (2007), On the consistency of multiclass classification methods, "
        "Journal of Machine Learning Research 8, 1007-1025",
    ),
)
