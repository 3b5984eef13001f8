"""Pseudo-Huber: a quadratic bowl that bends into straight walls without ever breaking its curve.

With r = f - y the value is delta**2 (sqrt(1 + (r/delta)**2) - 1): r**2/2 for small residuals, delta |r| for large
ones, and every derivative continuous between. The gradient stays within delta, the Hessian between 0 and 1. delta is
in the units of y.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, hypot1_ratio, maximum, minimum, sign, sqrt, where


def value(y, f, delta):
    r = absolute(f - y)
    x = r / delta
    # A ratio that small may have lost digits, of the largest delta all.
    return where(x * x == 0.0, 0.5 * r * r, delta * hypot1_ratio(x) * r)


# Below, |r| / delta = m / u with the larger of m and u equal to 1: nothing overflows, and infinity has its limit.


def grad(y, f, delta):
    r = absolute(f - y)
    s = minimum(r, delta)
    m = s / delta
    u = delta / maximum(r, delta)
    return sign(f - y) * s / sqrt(m * m + u * u)


def hess(y, f, delta):
    r = absolute(f - y)
    m = minimum(r, delta) / delta
    u = delta / maximum(r, delta)
    d = m * m + u * u
    # 1 / (1 + x**2): near zero as a difference from 1, which rounds once where a quotient would twice.
    w = where(r < delta, 1.0 - m * m / d, u * u / d)
    return w * sqrt(w)


def majorizer(y, f, delta):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    r = absolute(f - y)
    m = minimum(r, delta) / delta
    u = delta / maximum(r, delta)
    return u / sqrt(m * m + u * u)


def textbook(y, f, delta):
    return delta**2 * (sqrt(1 + ((f - y) / delta) ** 2) - 1)


def textbook_hess(y, f, delta):
    return (1 + ((f - y) / delta) ** 2) ** -1.5


LOSS = Loss(
    name="pseudo_huber",
    title="pseudo-Huber loss",
    brief="Huber's bowl and walls without a break in curvature.",
    textbook=textbook,
    textbook_hess=textbook_hess,
    use_when=(
        "A few targets are wild, and the optimiser takes second derivatives: these have no jump, where Huber's have "
        "two."
    ),
    avoid_when=(
        "Small residuals should keep their whole weight: `huber` is squared error up to delta. Outliers should lose "
        "their pull, not only have it bounded: `cauchy`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("delta", 1.0, POSITIVE, "residual around which the loss turns linear, in units of y"),),
    functional="m-estimate",
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=lambda delta: delta,
        smooth=1.0,
        bounded=float("inf"),
    ),
    aliases=("charbonnier", "soft_l1", "pseudohuber"),
    elsewhere={
        "xgboost": "reg:pseudohubererror(huber_slope=delta)",
        "scipy": "special.pseudo_huber(delta, r); optimize.least_squares(loss='soft_l1', f_scale=delta)",
    },
    facts=(
        Point(y=1.0, f=1.75, value="1/4", grad="3/5", hess="64/125"),
        Point(y=0.0, f=-8.0, given={"delta": 6.0}, value="24", grad="-24/5", hess="27/125"),
        Relation("half_squared_error", given={"delta": 1e9}, within=1e-6),
        Relation("barron", other_given={"alpha": 1.0, "c": 1.0}),
    ),
    sources=(
        "Charbonnier, Blanc-Féraud, Aubert and Barlaud (1994), doi:10.1109/ICIP.1994.413553",
        "Hartley and Zisserman (2003), Multiple View Geometry in Computer Vision, appendix 6.8",
    ),
)
