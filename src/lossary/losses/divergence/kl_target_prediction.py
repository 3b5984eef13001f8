"""Kullback-Leibler divergence of the prediction from the target: sum t log(t / p), on probabilities.

It is the expected log-likelihood ratio for one who draws from the target: categorical cross-entropy less the target's
own entropy, so the two have the same gradient, -t / p, but this one is zero at p = t. A class that the target allows
and the prediction rules out costs infinity, one with t = 0 nothing: the prediction learns to cover the whole target.
Strictly proper. Names here say the order of the arguments; the other order is kl_prediction_target.
"""

from lossary.primitives import log_ratio, product0, ratio0, xlogy
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def surprise(t, f):
    return product0(t, log_ratio(t, f))


def value(total):
    return total


def grad(t, f):
    return -ratio0(t, f)


def hess(t, f):
    return ratio0(ratio0(t, f), f)


def textbook(y, f):
    return total(xlogy(y, y / f))


def textbook_grad(y, f):
    return -ratio0(y, f)


LOSS = RowLoss(
    name="kl_target_prediction",
    title="Kullback-Leibler divergence",
    brief="KL that covers all: sum t log(t/p).",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "Probabilities are to be fitted to a whole distribution, and the value should be zero where they are equal."
    ),
    avoid_when=(
        "The model gives scores: `kl_target_prediction_logits`. It gives log-probabilities: "
        "`kl_target_prediction_log_probabilities`. A mode of the target is enough: `kl_prediction_target`."
    ),
    statistics=(Statistic("total", "sum", surprise),),
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
    aliases=("kl_divergence", "kullback_leibler", "kullback_leibler_divergence", "kld", "forward_kl"),
    elsewhere={
        "keras": "KLDivergence, which clips p and t to [1e-7, 1]",
        "scipy": "the sum of special.rel_entr(t, p)",
    },
    facts=(
        RowPoint(y=1, f=(0.75, 0.25), value="log(4)", grad=("0", "-4"), hess=("0", "16")),
        RowPoint(y=(0.5, 0.5), f=(0.25, 0.75), value="log(4/3)/2", grad=("-2", "-2/3"), hess=("8", "8/9")),
        RowPoint(y=(0.25, 0.0, 0.75), f=(0.25, 0.0, 0.75), value="0", grad=("-1", "0", "-1")),
        RowRelation("categorical_cross_entropy", shift=lambda t, f: sum([xlogy(x, x) for x in t])),
        RowRelation("kl_prediction_target", at=lambda t, f: (f, t)),
        RowRelation(
            "softmax_cross_entropy",
            at=lambda t, f: (t, [log_ratio(x, 1.0) for x in f]),
            shift=lambda t, f: sum([xlogy(x, x) for x in t]),
            within=1e-12,
        ),
    ),
    sources=("Kullback and Leibler (1951), doi:10.1214/aoms/1177729694",),
)
