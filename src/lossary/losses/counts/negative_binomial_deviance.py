"""Negative binomial deviance: how far a predicted mean is from a count that strays more than Poisson's.

The value is 2 (y log(y/f) - (y + 1/alpha) log((1 + alpha y) / (1 + alpha f))) for a predicted mean f > 0, with variance
f + alpha f**2. While alpha f is small it is the Poisson deviance; once alpha f is large it is the gamma deviance over
alpha: absolute, then relative error. It is computed as two relative entropies whose gaps from their targets are equal
and opposite, so that neither a close prediction nor an extreme alpha costs a digit. Not convex in f where f is far
above y.
"""

from lossary.formula import NONNEGATIVE, POSITIVE, Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import (
    INFINITY,
    absolute,
    log,
    maximum,
    minimum,
    one_minus_ratio,
    relative_entropy,
    sqrt,
    where,
    xlogy,
)

# Beyond, the reciprocal overflows or has lost digits.
SIZES = Interval(2.0**-1000, 2.0**1000, low_closed=True, high_closed=True)


def value(y, f, alpha):
    # With k = 1/alpha: y against f (y + k)/(f + k), and k against k (y + k)/(f + k); the gaps are g and -g.
    k = 1.0 / alpha
    m = where(f == INFINITY, 1.0, f)
    apart = (m - y) / (m + k)
    g = where((k < m) & (absolute(apart) < INFINITY), k * apart, (m - y) * (k / (m + k)))
    s = sqrt(y + k) / sqrt(m + k)
    # Where k times that underflows, k is taken out of its relative entropy.
    small = k * s * s == 0.0
    rest = relative_entropy(where(small, 1.0, k), where(small, 1.0, k) * s * s, where(small, -apart, -g))
    both = relative_entropy(y, m * s * s, g) + where(small, k, 1.0) * rest
    return where(f == INFINITY, f, 2.0 * both)


def grad(y, f, alpha):
    # 1 + alpha f is b d, where neither factor overflows; y/f alone may.
    b = maximum(f, 1.0)
    d = 1.0 / b + alpha * minimum(f, 1.0)
    large = (y > 1.0) & (f < 1.0)
    return 2.0 * where(large, (f - y) / d / f, one_minus_ratio(y, f) / b / d)


def hess(y, f, alpha):
    b = maximum(f, 1.0)
    d = 1.0 / b + alpha * minimum(f, 1.0)
    c = alpha * minimum(f, 1.0) / d
    large = (y > 1.0) & (f < 1.0)
    ratio = where(large, y / d / f, y / f / d)
    return 4.0 * ((ratio * (0.5 + 0.5 * c) - 0.5 * c / d) / f / b)


def fisher(y, f, alpha):
    b = maximum(f, 1.0)
    return 2.0 / f / (1.0 / b + alpha * minimum(f, 1.0)) / b


def textbook(y, f, alpha):
    return 2 * (xlogy(y, y / f) - (y + 1 / alpha) * log((1 + alpha * y) / (1 + alpha * f)))


def textbook_hess(y, f, alpha):
    return 2 * (y + 2 * alpha * f * y - alpha * f**2) / (f * (1 + alpha * f)) ** 2


LOSS = Loss(
    name="negative_binomial_deviance",
    title="negative binomial deviance",
    brief="Counts that stray more than Poisson's allow.",
    textbook=textbook,
    textbook_hess=textbook_hess,
    use_when="Predicted means of counts that vary more than Poisson's are to be judged, all at one alpha.",
    avoid_when=(
        "Values at different alphas are to be compared: they are different yardsticks; `poisson_deviance` has no "
        "parameter. A model of the log-mean is to be fitted: `negative_binomial`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    likelihood=2.0,
    parameters=(Parameter("alpha", 1.0, SIZES, "dispersion: the variance is mean + alpha * mean**2"),),
    target=NONNEGATIVE,
    prediction=POSITIVE,
    functional="mean",
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
        homogeneous=float("inf"),
    ),
    aliases=("mean_negative_binomial_deviance", "negative_binomial_unit_deviance"),
    elsewhere={
        "statsmodels": "families.NegativeBinomial(alpha).resid_dev squared",
        "glum": "NegativeBinomialDistribution(theta=alpha).deviance",
        "R": "MASS::negative.binomial(theta = 1/alpha)$dev.resids",
    },
    facts=(
        Point(y=0.0, f=3.0, value="4*log(2)", grad="1/mpf(2)", hess="-1/mpf(8)"),
        Point(y=1.0, f=3.0, value="4*log(2)-2*log(3)", grad="1/mpf(3)", hess="-1/mpf(36)"),
        Point(y=3.0, f=1.0, given={"alpha": 0.5}, value="6*log(3)-10*log(mpf(5)/3)", grad="-8/mpf(3)"),
        Relation(
            "negative_binomial",
            scale=2.0,
            shift=lambda y, alpha: 2.0 * (xlogy(y, y) - (y + 1.0 / alpha) * log(y + 1.0 / alpha) - log(alpha) / alpha),
            at=lambda y, f: (y, log(f)),
        ),
        Relation("poisson_deviance", given={"alpha": 2.0**-60}, within=1e-6),
    ),
    sources=(
        "Lawless (1987), doi:10.2307/3314912",
        "Cameron & Trivedi (1986), doi:10.1002/jae.3950010104",
    ),
)
