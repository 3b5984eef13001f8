"""Poisson deviance: how far a predicted mean is from a count, in units of what a Poisson count may stray.

The value is 2 (y log(y/f) - y + f) for a predicted mean f > 0, and 2 f where y is 0. It is zero at f = y, and near it
is the squared error divided by the mean: 10 too many matters at 20, and not at 2,000. Predicting a mean of nearly
nothing where something happened costs without bound. Its digits hold at predictions so close to the target that the
textbook formula returns nothing but rounding. Twice the generalised Kullback-Leibler divergence; the mean is its only
minimiser.
"""

from lossary.formula import NONNEGATIVE, POSITIVE, Claims, Loss, Point, Relation
from lossary.primitives import log, one_minus_ratio, relative_entropy, xlogy


def value(y, f):
    return 2.0 * relative_entropy(y, f, f - y)


def grad(y, f):
    return 2.0 * one_minus_ratio(y, f)


def hess(y, f):
    return 2.0 * (y / f / f)


def fisher(y, f):
    return 2.0 / f


LOSS = Loss(
    name="poisson_deviance",
    title="Poisson deviance",
    brief="How far a predicted mean is from a count.",
    use_when="Predicted means of counts are to be judged, by a score that is zero where they are right.",
    avoid_when=(
        "A model of the log-mean is to be fitted: `poisson`. Counts vary much more than Poisson's: "
        "`negative_binomial_deviance`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    likelihood=2.0,
    target=NONNEGATIVE,
    prediction=POSITIVE,
    functional="mean",
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
        homogeneous=1.0,
    ),
    aliases=("mean_poisson_deviance", "poisson_unit_deviance"),
    elsewhere={
        "scikit-learn": "metrics.mean_poisson_deviance",
        "keras": "Poisson is f - y log(f + epsilon): half of this up to a term in y",
        "torch": "PoissonNLLLoss(log_input=False) is f - y log(f + eps): half of this up to a term in y",
        "scipy": "special.kl_div(y, f) is half of this",
        "statsmodels": "families.Poisson().resid_dev squared",
        "catboost": "Poisson is half of this at f = e**raw, up to a term in y",
    },
    facts=(
        Point(y=0.0, f=3.0, value="6", grad="2", hess="0"),
        Point(y=2.0, f=1.0, value="4*log(2)-2", grad="-2", hess="4"),
        Point(y=5.0, f=5.0, value="0", grad="0", hess="2/mpf(5)"),
        Point(y=1.0, f=1.0 + 2.0**-40, value="2*(mpf(2)**-40-log1p(mpf(2)**-40))"),
        Relation("poisson", scale=2.0, shift=lambda y: 2.0 * (xlogy(y, y) - y), at=lambda y, f: (y, log(f))),
        Relation("tweedie_deviance", other_given={"p": 1.0 + 2.0**-40}, within=1e-6),
    ),
    sources=(
        "Nelder & Wedderburn (1972), doi:10.2307/2344614",
        "Gneiting (2011), doi:10.1198/jasa.2011.r10138",
    ),
)
