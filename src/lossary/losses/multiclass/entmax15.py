"""1.5-entmax loss: halfway between softmax cross-entropy and sparsemax.

The probabilities are p = max(f/2 - tau, 0)**2 with the tau at which they sum to one; the gradient is p - t. Like those
of sparsemax they become exactly 0 and 1, but they reach 0 without a kink, so the gradient is smooth. With q = sqrt(p)
and r = sqrt(t) the loss is the sum of (2/3)(r - q)**2 (2r + q) over the classes, and more for a target that has dropped
out of the support; it is exactly zero once the right score leads every other by 2. It is the Fenchel-Young loss of a
Tsallis entropy: convex, and least where p is the distribution of the classes.
"""

from lossary.losses.softmax import REST
from lossary.primitives import maximum, product0, sqrt, square, where, with_slope_of
from lossary.rowwise import Outer, RowClaims, RowLoss, RowPoint, Statistic
from lossary.textbook import named, threshold, total

# With x = (f - peak)/2 the roots are q = max(claim, 0) / (1 + odds), where claim = 1 + x (1 + odds) and (1 + odds)**2
# is the sum of the squared claims. So odds is small in a confident row, large in a level one, and has all its digits in
# both. It is the threshold in disguise: tau = peak/2 - 1 / (1 + odds).


def score(f):
    return f


def is_top(f, peak):
    return where(f == peak, 1.0, 0.0)


def least_odds(ties):
    return sqrt(ties) - 1.0


def squared_claim(f, peak, odds):
    x = 0.5 * (f - peak)
    return where(f == peak, 0.0, square(maximum((x + 1.0) + product0(odds, x), 0.0)))


def distance(f, peak, odds):
    x = 0.5 * (f - peak)
    return where(f == peak, 0.0, product0(maximum((x + 1.0) + product0(odds, x), 0.0), -x))


def step(odds, ties, claimed, distances):
    # Newton's for sqrt(claimed + ties) = 1 + odds: a norm is convex, and this one falls as odds grow, so it climbs to
    # the root.
    norm = sqrt(claimed + ties)
    short = ((claimed + (ties - 1.0)) - odds * (2.0 + odds)) / (norm + (1.0 + odds))
    return odds + short / (1.0 + distances / norm)


def claim(f, peak, odds):
    x = 0.5 * (f - peak)
    return where(f == peak, 1.0, (x + 1.0) + product0(odds, x))


def root(claim):
    return maximum(claim, 0.0)


def lesser(f, peak, root):
    return where(f == peak, 0.0, square(root))


def lesser_root(f, peak, root):
    return where(f == peak, 0.0, root)


def tip(rest):
    return 1.0 / sqrt(1.0 + rest)


def gap(t, f, peak, root, rest):
    # At the top p - t = (1 - t) - t rest, over 1 + rest: no digit is lost when p is nearly t.
    return where(f == peak, (1.0 - t) - t * rest, root * root) / (1.0 + rest) - where(f == peak, 0.0, t)


def cost(t, gap, claim, tip):
    # r - q as (t - p) / (r + q), which keeps its digits.
    r = sqrt(t)
    q = claim * tip
    short = gap / where(claim > 0.0, r + q, 1.0)
    dropped = product0(t, 4.0 * r / 3.0 - 2.0 * q)
    found = where(claim > 0.0, 2.0 * short * short * (2.0 * r + q) / 3.0, dropped)
    # By t the whole cost moves as that of a class out of the support does, which has no 0/0 at t = 0.
    return with_slope_of(found, dropped + where(claim > 0.0, 2.0 * q * q * q / 3.0, 0.0))


def value(total):
    return total


def grad(gap):
    return gap


def hess(f, peak, root, roots, ties, tip):
    # q (Q - q) / Q, where Q is the sum of all q; at the top Q - q is the sum of the others.
    others = where(f == peak, roots + (ties - 1.0), (roots - root) + ties)
    return root * tip * others / (roots + ties)


def shared(roots, ties, tip):
    return -tip / (roots + ties)


def itself(root):
    return root


def textbook(y, f):
    # The Fenchel-Young loss of Tsallis' entropy, as in the paper.
    p = named(maximum(f / 2 - threshold(f / 2, 2.0), 0.0) ** 2, "p")
    entropies = total(p - p**1.5) - total(y - y**1.5)
    return total(product0(p - y, f)) + 4 * entropies / 3


def textbook_grad(y, f):
    return named(maximum(f / 2 - threshold(f / 2, 2.0), 0.0) ** 2, "p") - y


LOSS = RowLoss(
    name="entmax15",
    title="1.5-entmax loss",
    brief="Halfway between softmax and sparsemax.",
    textbook=textbook,
    textbook_grad=textbook_grad,
    use_when="Probabilities of exactly 0 are wanted, and training through sparsemax's stalls.",
    avoid_when=(
        "-log p must be finite, or time counts: tau takes a few passes over the row where `softmax_cross_entropy` "
        "needs one. The shortest list of classes is wanted: `sparsemax`."
    ),
    statistics=(
        Statistic("peak", "max", score),
        Statistic("ties", "sum", is_top),
        Statistic("odds", "threshold", least_odds, (("claimed", squared_claim), ("distances", distance)), step),
        Statistic("claim", "keep", claim),
        Statistic("root", "keep", root),
        Statistic("below", "sum", lesser),
        Statistic("roots", "sum", lesser_root),
        REST,
        Statistic("tip", "row", tip),
        Statistic("gap", "keep", gap),
        Statistic("total", "sum", cost),
    ),
    value=value,
    grad=grad,
    hess=hess,
    outers=(Outer(shared, itself),),
    functional="probability",
    claims=RowClaims(
        convex=True,
        nonnegative=True,
        bounded=float("inf"),
        steepest=1.0,
        shift_invariant=True,
        symmetric=True,
        calibrated=True,
    ),
    wide=True,
    elsewhere={"entmax": "Entmax15Loss"},
    facts=(
        RowPoint(
            y=0,
            f=(0.0, 0.0),
            value="(1-1/sqrt(2))*4/3",
            grad=("-1/2", "1/2"),
            hess=("1/sqrt(8)", "1/sqrt(8)"),
        ),
        RowPoint(y=0, f=(3.0, 0.0, 1.0), value="0", grad=("0", "0", "0"), hess=("0", "0", "0")),
        RowPoint(y=1, f=(0.0, 0.0, 0.0), value="(1-1/sqrt(3))*4/3", grad=("1/3", "-2/3", "1/3")),
        RowPoint(
            y=0,
            f=(0.0, -1.0),
            value="((3-sqrt(7))**2*(9+sqrt(7))+(sqrt(7)-1)**3)/96",
            grad=("(sqrt(7)-4)/8", "(4-sqrt(7))/8"),
            hess=("3/(4*sqrt(7))", "3/(4*sqrt(7))"),
        ),
        RowPoint(y=1, f=(6.0, 0.0), value="6", grad=("1", "-1"), hess=("0", "0")),
    ),
    sources=(
        "Peters, Niculae and Martins (2019), doi:10.18653/v1/P19-1146",
        "Blondel, Martins and Niculae (2020), Journal of Machine Learning Research 21(35)",
    ),
)
