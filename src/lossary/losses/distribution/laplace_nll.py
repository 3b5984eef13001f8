"""Laplace negative log-likelihood: absolute error that knows its units.

With r = f - y the value is |r|/scale + log(2 scale): minus the log-density of the target under a Laplace (double
exponential) distribution centred at f, whose mean absolute deviation is scale. For a fixed scale it ranks predictions
as absolute error does and its minimiser is the median; what it adds is a value in nats, comparable between
distributions. The kink is at r = 0, where the gradient given is 0. The Hessian is 0 elsewhere, so Newton-type solvers
want curvature="majorizer" or "fisher". It can be negative.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import INFINITY, LOG_2, absolute, log, ratio0, sign, where


def value(y, f, scale):
    twice = 2.0 * scale
    return absolute(f - y) / scale + where(twice < INFINITY, log(twice), log(scale) + LOG_2)


def grad(y, f, scale):
    return sign(f - y) / scale


def hess(y, f, scale):
    return 0.0


def majorizer(y, f, scale):
    # The tightest parabola touches at +r and -r; there is none at the kink.
    return ratio0(1.0 / scale, absolute(f - y))


def fisher(y, f, scale):
    # The mean of the squared gradient, which is what counts of the Hessian's spike at the kink.
    return 1.0 / scale / scale


LOSS = Loss(
    name="laplace_nll",
    title="Laplace likelihood",
    brief="Absolute error as a log-likelihood of known scale.",
    use_when="Predicted medians come with a scale, and errors have a sharp peak and long tails.",
    avoid_when=(
        "The scale is not in question: `absolute_error`. Errors are normal near zero: `gaussian_nll`, or with wild "
        "ones `student_t_nll`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    fisher=fisher,
    parameters=(Parameter("scale", 1.0, POSITIVE, "mean absolute deviation of the target around f, in units of y"),),
    functional="median",
    kinks=lambda y, scale: (y,),
    claims=Claims(
        convex=True,
        nonnegative=lambda scale: scale >= 0.5,
        even=True,
        lipschitz=lambda scale: 1.0 / scale,
        smooth=0.0,
        bounded=float("inf"),
    ),
    aliases=("laplace_negative_log_likelihood", "double_exponential_nll"),
    elsewhere={
        "torch": "-distributions.Laplace(f, scale).log_prob(y)",
        "scoringrules": "logs_laplace",
    },
    facts=(
        Point(y=0.0, f=0.0, value="log(2)", grad="0", hess="0"),
        Point(y=1.0, f=-5.0, given={"scale": 4.0}, value="3/2+log(8)", grad="-1/4", hess="0"),
        Relation("absolute_error", shift=lambda y, scale: LOG_2),
    ),
    sources=("Kotz, Kozubowski and Podgorski (2001), doi:10.1007/978-1-4612-0173-1",),
)
