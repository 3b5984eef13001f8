"""Logistic: cross-entropy of a yes-or-no target, straight from the logit.

The value is pos_weight t softplus(-f) + (1 - t) softplus(f), where softplus(f) = log(1 + e**f) and t is the target y
pulled towards 1/2 by label smoothing. Targets may be labels 0 and 1 or probabilities between. For a wrong logit it
grows like |f|, for a right one it dies off like e**-|f|, and both tails keep all their digits. It is strictly proper:
its minimiser is the log-odds, sigmoid(f) = P(y = 1) (with pos_weight or smoothing, of the re-weighted labels).
"""

from lossary.formula import UNIT, Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, exp, expm1_over, product0, sigmoid, sigmoid_slope, softplus, where
from lossary.textbook import named


def value(y, f, pos_weight, label_smoothing):
    s = 0.5 * label_smoothing
    yes = pos_weight * (y * (1.0 - label_smoothing) + s)
    no = (1.0 - y) * (1.0 - label_smoothing) + s
    # softplus(f) = max(f, 0) + softplus(-|f|): one tail for both sides, and |f| for the wrong one.
    return product0(where(f > 0.0, no, yes), absolute(f)) + (yes + no) * softplus(-absolute(f))


def grad(y, f, pos_weight, label_smoothing):
    s = 0.5 * label_smoothing
    yes = pos_weight * (y * (1.0 - label_smoothing) + s)
    no = (1.0 - y) * (1.0 - label_smoothing) + s
    # no * sigmoid(f) - yes * sigmoid(-f) over the common denominator: no digit is lost where soft labels cancel.
    e = exp(-absolute(f))
    return where(f >= 0.0, no - yes * e, no * e - yes) / (1.0 + e)


def hess(y, f, pos_weight, label_smoothing):
    s = 0.5 * label_smoothing
    yes = pos_weight * (y * (1.0 - label_smoothing) + s)
    no = (1.0 - y) * (1.0 - label_smoothing) + s
    return (yes + no) * sigmoid_slope(f)


def majorizer(y, f, pos_weight, label_smoothing):
    # Jaakkola and Jordan's tanh(f/2) / (2f), the tightest parabola: it touches at f and -f.
    s = 0.5 * label_smoothing
    yes = pos_weight * (y * (1.0 - label_smoothing) + s)
    no = (1.0 - y) * (1.0 - label_smoothing) + s
    return 0.5 * (yes + no) * expm1_over(-absolute(f)) * sigmoid(absolute(f))


def textbook(y, f, pos_weight, label_smoothing):
    t = named((1 - label_smoothing) * y + label_smoothing / 2, "t")
    return pos_weight * t * softplus(-f) + (1 - t) * softplus(f)


def textbook_grad(y, f, pos_weight, label_smoothing):
    t = named((1 - label_smoothing) * y + label_smoothing / 2, "t")
    p = named(sigmoid(f), "p")
    return (1 - t) * p - pos_weight * t * (1 - p)


def textbook_hess(y, f, pos_weight, label_smoothing):
    t = named((1 - label_smoothing) * y + label_smoothing / 2, "t")
    p = named(sigmoid(f), "p")
    return (pos_weight * t + 1 - t) * p * (1 - p)


LOSS = Loss(
    name="logistic",
    title="logistic loss",
    brief="Cross-entropy of a yes-or-no target, from the logit.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    textbook_hess=textbook_hess,
    use_when=(
        "The target is yes or no, or a probability, and the model gives a logit: the first choice, also for rare "
        "events, for which the threshold is moved afterwards."
    ),
    avoid_when=(
        "The model gives probabilities: `binary_cross_entropy`. Labels are -1 and +1: `logistic_margin`. Where "
        "probabilities are wanted leave pos_weight and label_smoothing alone: both distort them."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    fisher=hess,
    likelihood=lambda pos_weight, label_smoothing: 1.0 if (pos_weight, label_smoothing) == (1.0, 0.0) else None,
    parameters=(
        Parameter("pos_weight", 1.0, Interval(0.0), "weight of the positive class"),
        Parameter("label_smoothing", 0.0, Interval(0.0, 1.0, low_closed=True), "share of the target spread over both"),
    ),
    target=UNIT,
    link="logit",
    functional="probability",
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=lambda pos_weight, label_smoothing: max(pos_weight, 1.0) * (1.0 - 0.5 * label_smoothing),
        smooth=lambda pos_weight, label_smoothing: (
            (max(pos_weight, 1.0) * (1.0 - 0.5 * label_smoothing) + min(pos_weight, 1.0) * 0.5 * label_smoothing) / 4.0
        ),
        bounded=float("inf"),
        proper=lambda pos_weight, label_smoothing: pos_weight == 1.0 and label_smoothing == 0.0,
    ),
    aliases=("binary_cross_entropy_with_logits", "bce_with_logits", "sigmoid_binary_cross_entropy"),
    elsewhere={
        "torch": "BCEWithLogitsLoss(pos_weight)",
        "keras": "BinaryCrossentropy(from_logits=True, label_smoothing)",
        "optax": "sigmoid_binary_cross_entropy",
        "xgboost": "binary:logistic(scale_pos_weight=pos_weight)",
        "lightgbm": "binary(scale_pos_weight=pos_weight)",
        "catboost": "Logloss",
    },
    facts=(
        Point(y=0.0, f=0.0, value="log(2)", grad="1/2", hess="1/4"),
        Point(y=1.0, f=40.0, value="log1p(exp(-40))", grad="-1/(1+exp(40))"),
        Point(y=1.0, f=0.0, given={"pos_weight": 3.0}, value="3*log(2)", grad="-3/2", hess="3/4"),
        Relation("logistic", given={"label_smoothing": 0.25}, at=lambda y, f: (0.75 * y + 0.125, f)),
        Relation("focal", other_given={"gamma": 0.0, "alpha": 0.5}, scale=2.0),
    ),
    sources=(
        "Cox (1958), doi:10.1111/j.2517-6161.1958.tb00292.x",
        "Jaakkola and Jordan (2000), doi:10.1023/A:1008932416310 (majorizer)",
    ),
)
