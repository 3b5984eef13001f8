"""Cauchy: beyond c each further doubling of the miss costs about the same, so outliers lose their grip.

With r = f - y the value is (c**2/2) log(1 + (r/c)**2): r**2/2 for small residuals, growing like a logarithm for large
ones. The gradient rises to c/2 at |r| = c and then falls back towards zero, so the loss is not convex and fits depend
on where they start. Up to scale it is the negative log-likelihood of Cauchy errors. c is in the units of y; 2.385
times the scale of normal residuals keeps 95% of least squares' efficiency.
"""

from lossary.formula import Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, log1p_square, maximum, minimum, over_1p_square, square, where

# Of smaller numbers reciprocals and ratios overflow.
SIZES = Interval(2.0**-1000, low_closed=True)


def value(y, f, c):
    r = absolute(f - y)
    x = r / c
    s = minimum(r, c)
    # Below 2**-13 the series x**2 - x**4/2 is exact, and unlike (r/c)**2 its square of r does not underflow early.
    near = 0.5 * s * s * (1.0 - 0.5 * square(s / c))
    return where(x < 0.0001220703125, near, 0.5 * c * (c * log1p_square(x)))


# Below, |r| / c = m / u with the larger of m and u equal to 1: nothing overflows, and infinity has its limit.


def grad(y, f, c):
    return over_1p_square(f - y, c)


def hess(y, f, c):
    r = absolute(f - y)
    m = minimum(r, c) / c
    u = c / maximum(r, c)
    return (u * u - m * m) / square(m * m + u * u) * (u * u)


def majorizer(y, f, c):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    r = absolute(f - y)
    m = minimum(r, c) / c
    u = c / maximum(r, c)
    return u * u / (m * m + u * u)


LOSS = Loss(
    name="cauchy",
    title="Cauchy loss",
    brief="Grows like a logarithm, so that outliers lose their grip.",
    use_when="Outliers are not just noisy but wrong, and should lose their pull without being cut off.",
    avoid_when=(
        "There is no good start: `huber` is convex, and its fit is one. Where gross errors should have no say at "
        "all, `tukey_biweight`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("c", 1.0, SIZES, "residual beyond which the gradient falls, in units of y"),),
    functional="m-estimate",
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=True,
        lipschitz=lambda c: c / 2.0,
        smooth=1.0,
        bounded=float("inf"),
    ),
    aliases=("lorentzian", "cauchy_loss"),
    elsewhere={
        "scipy": "optimize.least_squares(loss='cauchy', f_scale=c)",
        "kornia": "cauchy_loss, this at c=sqrt(2)",
    },
    facts=(
        Point(y=1.0, f=2.0, value="log(2)/2", grad="1/2", hess="0"),
        Point(y=0.0, f=-6.0, given={"c": 2.0}, value="2*log(10)", grad="-3/5", hess="-2/25"),
        Relation("half_squared_error", given={"c": 1e9}, within=1e-6),
    ),
    sources=(
        "Black and Rangarajan (1996), doi:10.1007/BF00131148",
        "Holland and Welsch (1977), doi:10.1080/03610927708827533",
    ),
)
