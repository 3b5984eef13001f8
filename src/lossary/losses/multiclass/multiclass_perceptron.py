"""Multiclass perceptron: what the right class's score is short of the highest score; nothing if it is the highest.

The value is max(f) - sum t f, which for a class index y is max(f) - f_y. The gradient is 1 - t at the highest score and
-t elsewhere; scores that tie for the highest share the 1 evenly, so that a row of zeros learns too. It is convex, but
asks for no margin: a model that gives all classes the same score pays nothing, and its minimiser says nothing about the
classes.
"""

from lossary.losses.multiclass.softmax_cross_entropy import distance
from lossary.losses.softmax import PEAK
from lossary.primitives import product0, where
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import largest, named, total


def leads(f, peak):
    return where(f == peak, 1.0, 0.0)


def trails(f, peak):
    return where(f == peak, 0.0, 1.0)


def value(gap):
    return gap


def grad(f, t, peak, leaders, led, trailed):
    return where(f == peak, ((trailed + (led - t)) - t * (leaders - 1.0)) / leaders, -t)


def hess(f):
    return 0.0


def textbook(y, f):
    return largest(f) - total(product0(y, f))


def textbook_grad(y, f):
    highest = named(where(f == largest(f), 1.0, 0.0), "w")
    return highest / total(highest) - y


LOSS = RowLoss(
    name="multiclass_perceptron",
    title="multiclass perceptron loss",
    brief="The lead of the highest score over the right one.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="The classic algorithm is to be reproduced or taught, on classes that can be separated.",
    avoid_when=(
        "The classic algorithm is not the point: `multiclass_hinge` asks for a margin, `softmax_cross_entropy` gives "
        "probabilities."
    ),
    statistics=(
        PEAK,
        Statistic("gap", "expect", distance),
        Statistic("leaders", "sum", leads),
        Statistic("led", "expect", leads),
        Statistic("trailed", "expect", trails),
    ),
    value=value,
    grad=grad,
    hess=hess,
    functional="none",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=1.0,
        shift_invariant=True,
        symmetric=True,
    ),
    aliases=("multiclass_perceptron_loss",),
    elsewhere={"optax": "multiclass_perceptron_loss"},
    facts=(
        RowPoint(y=0, f=(0.5, 2.0, -1.0), value="3/2", grad=("-1", "1", "0"), hess=("0", "0", "0")),
        RowPoint(y=1, f=(0.5, 2.0, -1.0), value="0", grad=("0", "0", "0")),
        RowPoint(y=0, f=(0.0, 0.0, 0.0, 0.0), value="0", grad=("-3/4", "1/4", "1/4", "1/4")),
        RowRelation("multiclass_hinge", other_given={"margin": 0.0}),
        RowRelation(
            "perceptron",
            pointwise=lambda t, f: (-1.0, f[1] - f[0]),
            shift=lambda t, f: -t[1] * (f[1] - f[0]),
        ),
    ),
    sources=(
        "Rosenblatt (1958), doi:10.1037/h0042519",
        "Collins (2002), Discriminative training methods for hidden Markov models, doi:10.3115/1118693.1118694",
    ),
)
