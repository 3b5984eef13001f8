"""Squared log error: squared error in orders of magnitude, where 10 for 100 is as bad as 1000 for 100.

The value is the square of log(1 + f) - log(1 + y), for targets and predictions above -1. It forgives a large miss on
a large target, and punishes too low a prediction more than one too high by as much. Not convex: beyond f = e (1 + y)
- 1 it bends down. No parabola lies above it everywhere, as it rises without bound towards f = -1. Predicts the
geometric mean of 1 + y, less one, so it sits below the mean on skewed targets.
"""

from lossary.formula import Claims, Interval, Loss, Point, Relation
from lossary.primitives import INFINITY, log1p, log1p_difference, square, where


def value(y, f):
    return square(log1p_difference(f, y))


def grad(y, f):
    d = where(f < INFINITY, log1p_difference(f, y), 0.0)
    return 2.0 * d / (1.0 + f)


def hess(y, f):
    d = where(f < INFINITY, log1p_difference(f, y), 0.0)
    return 2.0 * (1.0 - d) / (1.0 + f) / (1.0 + f)


def textbook(y, f):
    return (log1p(f) - log1p(y)) ** 2


def textbook_grad(y, f):
    return 2 * (log1p(f) - log1p(y)) / (1 + f)


LOSS = Loss(
    name="squared_log_error",
    title="squared log error",
    brief="Squared error in orders of magnitude.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Positive targets are spread over orders of magnitude, and ratios matter, not differences.",
    avoid_when=(
        "The mean is the question: `gamma_deviance` is relative too and predicts it. Targets are counts: `poisson`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    target=Interval(-1.0),
    prediction=Interval(-1.0),
    functional="shifted geometric mean",
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
    ),
    aliases=("msle", "mean_squared_log_error", "mean_squared_logarithmic_error"),
    elsewhere={
        "keras": "MeanSquaredLogarithmicError",
        "scikit-learn": "metrics.mean_squared_log_error",
        "xgboost": "reg:squaredlogerror, half of this",
        "catboost": "MSLE, the metric",
    },
    facts=(
        Point(y=0.0, f=1.0, value="log(2)**2", grad="log(2)", hess="(1-log(2))/2"),
        Point(y=3.0, f=-0.5, value="log(8)**2", grad="-4*log(8)", hess="8*(1+log(8))"),
        Point(y=1e-20, f=-1e-20, value="(log1p(mpf(-1e-20)) - log1p(mpf(1e-20)))**2"),
        Relation("root_mean_squared_log_error"),
    ),
    sources=("scikit-learn's user guide, mean squared logarithmic error",),
)
