"""Ranked probability score: the squared distance between two cumulative distributions over ordered classes.

The value is the sum of (F - T)**2 over the classes, where F and T are the sums of the predicted probabilities and of
the target weights so far: the Brier score of every question "at most this class?". A miss costs more the farther it
is from the right class, which softmax cross-entropy cannot see. Bounded by the number of classes less one, and strictly
proper. It is the discrete sibling of the continuous ranked probability score; some divide it by the number of classes
less one, this one does not.
"""

from lossary.primitives import square
from lossary.rowwise import RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import running, running_back, total

# A sum that runs over thousands of classes piles up a rounding error a step. Each number is therefore cut in two, a
# coarse one on so wide a grid that its running sum is exact, and a fine one that is too small for its error to matter.


def coarse(t, f):
    # To the multiples of 2**-40.
    return ((f - t) + 6144.0) - 6144.0


def fine(t, f):
    # With what the difference itself has lost.
    distance = f - t
    back = distance - f
    return (distance - ((distance + 6144.0) - 6144.0)) + ((f - (distance - back)) - (t + back))


def joined(coarse_lead, fine_lead):
    return coarse_lead + fine_lead


def coarse_ahead(lead):
    # To the multiples of 2**-37: there may be 2**16 of these, each up to 1.
    return (lead + 49152.0) - 49152.0


def fine_ahead(lead):
    return lead - ((lead + 49152.0) - 49152.0)


def squared(lead):
    return square(lead)


def value(total):
    return total


def grad(coarse_from_here, fine_from_here):
    return 2.0 * (coarse_from_here + fine_from_here)


def hess(k, rank):
    return 2.0 * ((k - rank) + 1.0)


def cross(k, rank_j):
    return 2.0 * ((k - rank_j) + 1.0)


def textbook(y, f):
    return total(running(f - y) ** 2)


def textbook_grad(y, f):
    return 2 * running_back(running(f - y))


LOSS = RowLoss(
    name="ranked_probability_score",
    title="ranked probability score",
    brief="Squared distance of cumulative distributions.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Probabilities of ordered classes are to be judged: forecasts in categories, ratings.",
    avoid_when="Classes have no order: `multiclass_brier`. A model is to be trained from scores: `cumulative_logit`.",
    statistics=(
        Statistic("coarse_lead", "running", coarse),
        Statistic("fine_lead", "running", fine),
        Statistic("lead", "keep", joined),
        Statistic("total", "sum", squared),
        Statistic("coarse_from_here", "running_back", coarse_ahead),
        Statistic("fine_from_here", "running_back", fine_ahead),
    ),
    value=value,
    grad=grad,
    hess=hess,
    cross=cross,
    prediction="probabilities",
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=float("inf"),
        symmetric=False,
        proper=True,
        calibrated=True,
    ),
    wide=True,
    aliases=("rps", "rps_score", "discrete_ranked_probability_score"),
    elsewhere={
        "scoringrules": "rps_score",
        "R": "scoringRules::rps_probs; verification::rps divides it by the number of classes less one",
    },
    facts=(
        RowPoint(y=0, f=(0.0, 0.0, 1.0), value="2", grad=("-4", "-2", "0"), hess=("6", "4", "2")),
        RowPoint(y=1, f=(0.25, 0.5, 0.25), value="1/8", grad=("0", "-1/2", "0")),
        RowPoint(y=(0.5, 0.0, 0.5), f=(0.25, 0.5, 0.25), value="1/8", grad=("0", "1/2", "0")),
        RowRelation("brier", pointwise=lambda t, f: (t[1], f[1]), within=1e-12),
        RowRelation("ranked_probability_score", at=lambda t, f: (f, t)),
    ),
    sources=(
        "Epstein (1969), doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2",
        "Murphy (1971), doi:10.1175/1520-0450(1971)010<0155:ANOTRP>2.0.CO;2",
    ),
)
