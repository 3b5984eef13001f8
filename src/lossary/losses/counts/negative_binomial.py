"""Negative binomial: Poisson for counts that vary more than Poisson allows, with the surplus as a parameter.

With f the logarithm of the mean m the variance is taken to be m + alpha m**2 (the form called NB2). The value is (y +
1/alpha) log(1 + alpha m) - y log(alpha m), the log-likelihood without its terms in y, and it is never negative. The
gradient is Poisson's m - y divided by 1 + alpha m: at small means it acts like Poisson, at means far above 1/alpha like
gamma, where only the relative error pulls.
"""

from lossary.formula import NONNEGATIVE, Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import (
    absolute,
    exp,
    expm1_over,
    log,
    log1p_over,
    maximum,
    minimum,
    product0,
    scaled_exp,
    shifted_softplus,
    where,
    xlogy,
)
from lossary.textbook import named

# Of smaller numbers reciprocals and ratios overflow.
SIZES = Interval(2.0**-1000, low_closed=True)


def value(y, f, alpha):
    # y log(1 + 1/u) + log(1 + u)/alpha with u = alpha e**f: two terms of one sign. With t the lesser of u and 1/u,
    # that in log(1 + t) is taken as t log(1 + t)/t, where t's factors neither underflow nor overflow.
    low = f < -log(alpha)
    x = where(low, f, -f)
    inverse = 1.0 / alpha
    t = scaled_exp(where(low, alpha, inverse), 1.0, x)
    factor = scaled_exp(where(low, 1.0, y), where(low, 1.0, minimum(inverse, 1.0)), x)
    lesser = where(low, 1.0, maximum(inverse, 1.0)) * (factor * log1p_over(t))
    return lesser + product0(where(low, y, inverse), shifted_softplus(where(low, inverse, alpha), -x))


def grad(y, f, alpha):
    # (m - y) / (1 + alpha m), both divided by m where m > 1.
    up = f > 0.0
    e = exp(-absolute(f))
    return where(up, 1.0 - y * e, e - y) / where(up, e + alpha, 1.0 + alpha * e)


def hess(y, f, alpha):
    # (1 + alpha y) m / (1 + alpha m)**2, both divided by m**2 where m > 1; far out e**-|f| in two steps, h each.
    near = absolute(f) < 64.0
    q = exp(-absolute(f) * where(near, 1.0, 0.5))
    h = where(near, 1.0, q)
    d = where(f > 0.0, q * h + alpha, 1.0 + alpha * q * h)
    return (q / d) * (h / d) + y * (q * (alpha / d)) * (h / d)


def majorizer(y, f, alpha):
    # The tightest parabola that touches at +z and -z, as for the logistic loss.
    z = absolute(f + log(alpha))
    return (0.5 * y + 0.5 / alpha) * (expm1_over(-z) / (1.0 + exp(-z)))


def fisher(y, f, alpha):
    up = f > 0.0
    e = exp(-absolute(f))
    return where(up, 1.0, e) / where(up, e + alpha, 1.0 + alpha * e)


def textbook(y, f, alpha):
    m = named(exp(f), "m")
    return (y + 1 / alpha) * log(1 + alpha * m) - y * log(alpha * m)


def textbook_grad(y, f, alpha):
    m = named(exp(f), "m")
    return (m - y) / (1 + alpha * m)


LOSS = Loss(
    name="negative_binomial",
    title="negative binomial loss",
    brief="Counts that stray more than Poisson's; log-mean.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Counts vary more than Poisson allows, and a few outbreaks or viral posts would otherwise rule the fit.",
    avoid_when=(
        "Only the mean is the question and there are many rows: `poisson` finds it whatever the variance, without an "
        "alpha. The model gives means: `negative_binomial_deviance`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    fisher=fisher,
    likelihood=1.0,
    parameters=(Parameter("alpha", 1.0, SIZES, "dispersion: the variance is mean + alpha * mean**2"),),
    target=NONNEGATIVE,
    link="log",
    functional="mean",
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
    ),
    aliases=("negative_binomial_nll", "nb2", "nb_nll"),
    elsewhere={
        "statsmodels": "families.NegativeBinomial(alpha); -llf has terms in y",
        "glum": "NegativeBinomialDistribution(theta=alpha)",
        "scipy": "stats.nbinom(n=1/alpha, p=1/(1 + alpha m)); -logpmf has terms in y",
        "R": "MASS::glm.nb with theta = 1/alpha",
    },
    facts=(
        Point(y=0.0, f=0.0, value="log(2)", grad="1/mpf(2)", hess="1/mpf(4)"),
        Point(y=3.0, f=0.0, value="4*log(2)", grad="-1", hess="1"),
        Point(y=1.0, f=0.0, given={"alpha": 3.0}, value="4*log(4)/3-log(3)", grad="0", hess="1/mpf(4)"),
        Relation(
            "negative_binomial_deviance",
            scale=0.5,
            shift=lambda y, alpha: (y + 1.0 / alpha) * log(y + 1.0 / alpha) - xlogy(y, y) + log(alpha) / alpha,
            at=lambda y, f: (y, exp(f)),
        ),
    ),
    sources=(
        "Lawless (1987), doi:10.2307/3314912",
        "Cameron & Trivedi (1986), doi:10.1002/jae.3950010104",
    ),
)
