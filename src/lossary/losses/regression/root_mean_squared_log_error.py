"""Root mean squared log error: the typical miss in orders of magnitude, as one number.

The loss of one example is the squared log error (log(1 + f) - log(1 + y))**2, for targets and predictions above -1;
the cost is the square root of their weighted mean. For small misses it reads as a relative error: 0.1 is about ten
percent of 1 + y. The best prediction is that of `squared_log_error`, the geometric mean of 1 + y, less one.
"""

from lossary.formula import Claims, Interval, Loss, Point, Relation
from lossary.losses.regression.squared_log_error import grad, hess, textbook, textbook_grad, value

LOSS = Loss(
    name="root_mean_squared_log_error",
    title="root mean squared log error",
    brief="The typical miss in orders of magnitude.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="You report how far off predictions of positive, widely spread targets are, as one relative error.",
    avoid_when=(
        "You fit: `squared_log_error` has the same best prediction, and its costs add up over batches. The mean is "
        "the question: `gamma_deviance`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    target=Interval(-1.0),
    prediction=Interval(-1.0),
    functional="shifted geometric mean",
    cost_root=True,
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
    ),
    aliases=("rmsle",),
    elsewhere={
        "scikit-learn": "metrics.root_mean_squared_log_error",
        "xgboost": "rmsle, the metric",
    },
    facts=(
        Point(y=1.0, f=7.0, value="log(4)**2", grad="log(4)/4", hess="(1-log(4))/32"),
        Relation("squared_log_error"),
    ),
    sources=("scikit-learn's user guide, root mean squared logarithmic error",),
)
