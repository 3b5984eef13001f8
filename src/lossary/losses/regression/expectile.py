"""Expectile: squared error with a price for each direction, a smooth cousin of the quantile loss.

With r = f - y the value is tau r**2 where the prediction is too low and (1 - tau) r**2 where it is too high. The
gradient is continuous and zero at r = 0; the Hessian jumps there from 2 tau to 2 (1 - tau), and at r = 0 itself is 2
tau. Predicts the tau-expectile: the point where the mean shortfall and the mean excess balance as 1 - tau to tau; tau
= 1/2 gives the mean and half of squared error. It heeds how far the tail reaches, where a quantile only counts who is
in it.
"""

from lossary.formula import Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import maximum, where


def value(y, f, tau):
    return where(f > y, 1.0 - tau, tau) * (f - y) * (f - y)


def grad(y, f, tau):
    return 2.0 * where(f > y, 1.0 - tau, tau) * (f - y)


def hess(y, f, tau):
    return 2.0 * where(f > y, 1.0 - tau, tau)


def majorizer(y, f, tau):
    # Far out on its steeper side the loss outgrows any flatter parabola, from wherever it starts.
    return 2.0 * maximum(tau, 1.0 - tau)


LOSS = Loss(
    name="expectile",
    title="expectile loss",
    brief="Squared error, dearer on one side.",
    use_when="One direction of error is dearer, and every size of miss matters: tail risk, reserves.",
    avoid_when=(
        "The level must be read as a share of cases: that is a `quantile`, which does not move either when the "
        "largest targets grow."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("tau", 0.5, Interval(0.0, 1.0), "level of the expectile: the price of predicting low"),),
    functional="expectile",
    functional_level=lambda tau: tau,
    kinks=lambda y, tau: (y,),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=lambda tau: tau == 0.5,
        lipschitz=float("inf"),
        smooth=lambda tau: 2.0 * max(tau, 1.0 - tau),
        bounded=float("inf"),
        homogeneous=2.0,
    ),
    aliases=("asymmetric_squared_error", "asymmetric_least_squares"),
    elsewhere={
        "xgboost": "reg:expectileerror(expectile_alpha=tau)",
        "catboost": "Expectile:alpha=tau",
    },
    facts=(
        Point(y=3.0, f=1.0, given={"tau": 0.75}, value="3", grad="-3", hess="3/2"),
        Point(y=1.0, f=3.0, given={"tau": 0.75}, value="1", grad="1", hess="1/2"),
        Relation("half_squared_error", given={"tau": 0.5}),
        Relation("expectile", given={"tau": 0.25}, other_given={"tau": 0.75}, at=lambda y, f: (-y, -f)),
    ),
    sources=("Newey and Powell (1987), doi:10.2307/1911031",),
)
