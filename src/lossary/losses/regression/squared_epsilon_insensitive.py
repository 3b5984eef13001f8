"""Squared epsilon-insensitive: misses smaller than epsilon are free, larger ones cost the square of the excess.

With r = f - y the value is (|r| - epsilon)**2 beyond a tube of half-width epsilon around the target, and zero inside
it. The gradient is continuous; the Hessian is 0 in the tube and 2 outside it and on its edge, where it jumps (so that
epsilon = 0 is squared error throughout). epsilon is in the units of y.
"""

from lossary.formula import NONNEGATIVE, Claims, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, maximum, sign, square, where


def value(y, f, epsilon):
    return square(maximum(absolute(f - y) - epsilon, 0.0))


def grad(y, f, epsilon):
    return 2.0 * sign(f - y) * maximum(absolute(f - y) - epsilon, 0.0)


def hess(y, f, epsilon):
    return where(absolute(f - y) < epsilon, 0.0, 2.0)


def majorizer(y, f, epsilon):
    # No smaller curvature does, not even inside the tube: far out the loss grows like r**2.
    return 2.0


LOSS = Loss(
    name="squared_epsilon_insensitive",
    title="squared epsilon-insensitive loss",
    brief="Squared, beyond a free epsilon.",
    use_when="Errors below a known tolerance do not matter, and the solver wants a continuous gradient.",
    avoid_when="Some targets are wild: far out it grows like squared error, and `epsilon_insensitive` does not.",
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(Parameter("epsilon", 0.1, NONNEGATIVE, "half-width of the tube that costs nothing, in units of y"),),
    functional="m-estimate",
    kinks=lambda y, epsilon: (y - epsilon, y + epsilon),
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=True,
        lipschitz=float("inf"),
        smooth=2.0,
        bounded=float("inf"),
        homogeneous=lambda epsilon: 2.0 if epsilon == 0.0 else float("inf"),
    ),
    aliases=("l2_epsilon_insensitive",),
    elsewhere={"scikit-learn": "squared_epsilon_insensitive in LinearSVR and SGDRegressor"},
    facts=(
        Point(y=1.0, f=4.0, given={"epsilon": 0.5}, value="25/4", grad="5", hess="2"),
        Point(y=1.0, f=0.75, given={"epsilon": 0.5}, value="0", grad="0", hess="0"),
        Relation("squared_error", given={"epsilon": 0.0}),
    ),
    sources=("Smola and Schölkopf (2004), doi:10.1023/B:STCO.0000035301.49549.88",),
)
