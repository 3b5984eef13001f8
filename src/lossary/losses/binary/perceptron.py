"""Perceptron: pay for a wrong sign, in proportion to how far the score strayed; a right sign is free.

With the margin m = y f, y in {-1, +1}, the value is max(0, -m). The corner is at f = 0, where the gradient given is -y:
a score of zero counts as a mistake, as in Rosenblatt's rule, or training from zero would never start. It asks for no
margin, and a model that always answers 0 pays nothing, so it is not calibrated: its minimiser says nothing about the
likelier label.
"""

from lossary.formula import SIGNS, Claims, Loss, Point, Relation
from lossary.primitives import absolute, maximum, ratio0, where


def value(y, f):
    return maximum(0.0, -y * f)


def grad(y, f):
    return where(y * f <= 0.0, -y, 0.0)


def hess(y, f):
    return 0.0


def majorizer(y, f):
    # The tightest parabola: it touches at f and -f, and there is none at the corner.
    return ratio0(0.5, absolute(f))


LOSS = Loss(
    name="perceptron",
    title="perceptron loss",
    brief="A wrong sign costs the size of its score.",
    use_when="The classic algorithm is to be reproduced or taught, on classes that a line separates.",
    avoid_when=(
        "The classic algorithm is not the point: `hinge` asks for a margin and is calibrated; `logistic_margin` "
        "gives probabilities."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    target=SIGNS,
    functional="none",
    kinks=lambda y: (0.0,),
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=1.0,
        smooth=0.0,
        bounded=float("inf"),
        calibrated=False,
    ),
    aliases=("perceptron_loss",),
    elsewhere={
        "optax": "perceptron_loss",
        "scikit-learn": 'Perceptron, SGDClassifier(loss="perceptron")',
    },
    facts=(
        Point(y=1.0, f=-2.5, value="5/2", grad="-1", hess="0"),
        Point(y=-1.0, f=0.0, value="0", grad="1", hess="0"),
        Point(y=-1.0, f=-3.0, value="0", grad="0", hess="0"),
        Relation("hinge", at=lambda y, f: (y, f + y)),
    ),
    sources=(
        "Rosenblatt (1958), doi:10.1037/h0042519",
        "de Leeuw and Lange (2009), doi:10.1016/j.csda.2009.01.002 (majorizer)",
    ),
)
