"""Absolute percentage error: the miss as a share of the target, so that 1 for 2 is as bad as 500 for 1000.

The value is |f - y| / |y|, a fraction and not a number of percent; a target nearer zero than floor is divided by
floor instead. The gradient is the sign of f - y over |y|, 0 at the kink f = y; the Hessian is zero. As a weighted
absolute error it predicts a weighted median, with weights 1/|y|, which small targets pull down: it rewards predicting
low.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, maximum, sign


def value(y, f, floor):
    return absolute(f - y) / maximum(absolute(y), floor)


def grad(y, f, floor):
    return sign(f - y) / maximum(absolute(y), floor)


def hess(y, f, floor):
    return 0.0


LOSS = Loss(
    name="absolute_percentage_error",
    title="absolute percentage error",
    brief="The miss as a share of the target.",
    use_when="You are judged by this very figure, and targets are positive and well away from zero.",
    avoid_when=(
        "Targets come near zero, or another figure will do: `squared_log_error` treats too high and too low alike, "
        "and `gamma_deviance` is a relative error whose best prediction is the mean."
    ),
    value=value,
    grad=grad,
    hess=hess,
    parameters=(Parameter("floor", 2.0**-52, POSITIVE, "least size of target divided by, in units of y"),),
    functional="beta-median",
    kinks=lambda y, floor: (y,),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=lambda floor: 1.0 / floor,
        smooth=0.0,
        bounded=float("inf"),
    ),
    aliases=("mape", "mean_absolute_percentage_error"),
    elsewhere={
        "keras": "MeanAbsolutePercentageError, 100 times this with floor=1e-7",
        "scikit-learn": "metrics.mean_absolute_percentage_error",
        "xgboost": "mape, the metric",
        "lightgbm": "mape, with floor=1",
        "catboost": "MAPE, with floor=1",
    },
    facts=(
        Point(y=4.0, f=5.0, value="1/4", grad="1/4", hess="0"),
        Point(y=-2.0, f=1.0, value="3/2", grad="1/2", hess="0"),
        Point(y=0.0, f=3.0, given={"floor": 0.5}, value="6", grad="2", hess="0"),
        Relation("absolute_error", at=lambda y, f: (y / max(abs(y), 2.0**-52), f / max(abs(y), 2.0**-52))),
    ),
    sources=("Gneiting (2011), doi:10.1198/jasa.2011.r10138",),
)
