"""Gamma: the cost of a relative error, for positive amounts whose spread grows with their size.

The value is f + y e**-f with f the logarithm of the predicted mean: the gamma log-likelihood with its shape and all
terms in y left out. The gradient 1 - y e**-f sees only the ratio of target and prediction, so that missing 1 by half
and a million by half pull alike. Predicting too low by some factor costs more than too high by the same: y e**-f
against f.
"""

from lossary.formula import POSITIVE, Claims, Loss, Point, Relation
from lossary.primitives import exp, log, maximum, scaled_exp


def value(y, f):
    # Below -4096 the second term is infinite for every y, and must not meet f = -inf.
    return maximum(f, -4096.0) + scaled_exp(y, 1.0, -f)


def grad(y, f):
    return 1.0 - scaled_exp(y, 1.0, -f)


def hess(y, f):
    return scaled_exp(y, 1.0, -f)


def fisher(y, f):
    return 1.0


LOSS = Loss(
    name="gamma",
    title="gamma loss",
    brief="Relative error of positive amounts; log-mean.",
    use_when=(
        "Amounts are positive, never zero and skewed, and their spread is a fixed share of their mean: claim sizes, "
        "durations, rainfall on wet days."
    ),
    avoid_when=(
        "Zeros occur: `tweedie`. The variance grows like the mean, not like its square: `poisson`. The model gives "
        "means: `gamma_deviance`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    target=POSITIVE,
    link="log",
    functional="mean",
    claims=Claims(
        convex=True,
        nonnegative=False,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
    ),
    aliases=("gamma_nll", "gamma_log", "reg_gamma"),
    elsewhere={
        "scikit-learn": "GammaRegressor, HistGradientBoostingRegressor(loss='gamma'): the same up to a term in y",
        "xgboost": "reg:gamma; its metric gamma-nloglik is this",
        "lightgbm": "gamma; its metric gamma is this",
        "statsmodels": "families.Gamma(link=links.Log())",
    },
    facts=(
        Point(y=1.0, f=0.0, value="1", grad="0", hess="1"),
        Point(y=3.0, f=1.0, value="1+3/e", grad="1-3/e", hess="3/e"),
        Point(y=0.25, f=-2.0, value="exp(2)/4-2", grad="1-exp(2)/4", hess="exp(2)/4"),
        Relation("gamma_deviance", scale=0.5, shift=lambda y: 1.0 + log(y), at=lambda y, f: (y, exp(f))),
    ),
    sources=(
        "Nelder & Wedderburn (1972), doi:10.2307/2344614",
        "McCullagh (1983), doi:10.1214/aos/1176346056",
    ),
)
