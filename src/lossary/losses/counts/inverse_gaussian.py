"""Inverse Gaussian: for positive amounts with a tail heavier than gamma's, as times until a drifting process arrives.

With f the logarithm of the predicted mean the value is y e**(-2 f)/2 - e**-f, the log-likelihood with its shape and its
terms in y left out. The variance is taken to grow like the cube of the mean, so large amounts count for very little:
the gradient dies off as e**-f above the target. It is not convex: once e**f passes twice the target the curve bends
down, and a start far too high barely moves. Start from the mean of y.
"""

from lossary.formula import POSITIVE, Claims, Loss, Point, Relation
from lossary.primitives import exp, scaled_exp


def value(y, f):
    return scaled_exp(scaled_exp(y, 0.5, -f) - 1.0, 1.0, -f)


def grad(y, f):
    return scaled_exp(1.0 - scaled_exp(y, 1.0, -f), 1.0, -f)


def hess(y, f):
    return scaled_exp(scaled_exp(y, 1.0, -f) - 0.5, 2.0, -f)


def fisher(y, f):
    return exp(-f)


def textbook(y, f):
    return y * exp(-2 * f) / 2 - exp(-f)


LOSS = Loss(
    name="inverse_gaussian",
    title="inverse Gaussian loss",
    brief="Positive amounts of heavy tail, from a log-mean.",
    textbook=textbook,
    use_when=(
        "Times until a drifting process arrives, or other positive amounts whose variance grows like the cube of "
        "their mean."
    ),
    avoid_when="The cubic law is not meant: `gamma`, which is convex.",
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    target=POSITIVE,
    link="log",
    functional="mean",
    claims=Claims(
        convex=False,
        nonnegative=False,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
    ),
    aliases=("inverse_gaussian_nll", "inverse_gaussian_log", "wald"),
    elsewhere={
        "scikit-learn": "TweedieRegressor(power=3, link='log'); half the deviance up to a term in y",
        "statsmodels": "families.InverseGaussian(link=links.Log())",
        "glum": "InverseGaussianDistribution",
    },
    facts=(
        Point(y=2.0, f=0.0, value="0", grad="-1", hess="3"),
        Point(y=1.0, f=1.0, value="exp(-2)/2-exp(-1)", grad="exp(-1)-exp(-2)", hess="2*exp(-2)-exp(-1)"),
        Point(y=0.5, f=-3.0, value="exp(6)/4-exp(3)", grad="exp(3)-exp(6)/2", hess="exp(6)-exp(3)"),
        Relation("inverse_gaussian_deviance", scale=0.5, shift=lambda y: -0.5 / y, at=lambda y, f: (y, exp(f))),
    ),
    sources=(
        "Tweedie (1957), doi:10.1214/aoms/1177706964",
        "Nelder & Wedderburn (1972), doi:10.2307/2344614",
    ),
)
