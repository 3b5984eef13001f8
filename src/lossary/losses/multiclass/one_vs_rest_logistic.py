"""One-vs-rest logistic: each class is a yes-or-no question of its own, and their cross-entropies add up.

The value is the sum of t softplus(-f) + (1 - t) softplus(f) over the classes, where t is 1 for each class that applies:
any number of them, or fractions between. sigmoid(f) estimates each class's probability, and these need not sum to one.
It is the pointwise logistic summed over a row, with the same digits in both tails, and convex; a class masked with a
score of -inf and target 0 costs nothing. The mean over the classes in place of the sum is multilabel_soft_margin.
"""

from lossary.primitives import absolute, exp, product0, sigmoid, sigmoid_slope, softplus, where
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def logistic(f, t):
    return product0(where(f > 0.0, 1.0 - t, t), absolute(f)) + softplus(-absolute(f))


def value(total):
    return total


def grad(f, t):
    e = exp(-absolute(f))
    return where(f >= 0.0, (1.0 - t) - t * e, (1.0 - t) * e - t) / (1.0 + e)


def hess(f):
    return sigmoid_slope(f)


def textbook(y, f):
    return total(product0(y, softplus(-f)) + (1 - y) * softplus(f))


def textbook_grad(y, f):
    return sigmoid(f) - y


LOSS = RowLoss(
    name="one_vs_rest_logistic",
    title="one-vs-rest logistic loss",
    brief="The sum of each class's yes-or-no loss.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Any number of classes may apply at once: tags, diagnoses.",
    avoid_when="Classes exclude each other: the probabilities of `softmax_cross_entropy` sum to one.",
    statistics=(Statistic("total", "sum", logistic),),
    value=value,
    grad=grad,
    hess=hess,
    targets="labels",
    link="sigmoid",
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=1.0,
        shift_invariant=False,
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    aliases=("one_vs_all_logistic", "ovr_logistic", "multilabel_logistic", "multilabel_cross_entropy"),
    elsewhere={
        "torch": "MultiLabelSoftMarginLoss: 1/k of this for k classes",
        "lightgbm": "multiclassova",
        "catboost": "MultiClassOneVsAll, MultiLogloss, MultiCrossEntropy: 1/k of this",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0, 0.0), value="3*log(2)", grad=("-1/2", "1/2", "1/2"), hess=("1/4", "1/4", "1/4")),
        RowPoint(y=(1.0, 1.0), f=(40.0, 0.0), value="log1p(exp(-40))+log(2)", grad=("-1/(1+exp(40))", "-1/2")),
        RowPoint(y=(0.0, 0.0), f=(-50.0, -50.0), value="2*log1p(exp(-50))"),
        RowRelation("one_vs_rest_logistic", at=lambda t, f: (tuple(1.0 - a for a in t), tuple(-x for x in f))),
        RowRelation("logistic", pointwise=lambda t, f: (t[1], f[1]), shift=lambda t, f: softplus(f[0]) - t[0] * f[0]),
    ),
    sources=(
        "Cox (1958), doi:10.1111/j.2517-6161.1958.tb00292.x",
        "Rifkin and Klautau (2004), In defense of one-vs-all classification, "
        "Journal of Machine Learning Research 5, 101-141",
    ),
)
