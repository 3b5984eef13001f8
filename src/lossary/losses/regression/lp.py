"""Lp: the residual's size to a power p of your choice, between absolute error and squared error or beyond.

With r = f - y the value is |r|**p for p from 1 on. At p = 1 it is absolute error, at p = 2 squared error; between
them it weighs wild targets less than the one and has a gradient that fades at zero, unlike the other. The gradient is
zero at r = 0. There the Hessian is infinite for p between 1 and 2, and for p = 1 the value has a kink. Predicts the
point with the least p-th power of distance: the median at 1, the mean at 2, nearing the middle of the range as p
grows. It has no parabola above it at r = 0 if p < 2, nor anywhere if p > 2.
"""

from lossary.formula import Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import INFINITY, absolute, power, sign, where


def value(y, f, p):
    return power(absolute(f - y), p)


def grad(y, f, p):
    # Half the power twice: a whole one may vanish before p is multiplied in.
    h = power(absolute(f - y), 0.5 * (p - 1.0))
    return sign(f - y) * (p * h * h)


def hess(y, f, p):
    r = absolute(f - y)
    cusp = (r == 0.0) & (p < 2.0)
    h = power(where(cusp, 1.0, r), 0.5 * (p - 2.0))
    twice = p * (p - 1.0)
    # Of a huge p the square is infinite, and the power of a residual below one is zero.
    steep = where(twice < INFINITY, twice * h * h, p * h * ((p - 1.0) * h))
    return where(cusp, where(p > 1.0, INFINITY, 0.0), steep)


LOSS = Loss(
    name="lp",
    title="Lp loss",
    brief="The size of the miss to a power p.",
    use_when=(
        "Something between median and mean is wanted (p between 1 and 2), or the largest misses should count most (p "
        "above 2)."
    ),
    avoid_when=(
        "A booster or a Newton-type solver is to fit it: its curvature is infinite or without bound; `huber`, too, "
        "lies between median and mean, and says at which residual it turns."
    ),
    value=value,
    grad=grad,
    hess=hess,
    parameters=(Parameter("p", 1.5, Interval(1.0, low_closed=True), "power of the residual's size"),),
    functional="m-estimate",
    kinks=lambda y, p: (y,) if p < 2.0 else (),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=lambda p: 1.0 if p == 1.0 else float("inf"),
        smooth=lambda p: {1.0: 0.0, 2.0: 2.0}.get(p, float("inf")),
        bounded=float("inf"),
        homogeneous=lambda p: p,
    ),
    aliases=("lq", "lp_distance"),
    elsewhere={"catboost": "Lq:q=p"},
    facts=(
        Point(y=1.0, f=5.0, value="8", grad="3", hess="3/8"),
        Point(y=0.0, f=-2.0, given={"p": 3.0}, value="8", grad="-12", hess="12"),
        Relation("squared_error", given={"p": 2.0}),
        Relation("absolute_error", given={"p": 1.0}),
    ),
    sources=("Forsythe (1972), Robust estimation of straight line regression coefficients, Technometrics 14",),
)
