"""Total variation between softmax(f) and the target, straight from the scores: half the sum of |p - t|.

For one right class the value is 1 - p, the chance of an error of one who guesses at random by p. It lies in [0, 1] and
its gradient is largest where p = 1/2: a label that the model is sure is wrong hardly moves it, which makes it robust to
wrong labels. For the same reason it is not convex and learns slowly from a poor start, where softmax cross-entropy
pulls hardest.
"""

from lossary.losses.divergences import GAP, at_probabilities, share, take_away
from lossary.losses.softmax import SOFTMAX
from lossary.primitives import INFINITY, absolute, exp, expm1, sign, square, where
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, RowRelation, Statistic
from lossary.textbook import softmax, total

# With s = sign(p - t)/2, the slope s - S of a class is the sum of p over the classes of the other sign, and half of
# the sum over those that are right to the last digit: sums without cancellation.


def distance(gap):
    return absolute(gap)


def above(e, gap):
    return where(gap > 0.0, e, 0.0)


def below_target(e, gap):
    return where(gap < 0.0, e, 0.0)


def on_target(e, gap):
    return where(gap == 0.0, e, 0.0)


def value(total):
    return 0.5 * total


def tilt(e, gap, too_much, too_little, just_right, rest):
    lower = too_little + 0.5 * just_right
    upper = too_much + 0.5 * just_right
    apart = where(gap > 0.0, lower, where(gap < 0.0, -upper, 0.5 * (too_little - too_much)))
    return e * apart / square(1.0 + rest)


def grad(tilt):
    return tilt


def runner_up(f, peak, ties):
    return where((f == peak) & (ties == 1.0), -INFINITY, f)


def hess(f, e, peak, second, rest, tilt):
    # 1 - 2 p, over 1 + rest: in a row of two it is e less 1, and p is close to 1/2 where that would cancel.
    top = (rest - exp(second - peak)) + expm1(second - peak)
    other = (rest - e) - expm1(f - peak)
    return tilt * where(e == 1.0, top, other) / (1.0 + rest)


def lean(tilt):
    return tilt


def textbook(y, f):
    return total(absolute(softmax(f) - y)) / 2


def textbook_grad(y, f):
    p = softmax(f)
    return p * (sign(p - y) - total(p * sign(p - y))) / 2


LOSS = RowLoss(
    name="total_variation_logits",
    title="total variation of scores",
    brief="Half the sum of |p - t|, from scores.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when=(
        "Labels are noisy, only the label counts, and training begins from a fair start; or a student should lie "
        "between the two orders of the Kullback-Leibler divergence."
    ),
    avoid_when=(
        "Training begins from scratch: `softmax_cross_entropy`, or between the two `generalized_cross_entropy`. The "
        "model gives probabilities: `total_variation`."
    ),
    statistics=(
        *SOFTMAX,
        GAP,
        Statistic("total", "sum", distance),
        Statistic("too_much", "sum", above),
        Statistic("too_little", "sum", below_target),
        Statistic("just_right", "sum", on_target),
        Statistic("tilt", "keep", tilt),
        Statistic("second", "max", runner_up),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(take_away, share, lean),),
    link="softmax",
    functional="label",
    claims=RowClaims(
        convex=False,
        nonnegative=True,
        bounded=1.0,
        steepest=0.25,
        shift_invariant=True,
        symmetric=True,
        proper=False,
        calibrated=True,
    ),
    wide=True,
    facts=(
        RowPoint(y=1, f=(0.0, 0.0), value="1/2", grad=("1/4", "-1/4"), hess=("0", "0")),
        RowPoint(
            y=0,
            f=(800.0, 0.0),
            value="1/(1+exp(800))",
            grad=("-exp(800)/(1+exp(800))**2", "exp(800)/(1+exp(800))**2"),
        ),
        RowPoint(y=2, f=(0.0, 0.0, 0.0), value="2/3", grad=("1/9", "1/9", "-2/9"), hess=("1/27", "1/27", "-2/27")),
        RowRelation("total_variation", at=at_probabilities),
        RowRelation("absolute_error", pointwise=lambda t, f: (t[1], exp(f[1]) / (exp(f[0]) + exp(f[1])))),
    ),
    sources=(
        "Ghosh, Kumar and Sastry (2017), doi:10.1609/aaai.v31i1.10894 (one-hot targets)",
        "Wen, Li, Du and Mou (2023), doi:10.18653/v1/2023.acl-long.605 (distillation)",
    ),
)
