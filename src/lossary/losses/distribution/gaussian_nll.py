"""Gaussian negative log-likelihood: least squares that knows its units.

With r = f - y and the standard deviation scale, the value is r**2/(2 scale**2) + log(scale) + log(2 pi)/2: minus the
log-density of the target under a normal distribution centred at f. For a fixed scale it ranks predictions as squared
error does; what it adds is a value in nats that can be compared with other distributions', and that says whether the
scale fits. A scale per example, as an array, makes it the heteroscedastic loss. It can be negative.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import HALF_LOG_2PI, log


def value(y, f, scale):
    x = (f - y) / scale
    return 0.5 * x * x + (log(scale) + HALF_LOG_2PI)


def grad(y, f, scale):
    return (f - y) / scale / scale


def hess(y, f, scale):
    return 1.0 / scale / scale


LOSS = Loss(
    name="gaussian_nll",
    title="Gaussian likelihood",
    brief="Least squares as a normal log-likelihood of known scale.",
    use_when="Predictions come with a scale, one for all or one for each, and both are to be judged together, in nats.",
    avoid_when="The scale is not in question: `half_squared_error`. A few targets are wild: `student_t_nll`.",
    value=value,
    grad=grad,
    hess=hess,
    majorizer=hess,
    fisher=hess,
    parameters=(Parameter("scale", 1.0, POSITIVE, "standard deviation of the target around f, in units of y"),),
    functional="mean",
    claims=Claims(
        convex=True,
        # The density's peak, 1 / (scale sqrt(2 pi)), is at most one.
        nonnegative=lambda scale: scale >= 0.3989422804014327,
        even=True,
        lipschitz=float("inf"),
        smooth=lambda scale: 1.0 / scale / scale,
        bounded=float("inf"),
    ),
    aliases=("gaussian_negative_log_likelihood", "gaussian_nll_loss", "normal_nll"),
    elsewhere={
        "torch": "GaussianNLLLoss(full=True) with var = scale**2; full=False leaves out log(2 pi)/2",
        "catboost": "RMSEWithUncertainty, which predicts the scale too",
        "scoringrules": "logs_normal",
    },
    facts=(
        Point(y=0.0, f=0.0, value="log(2*pi)/2", grad="0", hess="1"),
        Point(y=1.0, f=4.0, given={"scale": 2.0}, value="9/8+log(2)+log(2*pi)/2", grad="3/4", hess="1/4"),
        Relation("half_squared_error", shift=lambda y, scale: HALF_LOG_2PI),
    ),
    sources=("Nix and Weigend (1994), doi:10.1109/ICNN.1994.374138",),
)
