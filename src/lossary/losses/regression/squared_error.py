"""Squared error: twice as far off costs four times as much, so the largest misses steer the fit.

With r = f - y the value is r**2 and the gradient 2 r, without a kink anywhere. Predicts the mean. It is the loss of
normal errors and of the textbook formulas. `half_squared_error` is the same loss with the factor 1/2 that makes its
Hessian one.
"""

from lossary.formula import Claims, Loss, Point, Relation


def value(y, f):
    return (f - y) * (f - y)


def grad(y, f):
    return 2.0 * (f - y)


def hess(y, f):
    return 2.0


def majorizer(y, f):
    return 2.0


LOSS = Loss(
    name="squared_error",
    title="squared error",
    brief="Twice as far off costs four times.",
    use_when=(
        "The mean is the question, as for totals and expected costs. Where the spread of the errors varies it is "
        "still right on average, and only loses efficiency."
    ),
    avoid_when=(
        "One wild target can outweigh all the others: `huber` bounds its pull, `absolute_error` predicts the median. "
        "Counts and positive amounts spread the more, the larger their mean: `poisson`, `gamma`."
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
        smooth=2.0,
        bounded=float("inf"),
        homogeneous=2.0,
    ),
    aliases=("squared", "mse", "mean_squared_error", "l2"),
    elsewhere={
        "torch": "MSELoss",
        "keras": "MeanSquaredError",
        "optax": "squared_error",
        "scikit-learn": "metrics.mean_squared_error",
        "statsmodels": "robust.norms.LeastSquares, half of this",
    },
    facts=(
        Point(y=1.0, f=4.0, value="9", grad="6", hess="2"),
        Point(y=0.5, f=-0.25, value="9/16", grad="-3/2", hess="2"),
        Relation("half_squared_error", scale=2.0),
    ),
    sources=("Legendre (1805), Nouvelles méthodes pour la détermination des orbites des comètes",),
)
