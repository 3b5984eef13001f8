"""Welsch: least squares up to about c, and beyond that a flat ceiling: a miss is a miss.

With r = f - y the value is (c**2/2) (1 - e**-(r/c)**2): r**2/2 for small residuals, at most c**2/2 for large ones.
The gradient peaks at |r| = c/sqrt(2) and then dies off faster than any power, so a wild target soon stops pulling at
all. Not convex: start the fit from a robust one. c is in the units of y; 2.985 times the scale of normal residuals
keeps 95% of least squares' efficiency. For small c it seeks the mode.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, exp, expm1, expm1_over, minimum, sign, square, where


def value(y, f, c):
    r = absolute(f - y)
    s = minimum(r, c)
    near = 0.5 * s * s * expm1_over(-square(s / c))
    return where(r < c, near, -0.5 * c * (c * expm1(-square(minimum(r / c, 64.0)))))


# Below, all is zero beyond |r| = 64 c. The exponential's root e is multiplied in twice: the whole may vanish too early.


def grad(y, f, c):
    s = minimum(absolute(f - y), 64.0 * c)
    e = exp(-0.5 * square(s / c))
    return sign(f - y) * (s * e * e)


def hess(y, f, c):
    x = minimum(absolute(f - y) / c, 64.0)
    e = exp(-0.5 * x * x)
    return (1.0 - 2.0 * x * x) * e * e


def majorizer(y, f, c):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    return exp(-square(minimum(absolute(f - y) / c, 64.0)))


LOSS = Loss(
    name="welsch",
    title="Welsch loss",
    brief="Squared up to about c, then a flat ceiling.",
    use_when="Gross errors should soon have no say, without a sharp cut-off, and there is a robust fit to start from.",
    avoid_when=(
        "The fit must not depend on its start: `huber`. Outliers are to be rejected beyond a known size: "
        "`tukey_biweight`."
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
        lipschitz=lambda c: c * 0.5**0.5 * 2.718281828459045**-0.5,
        smooth=1.0,
        bounded=lambda c: c * c / 2.0,
    ),
    aliases=("leclerc", "welsch_loss"),
    elsewhere={"kornia": "welsch_loss, this at c=sqrt(2)"},
    facts=(
        Point(y=1.0, f=2.0, value="(1-exp(-1))/2", grad="exp(-1)", hess="-exp(-1)"),
        Point(y=0.0, f=-6.0, given={"c": 2.0}, value="2*(1-exp(-9))", grad="-6*exp(-9)", hess="-17*exp(-9)"),
        Relation("half_squared_error", given={"c": 1e9}, within=1e-6),
    ),
    sources=("Holland and Welsch (1977), doi:10.1080/03610927708827533",),
)
