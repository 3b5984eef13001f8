"""Smoothed hinge: a hinge whose corner is rounded off by a piece of parabola gamma wide.

With the margin m = y f, y in {-1, +1}, and the shortfall z = max(0, 1 - m), the value is z**2/(2 gamma) while z <=
gamma and z - gamma/2 beyond. It is Huber's idea on one side: as robust as hinge far out, with a continuous gradient
that first-order and dual solvers like. The second derivative jumps at m = 1 and m = 1 - gamma and is 1/gamma at both. A
small gamma is nearly hinge, a large one nearly squared_hinge / (2 gamma), gamma = 2 a quarter of modified_huber.
"""

from lossary.formula import POSITIVE, SIGNS, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import maximum, minimum, where
from lossary.textbook import named


def value(y, f, gamma):
    shortfall = maximum(0.0, 1.0 - y * f)
    inside = minimum(shortfall, gamma)
    return 0.5 * inside * (inside / gamma) + (shortfall - inside)


def grad(y, f, gamma):
    return -y * minimum(maximum(0.0, 1.0 - y * f), gamma) / gamma


def hess(y, f, gamma):
    return where((y * f <= 1.0) & (y * f >= 1.0 - gamma), 1.0 / gamma, 0.0)


def majorizer(y, f, gamma):
    return 1.0 / gamma


def textbook(y, f, gamma):
    z = named(maximum(0.0, 1 - y * f), "z")
    return where(z <= gamma, z**2 / (2 * gamma), z - gamma / 2)


LOSS = Loss(
    name="smoothed_hinge",
    title="smoothed hinge loss",
    brief="Hinge with its corner rounded off over gamma.",
    textbook=textbook,
    use_when=(
        "Only the label counts, wrong labels should pull no harder than they do under hinge, and the solver wants a "
        "continuous gradient."
    ),
    avoid_when=(
        "Probabilities matter: `logistic_margin`. The solver takes corners, as a linear programme does: `hinge` has "
        "no gamma to set."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("gamma", 1.0, POSITIVE, "width of the rounded corner, in units of the margin"),),
    target=SIGNS,
    functional="smoothed_hinge",
    kinks=lambda y, gamma: (y, y * (1.0 - gamma)),
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=1.0,
        smooth=lambda gamma: 1.0 / gamma,
        bounded=float("inf"),
        calibrated=True,
    ),
    aliases=("smooth_hinge", "smoothed_l1_hinge"),
    facts=(
        Point(y=1.0, f=0.5, value="1/8", grad="-1/2", hess="1"),
        Point(y=-1.0, f=2.0, value="5/2", grad="1", hess="0"),
        Point(y=1.0, f=0.0, given={"gamma": 0.5}, value="3/4", grad="-1", hess="0"),
        Relation("hinge", given={"gamma": 2.0**-30}, within=1e-6),
        Relation("squared_hinge", given={"gamma": 2.0**20}, scale=2.0**-21),
    ),
    sources=(
        "Rennie and Srebro (2005), Loss functions for preference levels, IJCAI workshop on preference handling",
        "Shalev-Shwartz and Zhang (2013), Stochastic dual coordinate ascent methods, JMLR 14, 567-599",
    ),
)
