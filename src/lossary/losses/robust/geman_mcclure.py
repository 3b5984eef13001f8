"""Geman-McClure: least squares up to about c, then a ceiling approached slowly, so outliers fade but never vanish.

With r = f - y and x = r/c the value is (c**2/2) x**2 / (1 + x**2): r**2/2 for small residuals, at most c**2/2 for
large ones. The gradient peaks at |r| = c/sqrt(3) and falls like the inverse cube of r. Not convex, so fits depend on
where they start. c is in the units of y. Some write it as 2 x**2 / (x**2 + 4), which is this at c = 2.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, maximum, minimum, sign, square, where

# Throughout, |r| / c = m / u with the larger of m and u equal to 1: nothing overflows, and infinity has its limit.


def value(y, f, c):
    r = absolute(f - y)
    s = minimum(r, c)
    m = s / c
    u = c / maximum(r, c)
    return 0.5 * s * s / (m * m + u * u)


def grad(y, f, c):
    r = absolute(f - y)
    s = minimum(r, c)
    m = s / c
    u = c / maximum(r, c)
    return sign(f - y) * (s * u * u * u / square(m * m + u * u))


def hess(y, f, c):
    r = absolute(f - y)
    m = minimum(r, c) / c
    u = c / maximum(r, c)
    d = m * m + u * u
    # 1 / (1 + x**2): near zero as a difference from 1, which rounds once where a quotient would twice.
    w = where(r < c, 1.0 - m * m / d, u * u / d)
    return (u * u - 3.0 * m * m) * w * w * where(r < c, w, 1.0 / d)


def majorizer(y, f, c):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    r = absolute(f - y)
    m = minimum(r, c) / c
    u = c / maximum(r, c)
    return square(u * u / (m * m + u * u))


def textbook(y, f, c):
    return c**2 / 2 * (f - y) ** 2 / (c**2 + (f - y) ** 2)


def textbook_hess(y, f, c):
    x = (f - y) / c
    return (1 - 3 * x**2) / (1 + x**2) ** 3


LOSS = Loss(
    name="geman_mcclure",
    title="Geman-McClure loss",
    brief="Squared up to about c, then a ceiling approached slowly.",
    textbook=textbook,
    textbook_hess=textbook_hess,
    use_when="Outliers should be capped, and yet keep some pull.",
    avoid_when=(
        "There is no robust fit to start from: `huber` gives one. Outliers should pull harder: `cauchy`. They should "
        "hardly pull at all: `welsch`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("c", 1.0, POSITIVE, "residual beyond which the loss levels off, in units of y"),),
    functional="m-estimate",
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=True,
        lipschitz=lambda c: c * 3.0 * 3.0**0.5 / 16.0,
        smooth=1.0,
        bounded=lambda c: c * c / 2.0,
    ),
    aliases=("geman_mcclure_loss",),
    elsewhere={"kornia": "geman_mcclure_loss, this at c=2"},
    facts=(
        Point(y=1.0, f=2.0, value="1/4", grad="1/4", hess="-1/4"),
        Point(y=0.0, f=-6.0, given={"c": 2.0}, value="9/5", grad="-3/50", hess="-13/500"),
        Relation("half_squared_error", given={"c": 1e9}, within=1e-6),
        Relation("barron", given={"c": 2.0}, other_given={"alpha": -2.0, "c": 1.0}),
    ),
    sources=(
        "Geman and McClure (1987), Statistical methods for tomographic image reconstruction, Bulletin of the ISI 52",
        "Black and Rangarajan (1996), doi:10.1007/BF00131148",
    ),
)
