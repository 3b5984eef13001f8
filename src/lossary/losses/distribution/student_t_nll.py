"""Student t negative log-likelihood: a bowl near the target, a logarithm far from it.

With r = f - y the value is (df + 1)/2 log(1 + r**2/(df scale**2)) + log(scale) plus the constant that makes it minus
the log-density of a t distribution with df degrees of freedom centred at f. The gradient grows to its peak at |r| =
scale sqrt(df) and then falls back to zero: the wilder the example, the less it pulls. df is the dial: 1 is Cauchy, 4 a
common choice for heavy tails, thousands practically gaussian_nll. Not convex: the Hessian is negative beyond the peak,
so use curvature="majorizer" (the weights of the EM algorithm) or "fisher" with Newton-type solvers, and start from a
robust fit. It can be negative.
"""

import math

from lossary.formula import Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import (
    HALF_LOG_2PI,
    INFINITY,
    absolute,
    log,
    log1p_square,
    maximum,
    minimum,
    sqrt,
    sqrt_ratio_gamma,
    where,
)
from lossary.textbook import PI, lgamma

# Of smaller numbers reciprocals and ratios overflow.
SIZES = Interval(2.0**-1000, low_closed=True)


def value(y, f, scale, df):
    share = sqrt_ratio_gamma(0.5 * df)
    wide = scale / share
    constant = where(wide < INFINITY, log(wide), log(scale) - log(share)) + HALF_LOG_2PI
    return 0.5 * (df + 1.0) * log1p_square((f - y) / scale / sqrt(df)) + constant


# With b = max(|r|, scale), u = r/b and v = scale/b, df scale**2 + r**2 is b**2 (df v**2 + u**2), and nothing overflows.


def grad(y, f, scale, df):
    b = maximum(absolute(f - y), scale)
    u = maximum(-1.0, minimum((f - y) / scale, 1.0))
    v = scale / b
    return (df + 1.0) * u / (df * v * v + u * u) / b


def hess(y, f, scale, df):
    b = maximum(absolute(f - y), scale)
    u = maximum(-1.0, minimum((f - y) / scale, 1.0))
    v = scale / b
    total = df * v * v + u * u
    return (df + 1.0) * ((df * v * v - u * u) / total) / total / b / b


def majorizer(y, f, scale, df):
    # grad / r, the tightest parabola: the loss is concave in r**2.
    b = maximum(absolute(f - y), scale)
    u = maximum(-1.0, minimum((f - y) / scale, 1.0))
    v = scale / b
    return (df + 1.0) / (df * v * v + u * u) / b / b


def fisher(y, f, scale, df):
    return (df + 1.0) / (df + 3.0) / scale / scale


def _log_peak(scale, df):
    """The log of the density's peak."""
    return math.lgamma(0.5 * df + 0.5) - math.lgamma(0.5 * df) - 0.5 * math.log(math.pi * df) - math.log(scale)


def textbook(y, f, scale, df):
    spread = (df + 1) / 2 * log(1 + (f - y) ** 2 / (df * scale**2))
    return spread + log(scale) + log(df * PI) / 2 + lgamma(df / 2) - lgamma((df + 1) / 2)


def textbook_grad(y, f, scale, df):
    return (df + 1) * (f - y) / (df * scale**2 + (f - y) ** 2)


def textbook_hess(y, f, scale, df):
    return (df + 1) * (df * scale**2 - (f - y) ** 2) / (df * scale**2 + (f - y) ** 2) ** 2


LOSS = Loss(
    name="student_t_nll",
    title="Student t likelihood",
    brief="A bowl near the target, a logarithm far from it.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    textbook_hess=textbook_hess,
    use_when=(
        "Errors have heavy tails, and a value in nats is wanted, or outliers that lose their pull by a law one can "
        "state."
    ),
    avoid_when=(
        "There is no robust fit to start from: `huber` is convex. Rows are few and df is unknown: it is better set "
        "than estimated from them."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    fisher=fisher,
    parameters=(
        Parameter("scale", 1.0, SIZES, "spread of the target around f, in units of y (not its standard deviation)"),
        Parameter("df", 4.0, SIZES, "degrees of freedom: small for heavy tails, large for nearly normal ones"),
    ),
    functional="location",
    claims=Claims(
        convex=False,
        nonnegative=lambda scale, df: _log_peak(scale, df) <= 0.0,
        even=True,
        lipschitz=lambda scale, df: (df + 1.0) / (2.0 * scale * math.sqrt(df)),
        smooth=lambda scale, df: (df + 1.0) / df / scale / scale,
        bounded=float("inf"),
    ),
    aliases=("student_t_negative_log_likelihood", "student_nll", "t_nll"),
    elsewhere={
        "torch": "-distributions.StudentT(df, f, scale).log_prob(y)",
        "scoringrules": "logs_t",
    },
    facts=(
        Point(y=0.0, f=0.0, value="log(8/3)", grad="0", hess="5/4"),
        Point(y=1.0, f=3.0, value="5*log(2)/2+log(8/3)", grad="5/4", hess="0"),
        Point(y=0.0, f=2.0, given={"df": 1.0}, value="log(5*pi)", grad="4/5", hess="-6/25"),
        Relation("gaussian_nll", given={"df": 1e10}, within=1e-6),
    ),
    sources=(
        "Student (1908), doi:10.1093/biomet/6.1.1",
        "Lange, Little and Taylor (1989), doi:10.1080/01621459.1989.10478852",
    ),
)
