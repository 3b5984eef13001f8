"""Multilabel soft margin: the mean over the classes of each one's yes-or-no cross-entropy.

The value is the mean of t softplus(-f) + (1 - t) softplus(f) over the k classes, where t is 1 for each class that
applies: one_vs_rest_logistic divided by k, under the name that torch gave it. Rows keep their scale when classes are
added, and each class's gradient then shrinks; where classes are masked (score -inf, target 0) they still count in k.
sigmoid(f) estimates each class's probability.
"""

from lossary.losses.multiclass import one_vs_rest_logistic
from lossary.primitives import product0, sigmoid, softplus
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import classes, total


def value(total, k):
    return total / k


def grad(slope, k):
    return slope / k


def hess(bend, k):
    return bend / k


def textbook(y, f):
    return total(product0(y, softplus(-f)) + (1 - y) * softplus(f)) / classes(f)


def textbook_grad(y, f):
    return (sigmoid(f) - y) / classes(f)


LOSS = RowLoss(
    name="multilabel_soft_margin",
    title="multilabel soft margin loss",
    brief="The mean of each class's yes-or-no loss.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "Any number of classes may apply, and rows should keep their scale when classes are added; or torch's loss "
        "of this name is to be matched."
    ),
    avoid_when=(
        "Classes exclude each other: `softmax_cross_entropy`. Some classes are masked: `one_vs_rest_logistic`, the "
        "sum, does not count them."
    ),
    statistics=(
        Statistic("total", "sum", one_vs_rest_logistic.logistic),
        Statistic("slope", "keep", one_vs_rest_logistic.grad),
        Statistic("bend", "keep", one_vs_rest_logistic.hess),
    ),
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
        shift_invariant=False,
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    aliases=("multilabel_soft_margin_loss", "multi_label_soft_margin"),
    elsewhere={
        "torch": "MultiLabelSoftMarginLoss",
        "catboost": "MultiLogloss, MultiCrossEntropy",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="log(2)", grad=("-1/4", "1/4"), hess=("1/8", "1/8")),
        RowPoint(y=(1.0, 1.0, 0.0, 0.0), f=(40.0, 40.0, -40.0, -40.0), value="log1p(exp(-40))"),
        RowRelation("multilabel_soft_margin", at=lambda t, f: (t + t, f + f)),
        RowRelation(
            "one_vs_rest_logistic",
            shift=lambda t, f: sum(softplus(x) - a * x for a, x in zip(t, f, strict=True)) * (1 - len(f)) / len(f),
        ),
    ),
    sources=("Cox (1958), doi:10.1111/j.2517-6161.1958.tb00292.x",),
)
