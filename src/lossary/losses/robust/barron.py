"""Barron: one dial, alpha, that turns squared error step by step into a loss deaf to outliers.

With x = (f - y)/c and b = 2 - alpha the value is (b/alpha) ((1 + x**2/b)**(alpha/2) - 1), near x**2/2 around zero for
every alpha. alpha = 2 is half the squared error of x, 1 is pseudo-Huber, 0 is Cauchy, -2 is Geman-McClure, and
towards minus infinity it becomes Welsch; at 2 and 0 the formula's limit is meant. Convex from alpha = 1 on; for alpha
below 0 bounded, by -b/alpha. c, in the units of y, is where the loss leaves the parabola; unlike in the other robust
losses here, the value is not in squared units of y, and the curvature at zero is 1/c**2.
"""

from lossary.formula import POSITIVE, Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import (
    absolute,
    expm1_over,
    hypot1_boxcox,
    hypot1_power,
    log,
    log1p_over,
    maximum,
    minimum,
    sign,
    sqrt,
    square,
    where,
)
from lossary.textbook import named

# The far side begins where x**2 = b: at x = width, |r| = wide. There b = 0 is replaced by 1, as it is divided by.


def value(y, f, alpha, c):
    b = 2.0 - alpha
    width = sqrt(where(b == 0.0, 1.0, b))
    x = absolute(f - y) / c
    s = minimum(x, width)
    z = square(s / width)
    slope = log1p_over(z)
    near = 0.5 * s * s * slope * expm1_over(0.5 * alpha * slope * z)
    far = b * hypot1_boxcox(maximum(x, width) / width, alpha)
    return where(b == 0.0, 0.5 * x * x, where(x < width, near, far))


# Below, |r| / wide = m / u with the larger of m and u equal to 1. Powers go by halves: the whole may vanish too early.


def grad(y, f, alpha, c):
    b = 2.0 - alpha
    r = absolute(f - y)
    wide = c * sqrt(where(b == 0.0, 1.0, b))
    s = minimum(r, wide)
    m = s / wide
    u = wide / maximum(r, wide)
    h = hypot1_power(r / wide, 0.5 * (alpha - 1.0)) / c
    # For the smallest c the power over c is infinite, and no residual is still no gradient.
    return sign(f - y) * where(s == 0.0, 0.0, s / sqrt(m * m + u * u) * h * h)


def hess(y, f, alpha, c):
    b = 2.0 - alpha
    r = absolute(f - y)
    wide = c * sqrt(where(b == 0.0, 1.0, b))
    m = minimum(r, wide) / wide
    u = wide / maximum(r, wide)
    h = hypot1_power(r / wide, -0.5 * b) / c
    return (u * u + (alpha - 1.0) * m * m) / (m * m + u * u) * h * h


def majorizer(y, f, alpha, c):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    b = 2.0 - alpha
    wide = c * sqrt(where(b == 0.0, 1.0, b))
    return square(hypot1_power(absolute(f - y) / wide, -0.5 * b) / c)


def _steepest(alpha, c):
    # The gradient turns where x**2 = b / (1 - alpha).
    if alpha > 1.0:
        return float("inf")
    if alpha == 1.0:
        return 1.0 / c
    return ((2.0 - alpha) / (1.0 - alpha)) ** (0.5 * (alpha - 1.0)) / c


def textbook(y, f, alpha, c):
    x = named((f - y) / c, "x")
    b = named(2 - alpha, "b")
    between = b / alpha * ((1 + x**2 / b) ** (alpha / 2) - 1)
    return where(alpha == 2.0, x**2 / 2, where(alpha == 0.0, log(1 + x**2 / 2), between))


def textbook_grad(y, f, alpha, c):
    x = named((f - y) / c, "x")
    b = named(2 - alpha, "b")
    return where(alpha == 2.0, x, x * (1 + x**2 / b) ** (alpha / 2 - 1)) / c


def textbook_hess(y, f, alpha, c):
    x = named((f - y) / c, "x")
    b = named(2 - alpha, "b")
    bent = (1 + (alpha - 1) * x**2 / b) * (1 + x**2 / b) ** (alpha / 2 - 2)
    return where(alpha == 2.0, 1.0, bent) / c**2


LOSS = Loss(
    name="barron",
    title="Barron loss",
    brief="A dial from squared error to deafness to outliers.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    textbook_hess=textbook_hess,
    use_when=(
        "How robust to be is itself to be tuned, by another figure than this loss's own cost: on any data that falls "
        "as alpha does."
    ),
    avoid_when=(
        "What is wanted is known: `huber` is convex and has one parameter, `tukey_biweight` rejects outliers outright."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(
        Parameter("alpha", 1.0, Interval(high=2.0, high_closed=True), "shape: 2 is least squares, less is more robust"),
        Parameter("c", 1.0, POSITIVE, "residual at which the loss leaves the parabola, in units of y"),
    ),
    functional="m-estimate",
    claims=Claims(
        convex=lambda alpha, c: alpha >= 1.0,
        nonnegative=True,
        even=True,
        lipschitz=_steepest,
        smooth=lambda alpha, c: 1.0 / (c * c),
        bounded=lambda alpha, c: (alpha - 2.0) / alpha if alpha < 0.0 else float("inf"),
        homogeneous=lambda alpha, c: 2.0 if alpha == 2.0 else float("inf"),
    ),
    aliases=("general_robust", "barron_loss"),
    elsewhere={"robust_loss_pytorch": "general.lossfun(x, alpha, scale=c)"},
    facts=(
        Point(y=0.0, f=0.75, value="1/4", grad="3/5", hess="64/125"),
        Point(y=1.0, f=-3.0, given={"alpha": 0.0, "c": 2.0}, value="log(3)", grad="-1/3", hess="-1/36"),
        Relation("half_squared_error", given={"alpha": 2.0, "c": 2.0}, scale=0.25),
        Relation("pseudo_huber", given={"alpha": 1.0}),
        Relation("cauchy", given={"alpha": 0.0}, other_given={"c": 2.0**0.5}, within=1e-12),
        Relation("geman_mcclure", given={"alpha": -2.0}, other_given={"c": 2.0}),
        Relation("welsch", given={"alpha": -1e6}, other_given={"c": 2.0**0.5}, within=1e-5),
    ),
    sources=("Barron (2019), doi:10.1109/CVPR.2019.00446",),
)
