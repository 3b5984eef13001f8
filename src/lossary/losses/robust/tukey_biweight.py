"""Tukey's biweight: least squares at heart, but a residual beyond c is rejected outright.

With r = f - y the value is (c**2/6) (1 - (1 - (r/c)**2)**3) while |r| <= c and c**2/6 beyond: r**2/2 near zero, then
a level ceiling. The gradient r (1 - (r/c)**2)**2 peaks at |r| = c/sqrt(5) and is zero from c on; value, gradient and
Hessian all join there without a jump. Not convex: start the fit from a robust one. c is in the units of y; the
default, 4.685, keeps 95% of least squares' efficiency when the normal residuals have unit scale.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, minimum, sign, square, where


def value(y, f, c):
    s = minimum(absolute(f - y), c)
    m = s / c
    # The cubic multiplied out, arranged so that no digit cancels.
    return s * s * (3.0 * (1.0 - m) * (1.0 + m) + square(m * m)) / 6.0


def grad(y, f, c):
    s = minimum(absolute(f - y), c)
    m = s / c
    return sign(f - y) * (s * square((1.0 - m) * (1.0 + m)))


def hess(y, f, c):
    m = minimum(absolute(f - y), c) / c
    return (1.0 - m) * (1.0 + m) * (1.0 - 5.0 * m * m)


def majorizer(y, f, c):
    # grad / r: the tightest parabola touching at +r and -r; doi:10.1016/j.csda.2009.01.002
    m = minimum(absolute(f - y), c) / c
    return square((1.0 - m) * (1.0 + m))


def textbook(y, f, c):
    return where(absolute(f - y) <= c, c**2 / 6 * (1 - (1 - ((f - y) / c) ** 2) ** 3), c**2 / 6)


def textbook_grad(y, f, c):
    return where(absolute(f - y) <= c, (f - y) * (1 - ((f - y) / c) ** 2) ** 2, 0.0)


def textbook_hess(y, f, c):
    r = (f - y) / c
    return where(absolute(f - y) <= c, (1 - r**2) * (1 - 5 * r**2), 0.0)


LOSS = Loss(
    name="tukey_biweight",
    title="Tukey biweight loss",
    brief="Squared at heart; residuals beyond c are rejected outright.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    textbook_hess=textbook_hess,
    use_when="Gross errors should have no say whatever, and there is a robust fit to start from.",
    avoid_when=(
        "The fit starts from nowhere, or must not depend on its start: `huber`. No sharp cut-off is wanted: `welsch`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("c", 4.685, POSITIVE, "residual from which the loss is level, in units of y"),),
    functional="m-estimate",
    kinks=lambda y, c: (y - c, y + c),
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=True,
        lipschitz=lambda c: c * 16.0 / (25.0 * 5.0**0.5),
        smooth=1.0,
        bounded=lambda c: c * c / 6.0,
    ),
    aliases=("bisquare", "biweight", "tukey"),
    elsewhere={"statsmodels": "robust.norms.TukeyBiweight(c)"},
    facts=(
        Point(y=1.0, f=2.0, given={"c": 2.0}, value="37/96", grad="9/16", hess="-3/16"),
        Point(y=0.0, f=-7.0, given={"c": 2.0}, value="2/3", grad="0", hess="0"),
        Relation("half_squared_error", given={"c": 1e9}, within=1e-6),
    ),
    sources=("Beaton and Tukey (1974), doi:10.1080/00401706.1974.10489171",),
)
