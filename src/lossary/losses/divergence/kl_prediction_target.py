"""Kullback-Leibler divergence of the target from the prediction: sum p log(p / t), on probabilities.

The other order of kl_target_prediction, and another loss: whatever the prediction allows and the target rules out costs
infinity, also at a one-hot target, and what it leaves out costs little. So it seeks a mode of the target and stays
there. Its gradient is log(p / t) + 1. A class with p = t = 0 does not count. Over random targets it elicits their
normalised geometric mean, not their mean.
"""

from lossary.primitives import INFINITY, log, log_ratio, product0, ratio0, where, with_slope_of, xlogy
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def surprise(t, f):
    return product0(f, log_ratio(f, t))


def value(total):
    return total


def grad(t, f):
    finite = log_ratio(f, t) + 1.0
    slope = with_slope_of(where(t == 0.0, INFINITY, finite), finite)
    return where((f == 0.0) & (t == 0.0), 0.0, slope)


def hess(t, f):
    return where((f == 0.0) & (t == 0.0), 0.0, ratio0(1.0, f))


def textbook(y, f):
    return total(xlogy(f, f / y))


def textbook_grad(y, f):
    return log(f / y) + 1


LOSS = RowLoss(
    name="kl_prediction_target",
    title="reverse Kullback-Leibler divergence",
    brief="KL that seeks a mode: sum p log(p/t).",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "What the target rules out must not be predicted, and leaving some of it out is allowed: variational inference."
    ),
    avoid_when=(
        "Targets are class indices or have zeros: the value is infinite; `kl_target_prediction` is the other order. "
        "The model gives scores: `kl_prediction_target_logits`."
    ),
    statistics=(Statistic("total", "sum", surprise),),
    value=value,
    grad=grad,
    hess=hess,
    prediction="probabilities",
    functional="geometric mean",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=float("inf"),
        symmetric=True,
    ),
    wide=True,
    aliases=("reverse_kl",),
    elsewhere={"scipy": "the sum of special.rel_entr(p, t)"},
    facts=(
        RowPoint(y=(0.25, 0.75), f=(0.5, 0.5), value="log(4/3)/2", grad=("log(2)+1", "log(2/3)+1"), hess=("2", "2")),
        RowPoint(y=(0.5, 0.5), f=(1.0, 0.0), value="log(2)"),
        RowPoint(y=(0.25, 0.0, 0.75), f=(0.25, 0.0, 0.75), value="0", grad=("1", "0", "1"), hess=("4", "0", "4/3")),
        RowRelation("kl_target_prediction", at=lambda t, f: (f, t)),
    ),
    sources=("Kullback and Leibler (1951), doi:10.1214/aoms/1177729694",),
)
