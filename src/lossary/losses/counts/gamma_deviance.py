"""Gamma deviance: relative error made into a loss; only the ratio of target and prediction counts.

The value is 2 (y/f - 1 - log(y/f)) for a predicted mean f > 0. Predicting 1.1 for 1 costs the same as 1.1 million for a
million. Near the target it is the squared relative error; far below the target it grows like y/f, far above it only
like the logarithm, and there it is no longer convex. Twice the Itakura-Saito distance of audio work.
"""

from lossary.formula import POSITIVE, Claims, Loss, Point, Relation
from lossary.primitives import log, log1pmx, log_ratio, one_minus_ratio, where


def value(y, f):
    close = (f < 3.0 * y) & (y < 4.0 * f)
    near = -log1pmx(where(close, y - f, 0.0) / where(close, f, 1.0))
    return 2.0 * where(close, near, y / f - 1.0 - log_ratio(y, f))


def grad(y, f):
    return 2.0 * (one_minus_ratio(y, f) / f)


def hess(y, f):
    return 4.0 * ((y / f - 0.5) / f / f)


def fisher(y, f):
    return 2.0 / f / f


def textbook(y, f):
    return 2 * (y / f - 1 - log(y / f))


def textbook_grad(y, f):
    return 2 * (f - y) / f**2


LOSS = Loss(
    name="gamma_deviance",
    title="gamma deviance",
    brief="Relative error: only the ratio y / f counts.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "Predicted means of positive amounts are to be judged by their relative error; unlike under percentage "
        "errors the best prediction is the mean."
    ),
    avoid_when="A model of the log-mean is to be fitted: `gamma` is convex in it. Zeros occur: `tweedie_deviance`.",
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    target=POSITIVE,
    wide=True,  # the ratio of a subnormal target to its mean has no digits in float32
    prediction=POSITIVE,
    functional="mean",
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
        homogeneous=0.0,
    ),
    aliases=("mean_gamma_deviance", "gamma_unit_deviance"),
    elsewhere={
        "scikit-learn": "metrics.mean_gamma_deviance; NMF(beta_loss='itakura-saito') is half of this",
        "lightgbm": "the metric gamma_deviance",
        "xgboost": "the metric gamma-deviance",
        "statsmodels": "families.Gamma().resid_dev squared",
    },
    facts=(
        Point(y=1.0, f=2.0, value="2*log(2)-1", grad="1/mpf(2)", hess="0"),
        Point(y=3.0, f=1.0, value="4-2*log(3)", grad="-4", hess="10"),
        Point(y=1.0 + 2.0**-40, f=1.0, value="2*(mpf(2)**-40-log1p(mpf(2)**-40))"),
        Relation("gamma", scale=2.0, shift=lambda y: -2.0 - 2.0 * log(y), at=lambda y, f: (y, log(f))),
        Relation("tweedie_deviance", other_given={"p": 2.0 - 2.0**-40}, within=1e-6),
    ),
    sources=(
        "Nelder & Wedderburn (1972), doi:10.2307/2344614",
        "Fevotte, Bertin & Durrieu (2009), doi:10.1162/neco.2008.04-08-771",
    ),
)
