"""Modified Huber: a squared hinge that turns straight for labels that are badly wrong.

With the margin m = y f, y in {-1, +1}, the value is max(0, 1 - m)**2 down to m = -1 and -4 m below, so that no example
pulls harder than 4. The second derivative is 2 between the two kinks, m = -1 and m = 1, and at both, 0 elsewhere. The
minimiser is the mean of the labels, so that (1 + f)/2, clipped to [0, 1], estimates the probability of +1.
"""

from lossary.formula import SIGNS, Claims, Loss, Point, Relation
from lossary.primitives import absolute, maximum, minimum, where
from lossary.textbook import named


def value(y, f):
    shortfall = maximum(0.0, 1.0 - y * f)
    inside = minimum(shortfall, 2.0)
    return inside * inside + 4.0 * (shortfall - inside)


def grad(y, f):
    return -2.0 * y * minimum(maximum(0.0, 1.0 - y * f), 2.0)


def hess(y, f):
    return where(absolute(f) <= 1.0, 2.0, 0.0)


def majorizer(y, f):
    return 2.0


def textbook(y, f):
    m = named(y * f, "m")
    return where(m >= -1.0, maximum(0.0, 1 - m) ** 2, -4 * m)


def textbook_grad(y, f):
    m = named(y * f, "m")
    return where(m >= -1.0, -2 * y * maximum(0.0, 1 - m), -4 * y)


LOSS = Loss(
    name="modified_huber",
    title="modified Huber loss",
    brief="Squared hinge that turns straight for bad mistakes.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "Labels are noisy, examples that are safely right should drop out, and a rough probability is wanted all the "
        "same."
    ),
    avoid_when=(
        "Probabilities near 0 and 1 must be told apart: `logistic_margin`. Labels are right and the solver is of "
        "Newton's type: `squared_hinge`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    target=SIGNS,
    functional="mean",
    kinks=lambda y: (y, -y),
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=4.0,
        smooth=2.0,
        bounded=float("inf"),
        calibrated=True,
    ),
    aliases=("modified_huber_loss",),
    elsewhere={"scikit-learn": 'SGDClassifier(loss="modified_huber")'},
    facts=(
        Point(y=1.0, f=0.5, value="1/4", grad="-1", hess="2"),
        Point(y=-1.0, f=3.0, value="12", grad="4", hess="0"),
        Point(y=1.0, f=2.0, value="0", grad="0", hess="0"),
        Relation("smoothed_hinge", other_given={"gamma": 2.0}, scale=4.0),
    ),
    sources=("Zhang (2004), doi:10.1214/aos/1079120130",),
)
