"""Squared hinge: nothing to pay past the margin, the squared shortfall before it.

With the margin m = y f, y in {-1, +1}, the value is max(0, 1 - m)**2. The gradient is continuous; only the second
derivative jumps, from 2 to 0 at m = 1, and at that point it is given as 2. It suits Newton-type solvers better than
hinge, and minds a badly wrong label much more. The minimiser is the mean of the labels, so that (1 + f)/2 estimates
the probability of +1.
"""

from lossary.formula import SIGNS, Claims, Loss, Point
from lossary.primitives import maximum, where


def value(y, f):
    shortfall = maximum(0.0, 1.0 - y * f)
    return shortfall * shortfall


def grad(y, f):
    return -2.0 * y * maximum(0.0, 1.0 - y * f)


def hess(y, f):
    return where(y * f <= 1.0, 2.0, 0.0)


def majorizer(y, f):
    return 2.0


LOSS = Loss(
    name="squared_hinge",
    title="squared hinge loss",
    brief="The squared shortfall from a margin of one.",
    use_when="Only the label or a rough probability counts, labels are right, and the solver is of Newton's type.",
    avoid_when="Labels are noisy: `modified_huber` turns straight at m = -1. Probabilities matter: `logistic_margin`.",
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    target=SIGNS,
    functional="mean",
    kinks=lambda y: (y,),
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=float("inf"),
        smooth=2.0,
        bounded=float("inf"),
        calibrated=True,
    ),
    aliases=("squared_hinge_loss", "l2_hinge"),
    elsewhere={
        "keras": "SquaredHinge, which also takes labels 0 and 1",
        "scikit-learn": 'LinearSVC(loss="squared_hinge"), SGDClassifier(loss="squared_hinge")',
    },
    facts=(
        Point(y=1.0, f=0.25, value="9/16", grad="-3/2", hess="2"),
        Point(y=-1.0, f=3.0, value="16", grad="8", hess="2"),
        Point(y=-1.0, f=-1.5, value="0", grad="0", hess="0"),
    ),
    sources=(
        "Cortes and Vapnik (1995), doi:10.1007/BF00994018",
        "Zhang (2004), doi:10.1214/aos/1079120130 (minimiser)",
    ),
)
