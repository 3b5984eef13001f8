"""Distillation: cross-entropy between the softened probabilities of a teacher and of a student, both given as scores.

With P and p the softmax of the teacher's scores t and of the student's scores f, both divided by ``softening``, the
value is softening**2 sum P (-log p): the factor keeps the gradient's size, softening (p - P), when the softening
changes. Soft targets carry what the teacher knows about the wrong classes; a larger softening shows more of it. A score
of -inf masks a class on either side: in the teacher's row its weight is 0. The least value is the teacher's entropy,
not 0. The parameter is not called temperature: that is an option of every loss of scores, and divides the student's
alone.
"""

from lossary.formula import POSITIVE, Parameter
from lossary.losses.softmax import BELOW, PEAK, REST, TIES
from lossary.losses.softmax_probability import INVERSE, LOG_SUM, share, share_of_top
from lossary.primitives import absolute, exp, expm1, product0, where, with_slope_of, xlogy
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import named, softmax, total

# As in ``softmax_probability``, a share that would lose its digits is kept e**64 times larger, and then sunk.


def lost(f, peak):
    # The rounding error of f - peak.
    gap = f - peak
    back = gap - f
    return where(gap > -10000.0, (f - (gap - back)) - (peak + back), 0.0)


def afloat(f, peak, lost, softening):
    gap = (f - peak) / softening
    size = exp(where(gap < -64.0, gap + 64.0, gap))
    return where(f == peak, 1.0, size + size * (lost / softening))


def depth(peak):
    return exp(-64.0)


def sink(f, peak, depth, softening):
    return where((f - peak) / softening < -64.0, depth, 1.0)


def teacher_score(t):
    return t


def teacher_lost(t, teacher_peak):
    gap = t - teacher_peak
    back = gap - t
    return where(gap > -10000.0, (t - (gap - back)) - (teacher_peak + back), 0.0)


def teacher_afloat(t, teacher_peak, teacher_lost, softening):
    gap = (t - teacher_peak) / softening
    size = exp(where(gap < -64.0, gap + 64.0, gap))
    found = size + size * (teacher_lost / softening)
    return with_slope_of(where(t == teacher_peak, 1.0, found), found)


def teacher_sink(t, teacher_peak, depth, softening):
    return where((t - teacher_peak) / softening < -64.0, depth, 1.0)


def teacher_share(teacher_afloat, teacher_sink):
    return teacher_afloat * teacher_sink


def teacher_lesser(teacher_e):
    return where(teacher_e == 1.0, 0.0, teacher_e)


def teacher_top(teacher_e):
    return with_slope_of(where(teacher_e == 1.0, 1.0, 0.0), where(teacher_e == 1.0, teacher_e, 0.0))


def teacher_rest(teacher_below, teacher_ties):
    return teacher_below + (teacher_ties - 1.0)


def teacher_inverse(teacher_rest):
    return 1.0 / (1.0 + teacher_rest)


def weighted_distance(f, peak, teacher_afloat, teacher_sink):
    return product0(teacher_afloat, peak - f) * teacher_sink


def drift(f, t, e, afloat, sink, teacher_afloat, teacher_sink, peak, teacher_peak, lost, teacher_lost, softening):
    # softening (e - teacher_e), by the scores' difference where the two are close: p - P is made of these.
    apart = (((f - peak) - (t - teacher_peak)) + (lost - teacher_lost)) / softening
    close = softening * expm1(apart) * teacher_afloat * teacher_sink
    return where(absolute(apart) < 1.0, close, softening * afloat * sink - softening * teacher_afloat * teacher_sink)


def lesser_drift(teacher_e, drift):
    return where(teacher_e == 1.0, 0.0, drift)


def tops_drift(teacher_e, drift):
    return where(teacher_e == 1.0, drift, 0.0)


def value(gap, log_sum, teacher_inverse, softening):
    return softening * (softening * log_sum + gap * teacher_inverse)


def size(drift):
    return absolute(drift)


