"""Absolute error: every unit of miss costs the same, whether it is the first or the thousandth.

With r = f - y the value is |r| and the gradient the sign of r: -1 below the target, 1 above it and 0, the middle of
the two, at the kink itself. The Hessian is zero. Predicts the median, so half the targets may move anywhere on their
own side without changing it.
"""

from lossary.formula import Claims, Loss, Point, Relation
from lossary.primitives import absolute, sign


def value(y, f):
    return absolute(f - y)


def grad(y, f):
    return sign(f - y)


def hess(y, f):
    return 0.0


LOSS = Loss(
    name="absolute_error",
    title="absolute error",
    brief="Every unit of miss costs the same.",
    use_when=(
        "The median is the question, or targets have heavy tails or wild values: one that is far off pulls no harder "
        "than any other."
    ),
    avoid_when=(
        "The mean is the question (totals, expected costs): on skewed targets the median lies elsewhere; take "
        "`squared_error`. Where a smooth bottom helps the optimiser, `huber` or `log_cosh`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    functional="median",
    kinks=lambda y: (y,),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=1.0,
        smooth=0.0,
        bounded=float("inf"),
        homogeneous=1.0,
    ),
    aliases=("absolute", "mae", "mean_absolute_error", "l1"),
    elsewhere={
        "torch": "L1Loss",
        "keras": "MeanAbsoluteError",
        "scikit-learn": "metrics.mean_absolute_error; absolute_error in HistGradientBoostingRegressor",
        "xgboost": "reg:absoluteerror",
        "lightgbm": "regression_l1",
        "catboost": "MAE",
    },
    facts=(
        Point(y=1.0, f=4.0, value="3", grad="1", hess="0"),
        Point(y=2.0, f=-0.5, value="5/2", grad="-1", hess="0"),
        Point(y=2.0, f=2.0, value="0", grad="0"),
        Relation("quantile", other_given={"tau": 0.5}, scale=2.0),
        Relation("lp", other_given={"p": 1.0}),
    ),
    sources=("Koenker and Bassett (1978), doi:10.2307/1913643",),
)
