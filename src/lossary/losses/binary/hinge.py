"""Hinge: nothing to pay once the score is right by a margin of one, a straight line before that.

With the margin m = y f, y in {-1, +1}, the value is max(0, 1 - m): the loss of the support vector machine. Examples
beyond the margin have no gradient at all, which is what makes its solutions sparse. The corner is at m = 1, where the
gradient given is 0, the smaller of the two sides'. The minimiser is the likelier label itself, so that scores say
nothing about probabilities.
"""

from lossary.formula import SIGNS, Claims, Loss, Point, Relation
from lossary.primitives import absolute, maximum, ratio0, where


def value(y, f):
    return maximum(0.0, 1.0 - y * f)


def grad(y, f):
    return where(y * f < 1.0, -y, 0.0)


def hess(y, f):
    return 0.0


def majorizer(y, f):
    # The tightest parabola: it touches at both points this far from the corner, and there is none at the corner.
    return ratio0(0.5, absolute(1.0 - y * f))


LOSS = Loss(
    name="hinge",
    title="hinge loss",
    brief="Nothing past a margin of one, a straight line before.",
    use_when="Only the label counts, and few examples should hold the solution: support vector machines.",
    avoid_when=(
        "Probabilities matter, or what errors cost may change: `logistic_margin`. A smooth corner helps the solver: "
        "`smoothed_hinge`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    target=SIGNS,
    functional="label",
    kinks=lambda y: (y,),
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=1.0,
        smooth=0.0,
        bounded=float("inf"),
        calibrated=True,
    ),
    aliases=("hinge_loss", "l1_hinge"),
    elsewhere={
        "keras": "Hinge, which also takes labels 0 and 1",
        "optax": "hinge_loss",
        "scikit-learn": 'SGDClassifier(loss="hinge"), LinearSVC(loss="hinge"), metrics.hinge_loss',
        "xgboost": "binary:hinge",
        "catboost": "the metric HingeLoss",
    },
    facts=(
        Point(y=1.0, f=0.25, value="3/4", grad="-1", hess="0"),
        Point(y=-1.0, f=2.0, value="3", grad="1", hess="0"),
        Point(y=1.0, f=1.5, value="0", grad="0", hess="0"),
        Relation("perceptron", at=lambda y, f: (y, f - y)),
    ),
    sources=(
        "Cortes and Vapnik (1995), doi:10.1007/BF00994018",
        "de Leeuw and Lange (2009), doi:10.1016/j.csda.2009.01.002 (majorizer)",
    ),
)