def grad(
    afloat,
    sink,
    teacher_e,
    teacher_afloat,
    teacher_sink,
    drift,
    inverse,
    teacher_rest,
    teacher_inverse,
    drift_below,
    drift_at_top,
    drifted,
    softening,
):
    # Where the rows are close, p - P is drift - P (the sum of all drifts), over 1 + rest; at the teacher's top without
    # adding in its own. Elsewhere it is the plain difference.
    top = (drift * teacher_rest - (drift_below + (drift_at_top - drift))) * teacher_inverse
    lesser = drift - teacher_inverse * (drift_below + drift_at_top) * teacher_afloat * teacher_sink
    close = where(teacher_e == 1.0, top, lesser) * inverse
    plain = softening * inverse * afloat * sink - softening * teacher_inverse * teacher_afloat * teacher_sink
    return where(drifted < 0.5 * softening * (1.0 + teacher_rest), close, plain)


def hess(e, rest, inverse):
    return (e * inverse) * (where(e == 1.0, rest, 1.0 + (rest - e)) * inverse)


def together(inverse):
    return -inverse * inverse


def textbook(y, f, softening):
    p = named(softmax(f / softening), "p")
    q = named(softmax(y / softening), "q")
    return -(softening**2) * total(xlogy(q, p))


def textbook_grad(y, f, softening):
    p = named(softmax(f / softening), "p")
    q = named(softmax(y / softening), "q")
    return softening * (p - q)


LOSS = RowLoss(
    name="distillation",
    title="distillation loss",
    brief="Cross-entropy to a teacher's softened scores.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="A small model is to learn from a large one whose scores are at hand.",
    avoid_when=(
        "The teacher's probabilities are at hand, not its scores: `kl_target_prediction_logits`. The student is too "
        "small to cover the teacher: `kl_prediction_target_logits`."
    ),
    statistics=(
        PEAK,
        Statistic("lost", "keep", lost),
        Statistic("depth", "row", depth),
        Statistic("afloat", "keep", afloat),
        Statistic("sink", "keep", sink),
        Statistic("e", "keep", share),
        BELOW,
        TIES,
        REST,
        INVERSE,
        LOG_SUM,
        Statistic("teacher_peak", "max", teacher_score),
        Statistic("teacher_lost", "keep", teacher_lost),
        Statistic("teacher_afloat", "keep", teacher_afloat),
        Statistic("teacher_sink", "keep", teacher_sink),
        Statistic("teacher_e", "keep", teacher_share),
        Statistic("teacher_below", "sum", teacher_lesser),
        Statistic("teacher_ties", "sum", teacher_top),
        Statistic("teacher_rest", "row", teacher_rest),
        Statistic("teacher_inverse", "row", teacher_inverse),
        Statistic("gap", "sum", weighted_distance),
        Statistic("drift", "keep", drift),
        Statistic("drift_below", "sum", lesser_drift),
        Statistic("drift_at_top", "sum", tops_drift),
        Statistic("drifted", "sum", size),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(together, share_of_top),),
    parameters=(Parameter("softening", 1.0, POSITIVE, "what the scores of teacher and student are divided by"),),
    targets="scores",
    link="softmax",
    functional="probability",
    claims=RowClaims(convex=True, nonnegative=True, shift_invariant=True, symmetric=True),
    aliases=("knowledge_distillation", "distillation_cross_entropy"),
    elsewhere={
        "torch": "KLDivLoss of log_softmax(f/T) and softmax(t/T), times T**2: less than this by the teacher's entropy",
    },
    facts=(
        RowPoint(y=(0.0, 0.0), f=(40.0, 0.0), value="20+log1p(exp(-40))", grad=("tanh(20)/2", "-tanh(20)/2")),
        RowPoint(y=(1.0, 0.0), f=(0.0, 0.0), value="log(2)", grad=("-tanh(1/2)/2", "tanh(1/2)/2"), hess=("1/4", "1/4")),
        RowPoint(y=(0.0, 0.0), f=(4.0, 0.0), given={"softening": 2.0}, value="4*(1+log1p(exp(-2)))"),
        RowRelation("softmax_cross_entropy", at=lambda t, f: (tuple(exp(x) / sum(exp(y) for y in t) for x in t), f)),
        RowRelation(
            "distillation",
            given={"softening": 2.0},
            scale=4.0,
            at=lambda t, f: (tuple(0.5 * x for x in t), tuple(0.5 * x for x in f)),
        ),
    ),
    sources=("Hinton, Vinyals and Dean (2015), Distilling the knowledge in a neural network, arXiv:1503.02531",),
)
