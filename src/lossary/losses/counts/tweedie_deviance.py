"""Tweedie deviance: between Poisson's and gamma's, for amounts that may be exactly zero.

For a predicted mean f > 0 and a power p between 1 and 2 the value is 2 (f**(2 - p)/(2 - p) + y f**(1 - p)/(p - 1) -
y**(2 - p)/((p - 1)(2 - p))), zero at f = y. The three terms cancel almost wholly near the target or near either end of
p, and are therefore never formed as they stand here. Near the target it is the squared error divided by f**p. The power
says how much less a given error counts at a larger mean: p = 1 is the Poisson deviance, p = 2 the gamma deviance, 1.5
the usual choice for claims, rainfall and sales with many zeros.
"""

from lossary.formula import NONNEGATIVE, POSITIVE, Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import (
    absolute,
    expm1,
    expm1mx,
    log,
    log_ratio,
    maximum,
    minimum,
    one_minus_ratio,
    power,
    where,
    with_slope_of,
)


def value(y, f, p):
    # With q = p - 1, r = 2 - p and x = log(y/f) half the value is, for phi(z) = e**z - 1 - z,
    #   f**r (phi(x) - phi(r x)/r)/q = y f**-q (phi(-x) - phi(-q x)/q)/r,
    # of which the one with the smaller of q and r inside loses no digit; and, where y and f are apart,
    #   y f**-q (1 - e**(-q x))/q - y**r (1 - e**(-r x))/r for y > f, and its mirror image for y < f.
    q = p - 1.0
    r = 2.0 - p
    zero = y == 0.0
    x = log_ratio(where(zero, f, y), f)
    near = (absolute(x) < 1.5) & (y > 0.0)
    few = minimum(q, r)
    upper = where(near, r > 0.5, (x > 0.0) & (y > 0.0))
    root = power(f, 0.5 * where(upper, -q, r))
    lead = where(upper, y, 1.0) * root * root
    z = where(near, where(upper, -x, x), 0.0)
    close = (expm1mx(z) - expm1mx(few * z) / few) / maximum(q, r)
    a = where(upper, q, r)
    b = where(upper, r, q)
    first = where(zero, 1.0, -expm1(-a * absolute(x))) / a
    second = where(zero, 0.0, -expm1(-b * absolute(x))) / b
    whole = 2.0 * where(near, lead * close, lead * first - power(y, r) * second)
    # At y = 0 it moves as f**r/r + y f**-q/q - y**r/(q r) does.
    return with_slope_of(whole, where(zero, 2.0 * (lead * first + y / f * lead / q - power(y, r) / (q * r)), whole))


def grad(y, f, p):
    root = power(f, 0.5 * (1.0 - p))
    return 2.0 * (one_minus_ratio(y, f) * root * root)


def hess(y, f, p):
    return 2.0 * (p * ((y / f - (p - 1.0) / p) * power(f, 1.0 - p) / f))


def fisher(y, f, p):
    return 2.0 * (power(f, 1.0 - p) / f)


def textbook(y, f, p):
    terms = y ** (2 - p) / ((1 - p) * (2 - p)) - y * f ** (1 - p) / (1 - p) + f ** (2 - p) / (2 - p)
    return 2 * terms


def textbook_grad(y, f, p):
    return 2 * (f - y) / f**p


LOSS = Loss(
    name="tweedie_deviance",
    title="Tweedie deviance",
    brief="Amounts that may be zero, from Poisson to gamma.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Predicted means of amounts that may be zero are to be judged, all at one p.",
    avoid_when=(
        "Values at different p are to be compared: they are different yardsticks. A model of the log-mean is to be "
        "fitted: `tweedie`. No amount is zero: `gamma_deviance`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    parameters=(Parameter("p", 1.5, Interval(1.0, 2.0), "the variance grows like the mean to this power"),),
    target=NONNEGATIVE,
    wide=True,  # a subnormal target over its mean has no digits left in float32
    prediction=POSITIVE,
    functional="mean",
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
        homogeneous=lambda p: 2.0 - p,
    ),
    aliases=("tweedie_unit_deviance",),
    elsewhere={
        "scikit-learn": "metrics.mean_tweedie_deviance(power=p); any other power too",
        "statsmodels": "families.Tweedie(var_power=p).resid_dev squared",
    },
    facts=(
        Point(y=0.0, f=4.0, value="8", grad="1", hess="-1/mpf(8)"),
        Point(y=4.0, f=1.0, value="4", grad="-6", hess="11"),
        Point(y=1.0, f=4.0, value="2", grad="3/mpf(4)", hess="-1/mpf(32)"),
        Relation(
            "tweedie",
            scale=2.0,
            shift=lambda y, p: -2.0 * power(y, 2.0 - p) / ((p - 1.0) * (2.0 - p)),
            at=lambda y, f: (y, log(f)),
        ),
        Relation("poisson_deviance", given={"p": 1.0 + 2.0**-40}, within=1e-6),
    ),
    sources=(
        "Jorgensen (1987), doi:10.1111/j.2517-6161.1987.tb01685.x",
        "Gneiting (2011), doi:10.1198/jasa.2011.r10138",
    ),
)
