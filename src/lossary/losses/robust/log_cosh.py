"""Log-cosh: absolute error with a bottom as smooth as a bowl, and nothing to tune.

With r = f - y the value is log(cosh(r)): r**2/2 for small residuals and |r| - log 2 for large ones, with the gradient
tanh(r) and the Hessian 1/cosh(r)**2 in between. It is convex and smooth everywhere. Its turning point is fixed at
residuals of about one, so bring targets to a unit scale first.
"""

from lossary.formula import Claims, Loss, Point, Relation
from lossary.primitives import LOG_2, log_cosh, sigmoid_slope, tanh, where


def value(y, f):
    return log_cosh(f - y)


def grad(y, f):
    return tanh(f - y)


def hess(y, f):
    return 4.0 * sigmoid_slope(2.0 * (f - y))


def majorizer(y, f):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    at_zero = f == y
    return where(at_zero, 1.0, tanh(f - y) / where(at_zero, 1.0, f - y))


LOSS = Loss(
    name="log_cosh",
    title="log-cosh loss",
    brief="Smooth absolute error with nothing to tune.",
    use_when="Some targets are wild, the optimiser wants second derivatives, and targets are on a unit scale.",
    avoid_when=(
        "Targets are in units of their own: it is absolute error of large numbers and squared error of small ones; "
        "`pseudo_huber` has a delta."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    functional="m-estimate",
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=1.0,
        smooth=1.0,
        bounded=float("inf"),
    ),
    aliases=("logcosh", "log_cosh_loss"),
    elsewhere={
        "keras": "LogCosh",
        "optax": "log_cosh",
        "catboost": "LogCosh",
    },
    facts=(
        Point(y=1.0, f=2.0, value="log(cosh(1))", grad="tanh(1)", hess="1/cosh(1)**2"),
        Point(y=0.0, f=-1000.0, value="1000 - log(2) + log1p(exp(-2000))", grad="-(1-exp(-2000))/(1+exp(-2000))"),
        Relation("logistic", at=lambda y, f: (0.5, 2.0 * (f - y)), shift=lambda y: -LOG_2),
    ),
    sources=("Green (1990), doi:10.1109/42.52985",),
)
