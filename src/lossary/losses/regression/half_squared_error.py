"""Half squared error: squared error scaled so that its gradient is the residual itself.

With r = f - y the value is r**2/2, the gradient r and the Hessian 1: what gradient boosters and Newton steps take
"least squares" to mean, and the negative log-likelihood of a normal target of unit variance, less a constant.
Predicts the mean.
"""

from lossary.formula import Claims, Loss, Point, Relation


def value(y, f):
    return 0.5 * (f - y) * (f - y)


def grad(y, f):
    return f - y


def hess(y, f):
    return 1.0


def majorizer(y, f):
    return 1.0


LOSS = Loss(
    name="half_squared_error",
    title="half squared error",
    brief="Squared error with gradient f - y.",
    use_when=(
        "The mean is the question, and the loss stands beside a penalty or another loss whose factor matters, or in "
        "a booster."
    ),
    avoid_when=(
        "A few targets are wild: `huber` bounds their pull. To report a number that others compute too, "
        "`squared_error` has the usual factor."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    functional="mean",
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=float("inf"),
        smooth=1.0,
        bounded=float("inf"),
        homogeneous=2.0,
    ),
    aliases=("half_mse", "l2_loss"),
    elsewhere={
        "optax": "l2_loss",
        "scikit-learn": "squared_error in HistGradientBoostingRegressor and SGDRegressor",
        "xgboost": "reg:squarederror",
        "lightgbm": "regression",
        "catboost": "RMSE, in its gradient",
        "scipy": "optimize.least_squares(loss='linear')",
        "statsmodels": "robust.norms.LeastSquares",
    },
    facts=(
        Point(y=1.0, f=4.0, value="9/2", grad="3", hess="1"),
        Point(y=0.5, f=-0.25, value="9/32", grad="-3/4", hess="1"),
        Relation("squared_error", scale=0.5),
        Relation("barron", other_given={"alpha": 2.0, "c": 1.0}),
    ),
    sources=("Gauss (1809), Theoria motus corporum coelestium",),
)
