"""Multiclass Brier score: the squared distance between the probabilities given to all classes and what happened.

The value is the sum of (p - t)**2 over the classes for probabilities p and target weights t, as Brier defined it:
between 0 and 2, and for two classes twice the pointwise brier. Some libraries halve it or divide by the number of
classes. It is strictly proper and bounded, so that one surprise cannot decide a whole evaluation; it hardly tells a
chance of 1% from one of 0.1%. Each probability has its own term: the gradient is 2 (p - t).
"""

from lossary.primitives import square
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def squared(f, t):
    return square(f - t)


def value(total):
    return total


def grad(f, t):
    return 2.0 * (f - t)


def hess(f):
    return 2.0


def textbook(y, f):
    return total((f - y) ** 2)


def textbook_grad(y, f):
    return 2 * (f - y)


LOSS = RowLoss(
    name="multiclass_brier",
    title="multiclass Brier score",
    brief="Squared distance of probabilities and outcome.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Probabilities of several classes are to be judged, and no single surprise may decide.",
    avoid_when="The model gives scores: `softmax_brier`. Rare classes matter: `categorical_cross_entropy`.",
    statistics=(Statistic("total", "sum", squared),),
    value=value,
    grad=grad,
    hess=hess,
    prediction="probabilities",
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=2.0,
        steepest=2.0,
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    aliases=("multiclass_brier_score", "probability_score", "quadratic_score"),
    elsewhere={
        "scikit-learn": "metrics.brier_score_loss(scale_by_half=False)",
        "scoringrules": "brier_score, for two classes",
    },
    facts=(
        RowPoint(y=0, f=(0.25, 0.75), value="9/8", grad=("-3/2", "3/2"), hess=("2", "2")),
        RowPoint(y=1, f=(0.5, 0.25, 0.25), value="7/8", grad=("1", "-3/2", "1/2")),
        RowPoint(y=(0.5, 0.5), f=(1.0, 0.0), value="1/2", grad=("1", "-1")),
        RowRelation("brier", scale=2.0, pointwise=lambda t, f: (t[1], f[1])),
        RowRelation("squared_error", pointwise=lambda t, f: (t[0], f[0]), shift=lambda t, f: square(f[1] - t[1])),
    ),
    sources=("Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",),
)
