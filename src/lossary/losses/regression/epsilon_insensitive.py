"""Epsilon-insensitive: misses smaller than epsilon are free, larger ones cost what they exceed it by.

With r = f - y the value is |r| - epsilon beyond a tube of half-width epsilon around the target, and zero inside it.
The gradient is 0 in the tube, edges included, and the sign of r outside; the Hessian is zero. The loss of support
vector regression: only examples on or outside the tube hold the fit, so the solution is sparse in them. epsilon is in
the units of y.
"""

from lossary.formula import NONNEGATIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, maximum, sign, where


def value(y, f, epsilon):
    return maximum(absolute(f - y) - epsilon, 0.0)


def grad(y, f, epsilon):
    return where(absolute(f - y) > epsilon, sign(f - y), 0.0)


def hess(y, f, epsilon):
    return 0.0


LOSS = Loss(
    name="epsilon_insensitive",
    title="epsilon-insensitive loss",
    brief="Misses smaller than epsilon are free.",
    use_when="Errors below a known tolerance do not matter, or few examples should hold the fit.",
    avoid_when=(
        "No tolerance is known: `absolute_error` needs none, and `huber` still weighs small errors. A smoother "
        "problem is wanted: `squared_epsilon_insensitive`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    parameters=(Parameter("epsilon", 0.1, NONNEGATIVE, "half-width of the tube that costs nothing, in units of y"),),
    functional="m-estimate",
    kinks=lambda y, epsilon: (y - epsilon, y + epsilon),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=1.0,
        smooth=0.0,
        bounded=float("inf"),
        homogeneous=lambda epsilon: 1.0 if epsilon == 0.0 else float("inf"),
    ),
    aliases=("l1_epsilon_insensitive", "svr_loss"),
    elsewhere={"scikit-learn": "epsilon_insensitive in LinearSVR, SVR and SGDRegressor"},
    facts=(
        Point(y=1.0, f=4.0, given={"epsilon": 0.5}, value="5/2", grad="1", hess="0"),
        Point(y=1.0, f=0.75, given={"epsilon": 0.5}, value="0", grad="0", hess="0"),
        Relation("absolute_error", given={"epsilon": 0.0}),
    ),
    sources=(
        "Vapnik (1995), doi:10.1007/978-1-4757-2440-0",
        "Smola and Schölkopf (2004), doi:10.1023/B:STCO.0000035301.49549.88",
    ),
)
