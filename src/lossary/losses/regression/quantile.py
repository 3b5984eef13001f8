"""Quantile: absolute error with a price for each direction, so that the fit settles at a chosen quantile.

Predicting too low by d costs tau d, too high by d costs (1 - tau) d. The gradient is -tau below the target and 1 -
tau above it; at the kink it is their middle, 1/2 - tau. The Hessian is zero. Predicts the tau-quantile: a share tau
of the targets falls below it. tau = 1/2 is half the absolute error.
"""

from lossary.formula import Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import maximum, where


def value(y, f, tau):
    return (1.0 - tau) * maximum(f - y, 0.0) + tau * maximum(y - f, 0.0)


def grad(y, f, tau):
    return where(f > y, 1.0 - tau, where(f < y, -tau, 0.5 - tau))


def hess(y, f, tau):
    return 0.0


LOSS = Loss(
    name="quantile",
    title="quantile loss",
    brief="Absolute error, dearer on one side.",
    use_when=(
        "A quantile is the question: prediction intervals, stock and capacity planning, and wherever one direction "
        "of error is dearer. tau is the cost of a unit short over the sum of both unit costs."
    ),
    avoid_when=(
        "The mean is the question, or predictions are to be added up: quantiles do not add; take `squared_error`. "
        "Where the size of each miss matters, `expectile`. Levels that are fitted one by one may cross."
    ),
    value=value,
    grad=grad,
    hess=hess,
    parameters=(Parameter("tau", 0.5, Interval(0.0, 1.0), "level of the quantile: the share of targets below it"),),
    functional="quantile",
    functional_level=lambda tau: tau,
    kinks=lambda y, tau: (y,),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=lambda tau: tau == 0.5,
        lipschitz=lambda tau: max(tau, 1.0 - tau),
        smooth=0.0,
        bounded=float("inf"),
        homogeneous=1.0,
    ),
    aliases=("pinball", "pinball_loss", "quantile_loss", "check_loss"),
    elsewhere={
        "scikit-learn": "metrics.mean_pinball_loss(alpha=tau); QuantileRegressor(quantile=tau)",
        "xgboost": "reg:quantileerror(quantile_alpha=tau)",
        "lightgbm": "quantile(alpha=tau)",
        "catboost": "Quantile:alpha=tau",
        "statsmodels": "QuantReg.fit(q=tau)",
    },
    facts=(
        Point(y=3.0, f=1.0, given={"tau": 0.75}, value="3/2", grad="-3/4", hess="0"),
        Point(y=1.0, f=3.0, given={"tau": 0.75}, value="1/2", grad="1/4", hess="0"),
        Relation("absolute_error", given={"tau": 0.5}, scale=0.5),
        Relation("quantile", given={"tau": 0.25}, other_given={"tau": 0.75}, at=lambda y, f: (-y, -f)),
    ),
    sources=("Koenker and Bassett (1978), doi:10.2307/1913643",),
)
