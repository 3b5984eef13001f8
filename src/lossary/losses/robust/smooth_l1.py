"""Smooth L1: absolute error with its point rounded off over a width beta.

With r = f - y the value is r**2 / (2 beta) while |r| <= beta and |r| - beta/2 beyond: `huber` divided by its delta,
so that the slope far out is always 1 and beta sets only the curvature at the bottom. The gradient is continuous; the
Hessian jumps at |r| = beta from 1/beta, its value there, to 0. As beta goes to zero it becomes absolute error.
"""

from lossary.formula import POSITIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, maximum, minimum, where


def value(y, f, beta):
    r = absolute(f - y)
    inside = minimum(r, beta)
    return 0.5 * inside * (inside / beta) + (r - inside)


def grad(y, f, beta):
    return maximum(-1.0, minimum((f - y) / beta, 1.0))


def hess(y, f, beta):
    return where(absolute(f - y) <= beta, 1.0 / beta, 0.0)


def majorizer(y, f, beta):
    # The tightest parabola touching at +r and -r, as for Huber.
    return 1.0 / maximum(absolute(f - y), beta)


def textbook(y, f, beta):
    return where(absolute(f - y) <= beta, (f - y) ** 2 / (2 * beta), absolute(f - y) - beta / 2)


LOSS = Loss(
    name="smooth_l1",
    title="smooth L1 loss",
    brief="Absolute error with its point rounded off over beta.",
    textbook=textbook,
    use_when="The scale of the gradient should not move with the threshold, as in box regression.",
    avoid_when="The loss should near half the squared error as its threshold grows: `huber` does.",
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("beta", 1.0, POSITIVE, "residual beyond which the loss grows linearly, in units of y"),),
    functional="huber",
    kinks=lambda y, beta: (y - beta, y + beta),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=1.0,
        smooth=lambda beta: 1.0 / beta,
        bounded=float("inf"),
    ),
    aliases=("smooth_l1_loss",),
    elsewhere={"torch": "SmoothL1Loss(beta)"},
    facts=(
        Point(y=0.0, f=0.5, value="1/8", grad="1/2", hess="1"),
        Point(y=0.0, f=-10.0, given={"beta": 2.0}, value="9", grad="-1", hess="0"),
        Point(y=1.0, f=2.0, given={"beta": 4.0}, value="1/8", grad="1/4", hess="1/4"),
        Relation("huber", given={"beta": 2.0}, other_given={"delta": 2.0}, scale=0.5),
    ),
    sources=("Girshick (2015), doi:10.1109/ICCV.2015.169",),
)
