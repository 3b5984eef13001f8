"""Cumulative logit, or proportional odds: minus the log-probability of the right class among ordered ones.

The k scores are the logits of the chances that the class is at most the first, the second, ..., the k-th of k + 1; they
must increase, and class j has the probability sigmoid(f_j) - sigmoid(f_(j-1)). In a proportional-odds model they are k
thresholds less one linear predictor. Convex in the scores, and strictly proper. Two equal scores give a class the
probability 0 and cost infinity if it is the right one; scores out of order give no number.
"""

from lossary.primitives import (
    INFINITY,
    absolute,
    exp,
    expm1,
    log,
    log1p,
    product0,
    ratio0,
    sigmoid,
    sigmoid_slope,
    softplus,
    where,
    xlogy,
)
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import extended, named, previous, total

# With a and b the scores left and right of a class, its probability is sigmoid(b) sigmoid(-a) (1 - e**(a - b)): three
# factors, each with all its digits, where the difference of two sigmoids may have none.


def cost(f, t, before, t_after):
    d = before - f
    # log(1 - e**d), by the function that does not cancel.
    apart = where(d < -0.6875, log1p(-exp(d)), log(-expm1(d)))
    return product0(t, softplus(-f) - apart) + product0(t_after, softplus(f))


def value(total):
    return total


def grad(f, t, before, after, t_after):
    # e**d / (1 - e**d) for the distance to either side; absolute, so that equal scores give +inf.
    left = ratio0(exp(before - f), absolute(expm1(before - f)))
    right = ratio0(exp(f - after), absolute(expm1(f - after)))
    return product0(t_after, sigmoid(f) + right) - product0(t, sigmoid(-f) + left)


def hess(f, t, before, after, t_after):
    p = expm1(before - f)
    q = expm1(f - after)
    left = ratio0(ratio0(exp(before - f), absolute(p)), absolute(p))
    right = ratio0(ratio0(exp(f - after), absolute(q)), absolute(q))
    return product0(t, sigmoid_slope(f) + left) + product0(t_after, sigmoid_slope(f) + right)


def cross(rank_i, rank_j, f_i, f_j, t_j):
    q = expm1(f_i - f_j)
    return where(rank_j - rank_i == 1.0, -product0(t_j, ratio0(ratio0(exp(f_i - f_j), absolute(q)), absolute(q))), 0.0)


def textbook(y, f):
    p = named(sigmoid(extended(f, INFINITY)) - sigmoid(previous(f, -INFINITY)), "p")
    return -total(xlogy(y, p))


LOSS = RowLoss(
    name="cumulative_logit",
    title="cumulative logit loss",
    brief="Proportional odds of ordered classes.",
    textbook=textbook,
    use_when="Classes are ordered: grades, stages, ratings. A near miss is then evidence for the neighbours.",
    avoid_when=(
        "The order is in doubt: `softmax_cross_entropy` assumes none. The model gives probabilities: "
        "`ranked_probability_score`."
    ),
    statistics=(Statistic("total", "sum", cost),),
    value=value,
    grad=grad,
    hess=hess,
    cross=cross,
    prediction="increasing",
    more_classes=1,
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=float("inf"),
        shift_invariant=False,
        symmetric=False,
        proper=True,
    ),
    wide=True,
    aliases=("proportional_odds", "ordinal_logistic", "ordered_logit"),
    elsewhere={
        "statsmodels": "OrderedModel(distr='logit'), with thresholds less the linear predictor as scores",
        "R": "MASS::polr, VGAM::cumulative(parallel = TRUE)",
    },
    facts=(
        RowPoint(
            y=1,
            f=(-1.0, 1.0),
            value="-log(tanh(1/2))",
            grad=("1/(4*cosh(1/2)**2*tanh(1/2))", "-1/(4*cosh(1/2)**2*tanh(1/2))"),
        ),
        RowPoint(y=0, f=(0.0, 3.0), value="log(2)", grad=("-1/2", "0"), hess=("1/4", "0")),
        RowPoint(y=2, f=(-3.0, 0.0), value="log(2)", grad=("0", "1/2"), hess=("0", "1/4")),
        RowPoint(y=1, f=(800.0, 801.0), value="800-log(1-exp(-1))", grad=("1+1/(e-1)", "-1/(e-1)-exp(-801)")),
        RowRelation("logistic", pointwise=lambda t, f: (t[0], f[0])),
    ),
    sources=("McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x",),
)
