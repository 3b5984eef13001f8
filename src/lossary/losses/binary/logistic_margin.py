"""Logistic margin: cross-entropy for labels -1 and +1, a hinge with its corner smoothed away.

With the margin m = y f the value is log(1 + e**-m): about -m for a badly wrong score, e**-m for a safely right one, log
2 on the fence. It is logistic in the label coding of support vector machines, and neither overflows nor loses the right
side's tail. Smooth and convex; the minimiser is the log-odds, sigmoid(f) = P(y = +1).
"""

from lossary.formula import SIGNS, Claims, Loss, Point, Relation
from lossary.primitives import absolute, expm1_over, sigmoid, sigmoid_slope, softplus


def value(y, f):
    return softplus(-y * f)


def grad(y, f):
    return -y * sigmoid(-y * f)


def hess(y, f):
    return sigmoid_slope(f)


def majorizer(y, f):
    # Jaakkola and Jordan's tanh(f/2) / (2f), the tightest parabola: it touches at f and -f.
    return 0.5 * expm1_over(-absolute(f)) * sigmoid(absolute(f))


LOSS = Loss(
    name="logistic_margin",
    title="logistic margin loss",
    brief="Logistic loss for labels -1 and +1.",
    use_when="Labels are -1 and +1, and probabilities matter.",
    avoid_when=(
        "Targets are 0 and 1, or probabilities: `logistic`. Examples that are safely right should drop out "
        "altogether: `modified_huber`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    majorizer=majorizer,
    fisher=hess,
    likelihood=1.0,
    target=SIGNS,
    link="logit",
    functional="probability",
    claims=Claims(
        convex=True,
        nonnegative=True,
        lipschitz=1.0,
        smooth=0.25,
        bounded=float("inf"),
        calibrated=True,
    ),
    aliases=("soft_margin", "soft_margin_loss", "logit_margin"),
    elsewhere={
        "torch": "SoftMarginLoss, which overflows at margins below -88 in float32",
        "scikit-learn": 'SGDClassifier(loss="log_loss")',
    },
    facts=(
        Point(y=-1.0, f=0.0, value="log(2)", grad="1/2", hess="1/4"),
        Point(y=1.0, f=2.0, value="log1p(exp(-2))", grad="-1/(1+exp(2))", hess="exp(2)/(1+exp(2))**2"),
        Relation("logistic", at=lambda y, f: (0.5 * y + 0.5, f)),
    ),
    sources=(
        "Friedman, Hastie and Tibshirani (2000), doi:10.1214/aos/1016218223",
        "Jaakkola and Jordan (2000), doi:10.1023/A:1008932416310 (majorizer)",
    ),
)
