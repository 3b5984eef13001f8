"""Binary cross-entropy: the price, in nats, of having given what happened the probability you gave it.

The value is -y log p - (1 - y) log(1 - p) for a predicted probability p and a target y that is a label or itself a
probability. A certain and wrong prediction costs infinity, as it should, with an infinite gradient: nothing is clipped.
At p = y = 0 and p = y = 1 the value is 0 and gradient and Hessian are their limits. Strictly proper.
"""

from lossary.formula import UNIT, Claims, Loss, Point, Relation
from lossary.primitives import absolute, log_ratio, ratio0, where, xlog1py, xlogy


def value(y, f):
    return -xlogy(y, f) - xlog1py(1.0 - y, -f)


def grad(y, f):
    # absolute(f), so that f = -0.0 gives a pole of the right sign.
    spread = absolute(f) * (1.0 - f)
    return where((f == y) & (spread == 0.0), 1.0 - 2.0 * f, ratio0(f - y, spread))


def hess(y, f):
    return ratio0(ratio0(y, f), f) + ratio0(ratio0(1.0 - y, 1.0 - f), 1.0 - f)


def fisher(y, f):
    return ratio0(1.0, absolute(f) * (1.0 - f))


def textbook_grad(y, f):
    return ratio0(1 - y, 1 - f) - ratio0(y, f)


LOSS = Loss(
    name="binary_cross_entropy",
    title="binary cross-entropy",
    brief="Minus the log of the probability of what happened.",
    textbook_grad=textbook_grad,
    use_when="The model gives probabilities as such, and they are to be judged or fitted.",
    avoid_when=(
        "The model produces a logit: `logistic` is the same loss of sigmoid(f), and keeps the digits that a "
        "probability next to 1 has already lost. One confident mistake must not cost infinity: `brier`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    likelihood=1.0,
    target=UNIT,
    prediction=UNIT,
    functional="probability",
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
        proper=True,
    ),
    aliases=("bce", "bce_loss", "log_loss", "binary_crossentropy"),
    elsewhere={
        "torch": "BCELoss, which stops at 100 and loses the gradient there",
        "keras": "BinaryCrossentropy, which clips p to [1e-7, 1 - 1e-7]",
        "scikit-learn": "metrics.log_loss, which clips p",
        "xgboost": "the metric logloss",
        "lightgbm": "the metric binary_logloss",
    },
    facts=(
        Point(y=0.5, f=0.5, value="log(2)", grad="0", hess="4"),
        Point(y=1.0, f=0.25, value="log(4)", grad="-4", hess="16"),
        Point(y=0.0, f=0.0, value="0", grad="1", hess="1"),
        Relation("logistic", at=lambda y, f: (y, log_ratio(f, 1.0 - f))),
    ),
    sources=(
        "Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x",
        "Gneiting and Raftery (2007), doi:10.1198/016214506000001437",
    ),
)
