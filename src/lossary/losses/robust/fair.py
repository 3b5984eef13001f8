"""Fair: absolute error's walls on a rounded bottom, with a logarithm taken off.

With r = f - y the value is c**2 (|r|/c - log(1 + |r|/c)): r**2/2 for small residuals, nearing c |r| for large ones,
but slowly. The gradient r / (1 + |r|/c) stays within c; the Hessian is 1 at zero and falls off to both sides, with a
corner at zero but no jump. Convex, so fits have one answer. c is in the units of y; 1.3998 times the scale of normal
residuals keeps 95% of least squares' efficiency.
"""

from lossary.formula import Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, log1pmx, maximum, minimum, sign, square, where

# Of smaller numbers reciprocals and ratios overflow.
SIZES = Interval(2.0**-1000, low_closed=True)


def value(y, f, c):
    r = absolute(f - y)
    # For the tiniest residuals c**2 would multiply up what has underflowed.
    tiny = 1.0 + r / c == 1.0
    return where(tiny, 0.5 * r * r, -c * (c * log1pmx(r / c)))


# Below, |r| / c = m / u with the larger of m and u equal to 1: nothing overflows, and infinity has its limit.


def grad(y, f, c):
    r = absolute(f - y)
    s = minimum(r, c)
    u = c / maximum(r, c)
    return sign(f - y) * (s / (s / c + u))


def hess(y, f, c):
    r = absolute(f - y)
    m = minimum(r, c) / c
    u = c / maximum(r, c)
    return square(u / (m + u))


def majorizer(y, f, c):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    r = absolute(f - y)
    m = minimum(r, c) / c
    u = c / maximum(r, c)
    return u / (m + u)


LOSS = Loss(
    name="fair",
    title="Fair loss",
    brief="Absolute error with a rounded bottom.",
    use_when="Even moderate residuals should lose weight, and a curvature that is never zero is wanted.",
    avoid_when=(
        "Most errors are normal and a few are wild: `huber` leaves small residuals their whole weight. Where the "
        "curvature must have no corner, `pseudo_huber`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("c", 1.0, SIZES, "residual around which the loss turns linear, in units of y"),),
    functional="m-estimate",
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=lambda c: c,
        smooth=1.0,
        bounded=float("inf"),
    ),
    aliases=("fair_loss",),
    elsewhere={
        "lightgbm": "fair(fair_c=c)",
        "catboost": "FairLoss:smoothness=c, the metric",
    },
    facts=(
        Point(y=1.0, f=2.0, value="1-log(2)", grad="1/2", hess="1/4"),
        Point(y=0.0, f=-6.0, given={"c": 2.0}, value="4*(3-log(4))", grad="-3/2", hess="1/16"),
        Relation("half_squared_error", given={"c": 1e12}, within=1e-6),
    ),
    sources=(
        "Fair (1974), On the robust estimation of econometric models, Annals of Economic and Social Measurement 3",
        "Holland and Welsch (1977), doi:10.1080/03610927708827533",
    ),
)
