"""Categorical cross-entropy: minus the log of the probability that was given to the right class.

The value is -sum t log p over the classes, for predicted probabilities p and target weights t: a class index stands for
a one in its place. A right class given the probability 0 costs infinity, with an infinite gradient: nothing is clipped;
a class with t = 0 contributes 0, even at p = 0. Strictly proper, and the only such score that looks at the probability
of what happened and at nothing else.
"""

from lossary.primitives import log, product0, ratio0, xlogy
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def log_score(t, f):
    return product0(t, log(f))


def value(log_score):
    return -log_score


def grad(t, f):
    return -ratio0(t, f)


def hess(t, f):
    return ratio0(ratio0(t, f), f)


def textbook(y, f):
    return -total(xlogy(y, f))


def textbook_grad(y, f):
    return -ratio0(y, f)


LOSS = RowLoss(
    name="categorical_cross_entropy",
    title="categorical cross-entropy",
    brief="Minus the log-probability of the right class.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="The model gives the classes' probabilities as such, and they are to be judged or fitted.",
    avoid_when=(
        "The model produces scores: `softmax_cross_entropy` is the same loss of softmax(f), and keeps the digits "
        "that a probability next to 1 has already lost. One surprise must not decide: `multiclass_brier`."
    ),
    statistics=(Statistic("log_score", "sum", log_score),),
    value=value,
    grad=grad,
    hess=hess,
    prediction="probabilities",
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=float("inf"),
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    wide=True,
    aliases=(
        "sparse_categorical_cross_entropy",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "nll",
        "negative_log_likelihood",
        "logarithmic_score",
    ),
    elsewhere={
        "torch": "NLLLoss of log-probabilities",
        "keras": "CategoricalCrossentropy, SparseCategoricalCrossentropy, which clip p to [1e-7, 1 - 1e-7]",
        "sklearn": "metrics.log_loss, which clips p",
        "xgboost": "the metric mlogloss",
        "lightgbm": "the metric multi_logloss",
    },
    facts=(
        RowPoint(y=2, f=(0.25, 0.25, 0.5), value="log(2)", grad=("0", "0", "-2"), hess=("0", "0", "4")),
        RowPoint(y=(0.5, 0.5), f=(0.75, 0.25), value="log(16/3)/2", grad=("-2/3", "-2"), hess=("8/9", "8")),
        RowPoint(y=0, f=(1.0, 0.0), value="0", grad=("-1", "0"), hess=("1", "0")),
        RowRelation("kl_target_prediction", shift=lambda t, f: -sum([xlogy(x, x) for x in t])),
        RowRelation("softmax_cross_entropy", at=lambda t, f: (t, [log(x) for x in f]), within=1e-12),
        RowRelation("binary_cross_entropy", pointwise=lambda t, f: (t[1], f[1]), within=1e-12),
    ),
    sources=(
        "Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x",
        "Gneiting and Raftery (2007), doi:10.1198/016214506000001437",
    ),
)
