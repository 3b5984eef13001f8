"""Inverse Gaussian deviance: squared relative error divided by the target, for positive amounts with a heavy tail.

The value is (y - f)**2 / (f**2 y) for a predicted mean f > 0. The same relative error counts the less, the larger the
amount; an overestimate costs at most 1/y, however wild, while an underestimate costs without bound, and the loss is not
convex. It belongs to waiting times of a drifting process, whose variance grows like the cube of their mean.
"""

from lossary.formula import POSITIVE, Claims, Loss, Point, Relation
from lossary.primitives import log, one_minus_ratio, where


def value(y, f):
    g = one_minus_ratio(y, f)
    return where(y < 1.0, g * g / y, g * (g / y))


def grad(y, f):
    return 2.0 * (one_minus_ratio(y, f) / f / f)


def hess(y, f):
    return 4.0 * ((1.5 * (y / f) - 1.0) / f / f / f)


def fisher(y, f):
    return 2.0 / f / f / f


def textbook(y, f):
    return (y - f) ** 2 / (f**2 * y)


def textbook_grad(y, f):
    return 2 * (f - y) / f**3


LOSS = Loss(
    name="inverse_gaussian_deviance",
    title="inverse Gaussian deviance",
    brief="Positive amounts of a tail heavier than gamma's.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Predicted means of waiting times are to be judged, whose variance grows like the cube of their mean.",
    avoid_when="That law is not meant: `gamma_deviance`. A model of the log-mean is to be fitted: `inverse_gaussian`.",
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    target=POSITIVE,
    prediction=POSITIVE,
    functional="mean",
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
        homogeneous=-1.0,
    ),
    aliases=("mean_inverse_gaussian_deviance", "inverse_gaussian_unit_deviance"),
    elsewhere={
        "scikit-learn": "metrics.mean_tweedie_deviance(power=3)",
        "statsmodels": "families.InverseGaussian().resid_dev squared",
        "glum": "InverseGaussianDistribution().deviance",
    },
    facts=(
        Point(y=1.0, f=2.0, value="1/mpf(4)", grad="1/mpf(4)", hess="-1/mpf(8)"),
        Point(y=4.0, f=1.0, value="9/mpf(4)", grad="-6", hess="20"),
        Point(y=1.0, f=1.0, value="0", grad="0", hess="2"),
        Relation("inverse_gaussian", scale=2.0, shift=lambda y: 1.0 / y, at=lambda y, f: (y, log(f))),
    ),
    sources=(
        "Tweedie (1957), doi:10.1214/aoms/1177706964",
        "Jorgensen (1987), doi:10.1111/j.2517-6161.1987.tb01685.x",
    ),
)
