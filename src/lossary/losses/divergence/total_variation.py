"""Total variation: the largest difference that target and prediction make in the probability of any event.

The value is half the sum of |p - t| over the classes, in [0, 1]; for one right class it is 1 - p, so in the mean it is
the error rate of one who guesses at random by p. The gradient, sign(p - t)/2, is the same however large a mistake is,
which makes it robust to wrong labels; the price is that it is not proper: over one-hot targets it is least with all
probability on the likeliest class.
"""

from lossary.primitives import absolute, sign
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def distance(t, f):
    return absolute(f - t)


def value(total):
    return 0.5 * total


def grad(t, f):
    return 0.5 * sign(f - t)


def hess(f):
    return 0.0


def textbook(y, f):
    return total(absolute(f - y)) / 2


def textbook_grad(y, f):
    return sign(f - y) / 2


LOSS = RowLoss(
    name="total_variation",
    title="total variation",
    brief="Half the sum of |p - t|.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="The largest error in the probability of any event is the question.",
    avoid_when=(
        "True probabilities are to be learnt: `kl_target_prediction` is proper. The model gives scores: "
        "`total_variation_logits`."
    ),
    statistics=(Statistic("total", "sum", distance),),
    value=value,
    grad=grad,
    hess=hess,
    prediction="probabilities",
    functional="label",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=1.0,
        steepest=0.5,
        symmetric=True,
        proper=False,
        calibrated=True,
    ),
    wide=True,
    aliases=("total_variation_distance", "tvd"),
    elsewhere={"liger": "LigerTVDLoss"},
    facts=(
        RowPoint(y=1, f=(0.75, 0.25), value="3/4", grad=("1/2", "-1/2"), hess=("0", "0")),
        RowPoint(y=(0.5, 0.25, 0.25), f=(0.25, 0.25, 0.5), value="1/4", grad=("-1/2", "0", "1/2")),
        RowRelation("total_variation", at=lambda t, f: (f, t)),
        RowRelation("absolute_error", pointwise=lambda t, f: (t[1], f[1]), within=1e-12),
    ),
    sources=(
        "Ghosh, Kumar and Sastry (2017), doi:10.1609/aaai.v31i1.10894 (one-hot targets)",
        "Wen, Li, Du and Mou (2023), doi:10.18653/v1/2023.acl-long.605 (distillation)",
    ),
)
