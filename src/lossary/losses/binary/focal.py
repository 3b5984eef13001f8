"""Focal: cross-entropy that turns away from what is already well classified.

With p = sigmoid(f) the value is -alpha y (1 - p)**gamma log p - (1 - alpha) (1 - y) p**gamma log(1 - p): each side's
cross-entropy times a power of the probability given to the other side. At gamma = 2 a positive at p = 0.9 counts a
hundredth of what it would. The defaults are the paper's, gamma = 2 and alpha = 1/4. alpha = 1/2 weighs both sides alike
and gives half of what libraries without alpha compute; with gamma = 0 that is half of logistic. A target between 0 and
1 mixes the sides linearly.

For gamma > 0 it is not convex (the gradient overshoots for a confident mistake, then settles) and not proper: sigmoid
of its minimiser is pulled towards 1/2 and is no probability. Value and derivatives are finite and exact at every finite
logit, for gamma below 1 too.
"""

from lossary.formula import NONNEGATIVE, UNIT, Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, exp, power, product0, ratio0, sigmoid, sigmoid_power, softplus
from lossary.textbook import named


def value(y, f, gamma, alpha):
    yes = sigmoid_power(-f, gamma) * softplus(-f)
    no = sigmoid_power(f, gamma) * softplus(f)
    return product0(alpha * y, yes) + product0((1.0 - alpha) * (1.0 - y), no)


def grad(y, f, gamma, alpha):
    p = sigmoid(f)
    q = sigmoid(-f)
    yes = sigmoid_power(-f, gamma) * (gamma * product0(p, softplus(-f)) + q)
    no = sigmoid_power(f, gamma) * (gamma * product0(q, softplus(f)) + p)
    return (1.0 - alpha) * (1.0 - y) * no - alpha * y * yes


def hess(y, f, gamma, alpha):
    p = sigmoid(f)
    q = sigmoid(-f)
    yes = 1.0 + 2.0 * gamma + gamma * ratio0(softplus(-f), q) * (gamma * p - q)
    no = 1.0 + 2.0 * gamma + gamma * ratio0(softplus(f), p) * (gamma * q - p)
    # Both are to be multiplied by p * q = h * h, in two steps: at once it may be too small to have kept its digits.
    e = exp(-0.5 * absolute(f))
    h = e / (1.0 + e * e)
    yes_part = product0(alpha * y * sigmoid_power(-f, gamma) * h, product0(h, yes))
    no_part = product0((1.0 - alpha) * (1.0 - y) * sigmoid_power(f, gamma) * h, product0(h, no))
    return yes_part + no_part


def majorizer(y, f, gamma, alpha):
    # Either side's Hessian stays below (1 + gamma)**0.65625 / 4, found by search: exact at gamma = 0, 4% above at 2.
    return (alpha * y + (1.0 - alpha) * (1.0 - y)) * 0.25 * power(1.0 + gamma, 0.65625)


def textbook(y, f, gamma, alpha):
    p = named(sigmoid(f), "p")
    return alpha * y * (1 - p) ** gamma * softplus(-f) + (1 - alpha) * (1 - y) * p**gamma * softplus(f)


def textbook_grad(y, f, gamma, alpha):
    p = named(sigmoid(f), "p")
    yes = alpha * y * (1 - p) ** gamma * (1 - p + gamma * p * softplus(-f))
    return (1 - alpha) * (1 - y) * p**gamma * (p + gamma * (1 - p) * softplus(f)) - yes


def textbook_hess(y, f, gamma, alpha):
    p = named(sigmoid(f), "p")
    a = 1 + 2 * gamma
    yes = alpha * y * (1 - p) ** gamma * p * (a * (1 - p) + gamma * (gamma * p - 1 + p) * softplus(-f))
    no = (1 - alpha) * (1 - y) * p**gamma * (1 - p) * (a * p + gamma * (gamma * (1 - p) - p) * softplus(f))
    return yes + no


LOSS = Loss(
    name="focal",
    title="focal loss",
    brief="Cross-entropy that turns away from easy examples.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    textbook_hess=textbook_hess,
    use_when="Easy negatives outnumber all else, as in object detection, and the ranking counts, not the probability.",
    avoid_when=(
        "Probabilities are wanted: `logistic`. A class that is merely rare is no reason: `logistic` with a threshold "
        "moved to what errors cost deals with that."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    parameters=(
        Parameter("gamma", 2.0, NONNEGATIVE, "how fast well-classified examples fade; 0 for none"),
        Parameter("alpha", 0.25, Interval(0.0, 1.0), "weight of the positive side; the negative side has 1 - alpha"),
    ),
    target=UNIT,
    link="logit",
    functional="focal",
    claims=Claims(
        convex=lambda gamma, alpha: gamma == 0.0,
        nonnegative=True,
        bounded=float("inf"),
        proper=lambda gamma, alpha: gamma == 0.0 and alpha == 0.5,
    ),
    aliases=("focal_loss", "sigmoid_focal_loss", "binary_focal"),
    elsewhere={
        "torch": "torchvision.ops.sigmoid_focal_loss(alpha, gamma), the same for labels 0 and 1",
        "keras": "BinaryFocalCrossentropy(apply_class_balancing=True, alpha, gamma, from_logits=True)",
        "optax": "sigmoid_focal_loss(alpha, gamma); without alpha it is twice alpha=1/2",
        "catboost": "Focal:focal_alpha=;focal_gamma=",
    },
    facts=(
        Point(y=1.0, f=0.0, value="log(2)/16", grad="-(1+2*log(2))/32", hess="(5+2*log(2))/64"),
        Point(y=0.0, f=0.0, given={"gamma": 0.0}, value="3*log(2)/4", grad="3/8", hess="3/16"),
        Point(y=1.0, f=0.0, given={"gamma": 0.5, "alpha": 0.5}, value="log(2)/(2*sqrt(2))"),
        Relation("logistic", given={"gamma": 0.0, "alpha": 0.5}, scale=0.5),
    ),
    sources=("Lin, Goyal, Girshick, He and Dollar (2017), doi:10.1109/ICCV.2017.324",),
)
