"""Kullback-Leibler divergence of the prediction from the target, on log-probabilities: sum t (log t - l).

The same as kl_target_prediction of p = exp(l), for models that end in a log-softmax: it is linear in l, its gradient is
-t, and neither can overflow. That gradient is by the log-probabilities as they stand; the rest of the chain belongs to
the model. A class with t = 0 contributes 0, also at l = -inf.
"""

from lossary.primitives import exp, log, product0, xlogy
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def surprise(t, f):
    return product0(t, log(t) - f)


def value(total):
    return total


def grad(t):
    return -t


def hess(t):
    return 0.0


def textbook(y, f):
    return total(product0(y, log(y) - f))


def textbook_grad(y, f):
    return -y


LOSS = RowLoss(
    name="kl_target_prediction_log_probabilities",
    title="Kullback-Leibler divergence of log-probabilities",
    brief="Covering KL of log-probabilities.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="The model ends in a log-softmax and is to cover the whole target.",
    avoid_when="The scores are at hand: `kl_target_prediction_logits` takes both steps at once and keeps more digits.",
    statistics=(Statistic("total", "sum", surprise),),
    value=value,
    grad=grad,
    hess=hess,
    prediction="log_probabilities",
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=1.0,
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    wide=True,
    aliases=("kl_div",),
    elsewhere={
        "torch": "KLDivLoss(reduction='batchmean'); its reduction 'mean' divides by the number of scores",
        "optax": "kl_divergence",
    },
    facts=(
        RowPoint(y=1, f=(float("-inf"), 0.0), value="0", grad=("0", "-1"), hess=("0", "0")),
        RowPoint(
            y=(0.25, 0.75),
            f=(-0.6931471805599453, -0.6931471805599453),
            value="0.6931471805599453-log(4)/4+log(3/4)*3/4",
            grad=("-1/4", "-3/4"),
        ),
        RowRelation("kl_target_prediction", at=lambda t, f: (t, [exp(x) for x in f])),
        RowRelation("softmax_cross_entropy", shift=lambda t, f: sum([xlogy(x, x) for x in t]), within=1e-12),
    ),
    sources=("Kullback and Leibler (1951), doi:10.1214/aoms/1177729694",),
)
