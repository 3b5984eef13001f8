"""Exponential: the loss behind AdaBoost, which never stops caring about a mistake.

With the margin m = y f, y in {-1, +1}, the value is e**-m, and so is the second derivative. Its minimiser is half the
log-odds, sigmoid(2 f) = P(y = +1). A wrong example's weight grows exponentially with how wrong it is.
"""

from lossary.formula import SIGNS, Claims, Loss, Point
from lossary.primitives import exp


def value(y, f):
    return exp(-y * f)


def grad(y, f):
    return -y * exp(-y * f)


def hess(y, f):
    return exp(-y * f)


LOSS = Loss(
    name="exponential",
    title="exponential loss",
    brief="AdaBoost's loss: mistakes cost exponentially.",
    use_when="AdaBoost is to be reproduced, on labels that are right.",
    avoid_when=(
        "Labels are noisy: a few bad ones can take over; `logistic_margin` has the same kind of minimiser and grows "
        "only linearly."
    ),
    value=value,
    grad=grad,
    hess=hess,
    target=SIGNS,
    link="half_logit",
    functional="probability",
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
        calibrated=True,
    ),
    aliases=("exponential_loss", "exp_loss"),
    elsewhere={"scikit-learn": 'GradientBoostingClassifier(loss="exponential")'},
    facts=(
        Point(y=-1.0, f=0.0, value="1", grad="1", hess="1"),
        Point(y=1.0, f=2.0, value="exp(-2)", grad="-exp(-2)", hess="exp(-2)"),
        Point(y=-1.0, f=3.0, value="exp(3)", grad="exp(3)", hess="exp(3)"),
    ),
    sources=(
        "Freund and Schapire (1997), doi:10.1006/jcss.1997.1504",
        "Friedman, Hastie and Tibshirani (2000), doi:10.1214/aos/1016218223",
    ),
)
