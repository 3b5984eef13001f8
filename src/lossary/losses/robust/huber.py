"""Huber: a quadratic bowl whose walls turn straight once the residual passes delta.

With r = f - y the value is r**2/2 while |r| <= delta and delta (|r| - delta/2) beyond, so the gradient is the residual
clipped to [-delta, delta]: one wild example can pull no harder than delta. delta is in the units of y; 1.345 times the
residuals' scale keeps 95% of least squares' efficiency under normal errors. Predicts a point between mean and median,
equal to both when errors are symmetric.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, maximum, minimum, where


def value(y, f, delta):
    r = absolute(f - y)
    inside = minimum(r, delta)
    return 0.5 * inside * inside + delta * (r - inside)


def grad(y, f, delta):
    return maximum(-delta, minimum(f - y, delta))


def hess(y, f, delta):
    return where(absolute(f - y) <= delta, 1.0, 0.0)


def majorizer(y, f, delta):
    # The tightest parabola touching at +r and -r; Huber's own weight function.
    return delta / maximum(absolute(f - y), delta)


def textbook(y, f, delta):
    return where(absolute(f - y) <= delta, (f - y) ** 2 / 2, delta * (absolute(f - y) - delta / 2))


LOSS = Loss(
    name="huber",
    title="Huber loss",
    brief="Squared up to delta, then straight.",
    textbook=textbook,
    use_when=(
        "A few targets are wild and most are not: it bounds the pull of the wild ones, and a linear model under it "
        "has no minimum but the lowest."
    ),
    avoid_when=(
        "Errors are skewed and the mean is the question: `squared_error`, or `gamma_deviance` for positive amounts. "
        "Gross errors should have no say at all: `tukey_biweight`. The features are wild, not the targets: no convex "
        "loss helps there."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("delta", 1.0, POSITIVE, "residual beyond which the loss grows linearly, in units of y"),),
    functional="huber",
    kinks=lambda y, delta: (y - delta, y + delta),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=lambda delta: delta,
        smooth=1.0,
        bounded=float("inf"),
    ),
    aliases=("huber_loss",),
    elsewhere={
        "torch": "HuberLoss(delta)",
        "keras": "Huber(delta)",
        "optax": "huber_loss(delta)",
        "scikit-learn": "HuberRegressor(epsilon), on residuals over an estimated scale",
        "lightgbm": "huber(alpha=delta)",
        "catboost": "Huber:delta=",
        "scipy": "special.huber(delta, r)",
    },
    facts=(
        Point(y=0.0, f=0.5, value="1/8", grad="1/2", hess="1"),
        Point(y=1.0, f=4.0, value="5/2", grad="1", hess="0"),
        Point(y=0.0, f=-10.0, given={"delta": 2.0}, value="18", grad="-2", hess="0"),
        Relation("half_squared_error", given={"delta": 1e6}),
    ),
    sources=("Huber (1964), doi:10.1214/aoms/1177703732",),
)
