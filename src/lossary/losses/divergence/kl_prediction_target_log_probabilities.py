"""Kullback-Leibler divergence of the target from the prediction, on log-probabilities: sum exp(l) (l - log t).

The same as kl_prediction_target of p = exp(l), for models that end in a log-softmax. The gradient, p (l - log t + 1),
is by the log-probabilities as they stand; the rest of the chain belongs to the model. It is infinite where a class has
t = 0 and p > 0; a class with l = -inf contributes 0.
"""

from lossary.primitives import INFINITY, exp, log, product0, scaled_exp, where, with_slope_of
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import total


def log_quotient(t, f):
    # 0 for a class that is masked out, which any finite number would do for.
    return where(f == -INFINITY, 0.0, f - log(t))


def cost(f, log_quotient):
    finite = scaled_exp(log_quotient, 1.0, f)
    return with_slope_of(where(log_quotient == INFINITY, INFINITY, finite), finite)


def value(total):
    return total


def grad(f, log_quotient):
    finite = scaled_exp(log_quotient + 1.0, 1.0, f)
    return with_slope_of(where(log_quotient == INFINITY, INFINITY, finite), finite)


def hess(f, log_quotient):
    finite = scaled_exp(log_quotient + 2.0, 1.0, f)
    return with_slope_of(where(log_quotient == INFINITY, INFINITY, finite), finite)


def textbook(y, f):
    return total(product0(exp(f), f - log(y)))


def textbook_grad(y, f):
    return product0(exp(f), f - log(y) + 1)


LOSS = RowLoss(
    name="kl_prediction_target_log_probabilities",
    title="reverse Kullback-Leibler divergence of log-probabilities",
    brief="Mode-seeking KL of log-probabilities.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="A mode of the target is enough, and the model ends in a log-softmax.",
    avoid_when=(
        "The scores are at hand: `kl_prediction_target_logits` takes both steps at once. Targets have zeros: "
        "`kl_target_prediction_log_probabilities`."
    ),
    statistics=(Statistic("log_quotient", "keep", log_quotient), Statistic("total", "sum", cost)),
    value=value,
    grad=grad,
    hess=hess,
    prediction="log_probabilities",
    functional="geometric mean",
    claims=RowClaims(
        convex=False,
        nonnegative=True,
        bounded=float("inf"),
        steepest=float("inf"),
        symmetric=True,
    ),
    wide=True,
    facts=(
        RowPoint(y=(0.25, 0.75), f=(0.0, float("-inf")), value="log(4)", grad=("log(4)+1", "0")),
        RowPoint(
            y=(0.25, 0.75),
            f=(-0.6931471805599453, -0.6931471805599453),
            value="(log(4)+log(4/3)-2*0.6931471805599453)*exp(-0.6931471805599453)",
            grad=(
                "(log(4)+1-0.6931471805599453)*exp(-0.6931471805599453)",
                "(log(4/3)+1-0.6931471805599453)*exp(-0.6931471805599453)",
            ),
        ),
        RowRelation("kl_prediction_target", at=lambda t, f: (t, [exp(x) for x in f])),
        RowRelation(
            "kl_target_prediction_log_probabilities", at=lambda t, f: ([exp(x) for x in f], [log(x) for x in t])
        ),
    ),
    sources=("Kullback and Leibler (1951), doi:10.1214/aoms/1177729694",),
)
