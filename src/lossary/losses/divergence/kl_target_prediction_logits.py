"""Kullback-Leibler divergence of softmax(f) from the target: sum t (log t - log p), straight from the scores.

It is softmax cross-entropy less the target's entropy, with the same gradient, p - t, and the same Hessian; only the
value differs, which is zero where p = t and keeps its digits near there. A class that is masked out has p = 0 and costs
nothing where t = 0.
"""

from lossary.losses.divergences import MASS, at_probabilities, share
from lossary.losses.softmax import SOFTMAX
from lossary.primitives import log1p, log_ratio, product0, square, where, xlogy
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total


def surprise(f, t, e, peak, rest):
    # For a likely target at the top t / p - 1 = (t - 1) + t rest; where e is out of digits, its logarithm is f - peak.
    likely = (e == 1.0) & (t > 0.5)
    faint = f - peak < -600.0
    top = log1p(where(likely, (t - 1.0) + t * rest, 0.0))
    other = log_ratio(t, where(faint, 1.0, e) / (1.0 + rest)) - where(faint, f - peak, 0.0)
    return product0(t, where(likely, top, other))


def value(total):
    return total


def grad(e, t, others, tied, mass, rest, inverse):
    # At the top p - t is taken as (the others' weight) - t rest, over 1 + rest: no digit is lost when p is nearly t.
    return where(e == 1.0, ((others + (tied - t)) - t * rest) * inverse, mass * inverse * e - t)


def hess(e, mass, rest):
    return mass * e * where(e == 1.0, rest, 1.0 + (rest - e)) / square(1.0 + rest)


def together(mass, rest):
    return -mass / square(1.0 + rest)


def textbook(y, f):
    return total(xlogy(y, y / softmax(f)))


def textbook_grad(y, f):
    return softmax(f) - y


LOSS = RowLoss(
    name="kl_target_prediction_logits",
    title="Kullback-Leibler divergence of scores",
    brief="Covering KL, straight from scores.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "A student is distilled from a teacher's probabilities: the usual loss, under which it learns to cover all "
        "that the teacher finds possible."
    ),
    avoid_when=(
        "The student cannot match the teacher, and would spread: `kl_prediction_target_logits` picks a mode instead. "
        "Targets are class indices: `softmax_cross_entropy` is the same then."
    ),
    statistics=(*SOFTMAX, *MASS, Statistic("total", "sum", surprise)),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(together, share),),
    link="softmax",
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=1.0,
        shift_invariant=True,
        symmetric=True,
        proper=True,
        calibrated=True,
    ),
    wide=True,
    facts=(
        RowPoint(y=(0.5, 0.5), f=(0.0, 0.0), value="0", grad=("0", "0"), hess=("1/4", "1/4")),
        RowPoint(y=(0.25, 0.75), f=(0.0, 0.0), value="log(2)-log(4)/4+log(3/4)*3/4", grad=("1/4", "-1/4")),
        RowPoint(y=0, f=(800.0, 0.0), value="log1p(exp(-800))", grad=("-1/(1+exp(800))", "1/(1+exp(800))")),
        RowRelation("softmax_cross_entropy", shift=lambda t, f: sum([xlogy(x, x) for x in t])),
        RowRelation("kl_target_prediction", at=at_probabilities),
    ),
    sources=(
        "Kullback and Leibler (1951), doi:10.1214/aoms/1177729694",
        "Hinton, Vinyals and Dean (2015), arXiv:1503.02531 (distillation)",
    ),
)
