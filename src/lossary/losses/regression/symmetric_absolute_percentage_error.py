"""Symmetric absolute percentage error: the miss as a share of the average size of target and prediction.

The value is 2 |f - y| / (|y| + |f|), a fraction between 0 and 2, and 0 where both are zero. A prediction of the wrong
sign, or of zero, costs the full 2 however far off it is, and pulls nowhere: there the gradient is 0. At the kinks the
gradient is the middle of its two sides: 0 at f = y, half of its one-sided value at f = 0. The Hessian at f = y is 0,
at f = 0 that of the target's side. Not convex, and despite its name it favours predicting high.
"""

from lossary.formula import Claims, Loss, Point, Relation
from lossary.primitives import INFINITY, absolute, maximum, minimum, ratio0, sign, where


def value(y, f):
    # Scaled by the larger size, so that neither the sum nor a product overflows.
    larger = maximum(absolute(y), absolute(f))
    scale = where((larger > 0.0) & (larger < INFINITY), larger, 1.0)
    smaller = minimum(minimum(absolute(y), absolute(f)) / scale, 1.0)
    agree = (sign(y) * sign(f) > 0.0) & (larger < INFINITY)
    return where(agree, 2.0 * (absolute(f - y) / scale) / (1.0 + smaller), 2.0 * sign(larger))


def grad(y, f):
    larger = maximum(absolute(y), absolute(f))
    scale = where(larger > 0.0, larger, 1.0)
    smaller = minimum(absolute(y), absolute(f)) / scale
    share = 2.0 * (1.0 + sign(y) * sign(f)) * sign(f - y)
    return share * (absolute(y) / scale) / ((1.0 + smaller) * (1.0 + smaller)) / scale


def hess(y, f):
    larger = maximum(absolute(y), absolute(f))
    scale = where(larger > 0.0, larger, 1.0)
    smaller = minimum(absolute(y), absolute(f)) / scale
    total = 1.0 + smaller
    share = where(sign(y) * sign(f) < 0.0, 0.0, 8.0 * sign(absolute(y) - absolute(f)))
    return share * (absolute(y) / scale) / (total * total * total) / scale / scale


def textbook(y, f):
    return 2 * ratio0(absolute(f - y), absolute(y) + absolute(f))


def textbook_grad(y, f):
    same = 1 + sign(y) * sign(f)
    return ratio0(2 * same * sign(f - y) * absolute(y), (absolute(y) + absolute(f)) ** 2)


def textbook_hess(y, f):
    size = absolute(y) + absolute(f)
    return where((y * f < 0.0) | (y == 0.0), 0.0, 8 * sign(absolute(y) - absolute(f)) * absolute(y) / size**3)


LOSS = Loss(
    name="symmetric_absolute_percentage_error",
    title="symmetric absolute percentage error",
    brief="The miss over the mean of both sizes.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    textbook_hess=textbook_hess,
    use_when="You compare forecasts of series of unlike scale, and this figure is asked for.",
    avoid_when=(
        "You fit: a prediction of the wrong sign is pulled nowhere; `squared_log_error` can be fitted, and is "
        "relative too."
    ),
    value=value,
    grad=grad,
    hess=hess,
    functional="m-estimate",
    kinks=lambda y: (y, 0.0),
    claims=Claims(
        convex=False,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=2.0,
        homogeneous=0.0,
    ),
    aliases=("smape", "symmetric_mean_absolute_percentage_error"),
    elsewhere={"catboost": "SMAPE, the metric, 100 times this"},
    facts=(
        Point(y=1.0, f=3.0, value="1", grad="1/4", hess="-1/8"),
        Point(y=-3.0, f=-1.0, value="1", grad="3/4", hess="3/8"),
        Point(y=2.0, f=-5.0, value="2", grad="0", hess="0"),
        Point(y=0.0, f=0.0, value="0"),
        Relation("symmetric_absolute_percentage_error", at=lambda y, f: (f, y)),
    ),
    sources=(
        "Makridakis (1993), doi:10.1016/0169-2070(93)90079-3",
        "Hyndman and Koehler (2006), doi:10.1016/j.ijforecast.2006.03.001",
    ),
)
