"""Softmax cross-entropy: minus the log-probability of the right class, straight from the scores of all classes.

The value is the sum of t (log sum e**f - f) over the classes, for target weights t: a class index stands for a one in
its place, and label smoothing, class weights and soft targets are other weights. It is strictly proper: at its minimum
softmax(f) is the distribution of the classes. Its gradient is p - t. ``z_loss`` adds z (log sum e**f)**2, which keeps
the scores of large models from drifting away together.
"""

from lossary.formula import Interval, Parameter
from lossary.losses.softmax import BELOW, INVERSE, OTHERS, PEAK, REST, SHARE, TIED, TIES
from lossary.primitives import exp, log, log1p, square, where, xlogy
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total


def distance(f, peak):
    return peak - f


def mass(others, tied):
    return others + tied


def log_total(peak, rest):
    return peak + log1p(rest)


def pull(mass, inverse, log_total, z_loss):
    return mass * (1.0 + 2.0 * z_loss * log_total) * inverse


def push(mass, inverse, log_total, z_loss):
    return 2.0 * z_loss * mass * log_total * inverse


def value(gap, mass, rest, log_total, z_loss):
    return mass * (log1p(rest) + z_loss * square(log_total)) + gap


def grad(e, t, others, tied, rest, inverse, pull, push):
    # At the top p - t is taken as (the others' weight) - t rest, over 1 + rest: no digit is lost when p is nearly t.
    return where(e == 1.0, ((others + (tied - t)) - t * rest) * inverse + push, pull * e - t)


def hess(e, mass, rest, inverse, log_total, z_loss):
    p = e * inverse
    not_p = where(e == 1.0, rest, 1.0 + (rest - e)) * inverse
    return mass * p * (not_p * (1.0 + 2.0 * z_loss * log_total) + 2.0 * z_loss * p)


def together(mass, inverse, log_total, z_loss):
    return mass * inverse * inverse * (2.0 * z_loss - (1.0 + 2.0 * z_loss * log_total))


def share(e):
    return e


def textbook(y, f, z_loss):
    return -total(xlogy(y, softmax(f))) + z_loss * log(total(exp(f))) ** 2


def textbook_grad(y, f, z_loss):
    p = softmax(f)
    return p - y + 2 * z_loss * log(total(exp(f))) * p


LOSS = RowLoss(
    name="softmax_cross_entropy",
    title="softmax cross-entropy",
    brief="Minus log-probability of the class, from scores.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="One of several classes is right: the first choice, for probabilities and for labels.",
    avoid_when=(
        "Many labels are wrong: `generalized_cross_entropy`. Easy rows outnumber all else: `focal_softmax`. Several "
        "classes may apply at once: `one_vs_rest_logistic`. Classes are ordered: `cumulative_logit`."
    ),
    statistics=(
        PEAK,
        Statistic("gap", "expect", distance),
        SHARE,
        BELOW,
        TIES,
        REST,
        INVERSE,
        OTHERS,
        TIED,
        Statistic("mass", "row", mass),
        Statistic("log_total", "row", log_total),
        Statistic("pull", "row", pull),
        Statistic("push", "row", push),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(together, share),),
    parameters=(
        Parameter("z_loss", 0.0, Interval(0.0, low_closed=True), "weight of the squared log of the sum of e**f"),
    ),
    link="softmax",
    functional="probability",
    claims=RowClaims(
        convex=lambda z_loss: True if z_loss == 0.0 else None,
        nonnegative=True,
        bounded=float("inf"),
        steepest=lambda z_loss: 1.0 if z_loss == 0.0 else float("inf"),
        shift_invariant=lambda z_loss: z_loss == 0.0,
        symmetric=True,
        proper=lambda z_loss: True if z_loss == 0.0 else None,
        calibrated=True,
    ),
    aliases=(
        "cross_entropy",
        "categorical_cross_entropy_with_logits",
        "sparse_categorical_cross_entropy_with_logits",
        "multinomial_logistic",
        "softmax_cross_entropy_with_integer_labels",
        "multiclass_log_loss",
    ),
    elsewhere={
        "torch": "CrossEntropyLoss(weight, ignore_index, label_smoothing)",
        "keras": "CategoricalCrossentropy(from_logits=True), SparseCategoricalCrossentropy(from_logits=True)",
        "optax": "softmax_cross_entropy, softmax_cross_entropy_with_integer_labels",
        "sklearn": "HalfMultinomialLoss (the same, in spite of its name)",
        "xgboost": "multi:softprob (its Hessian is 2 p (1 - p))",
        "lightgbm": "multiclass (its Hessian is K/(K-1) p (1 - p))",
        "catboost": "MultiClass",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0), value="log(2)", grad=("-1/2", "1/2"), hess=("1/4", "1/4")),
        RowPoint(y=2, f=(0.0, 0.0, 0.0), value="log(3)", grad=("1/3", "1/3", "-2/3")),
        RowPoint(y=0, f=(40.0, 0.0), value="log1p(exp(-40))", grad=("-1/(1+exp(40))", "1/(1+exp(40))")),
        RowPoint(y=(0.5, 0.5), f=(0.0, 0.0), value="log(2)", grad=("0", "0")),
        RowPoint(y=0, f=(0.0, 0.0), given={"z_loss": 0.5}, value="log(2)+log(2)**2/2"),
        RowRelation("logistic", pointwise=lambda t, f: (t[1], f[1] - f[0])),
        RowRelation("focal_softmax", other_given={"gamma": 0.0}),
        RowRelation("poly1", other_given={"epsilon": 0.0}),
    ),
    sources=(
        "Bridle (1990), doi:10.1007/978-3-642-76153-9_28",
        "Szegedy et al. (2016), doi:10.1109/CVPR.2016.308 (label smoothing)",
        "Chowdhery et al. (2023), Journal of Machine Learning Research 24(240), section 5 (z-loss)",
    ),
)
