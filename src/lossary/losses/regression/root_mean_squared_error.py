"""Root mean squared error: squared error, reported in the units of the target.

The loss of one example is the squared error (f - y)**2; the cost is the square root of their weighted mean. The root
changes the number shown and the length of the cost's gradient, not the prediction that is best: that is still the
mean.
"""

from lossary.formula import Claims, Loss, Point, Relation
from lossary.losses.regression.squared_error import grad, hess, majorizer, value

LOSS = Loss(
    name="root_mean_squared_error",
    title="root mean squared error",
    brief="Squared error, in units of the target.",
    use_when="You report how far off predictions of a mean are, in the units of the target.",
    avoid_when=(
        "You fit: `squared_error` has the same best prediction, and its costs add up over batches, which roots do not."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    functional="mean",
    cost_root=True,
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=float("inf"),
        smooth=2.0,
        bounded=float("inf"),
        homogeneous=2.0,
    ),
    aliases=("rmse",),
    elsewhere={
        "keras": "metrics.RootMeanSquaredError",
        "scikit-learn": "metrics.root_mean_squared_error",
        "xgboost": "rmse, the metric",
        "lightgbm": "rmse",
        "catboost": "RMSE",
    },
    facts=(
        Point(y=1.0, f=4.0, value="9", grad="6", hess="2"),
        Relation("squared_error"),
        Relation("half_squared_error", scale=2.0),
    ),
    sources=("Hyndman and Koehler (2006), doi:10.1016/j.ijforecast.2006.03.001",),
)
