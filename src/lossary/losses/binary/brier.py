"""Brier: the squared distance between a predicted probability and what happened.

The value is (p - y)**2 for a probability p and a target y that is a label or itself a probability: squared error, kept
to [0, 1]. It is strictly proper like binary_cross_entropy, but bounded: the most confident mistake costs 1, so one
surprise cannot decide a whole evaluation. The price is that it hardly tells 1% from 0.1%.
"""

from lossary.formula import UNIT, Claims, Loss, Point, Relation
from lossary.primitives import square


def value(y, f):
    return square(f - y)


def grad(y, f):
    return 2.0 * (f - y)


def hess(y, f):
    return 2.0


LOSS = Loss(
    name="brier",
    title="Brier score",
    brief="Squared distance of a probability and what happened.",
    use_when="Probabilities are to be judged, and no single surprise may decide.",
    avoid_when=(
        "Events are rare: `binary_cross_entropy`. The model trains from logits, where the gradient of this loss "
        "fades on confident mistakes: `logistic`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=hess,
    target=UNIT,
    prediction=UNIT,
    functional="probability",
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=2.0,
        smooth=2.0,
        bounded=1.0,
        proper=True,
    ),
    aliases=("brier_score", "brier_score_loss"),
    elsewhere={
        "scikit-learn": "metrics.brier_score_loss",
        "catboost": "the metric BrierScore",
    },
    facts=(
        Point(y=1.0, f=0.25, value="9/16", grad="-3/2", hess="2"),
        Point(y=0.0, f=1.0, value="1", grad="2", hess="2"),
        Relation("half_squared_error", scale=2.0),
    ),
    sources=("Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",),
)
