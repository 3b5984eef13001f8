"""The curvature that a booster is given in place of the Hessian: one rule for all losses and boosters.

A booster's leaf takes the step ``-rate * sum(gradient) / sum(curvature)``. With the exact Hessian that is Newton's
step, which is right for the logistic loss, and useless where the Hessian is zero (absolute error), negative (Cauchy),
vanishes far from the target (pseudo-Huber), or is tiny beside the gradient (Poisson far below its target). A
*majorizer* is the curvature of a parabola that touches the loss where the score is and lies above it everywhere: a step
by it cannot raise the cost, whatever the leaf. A *bounded* curvature is at least ``|gradient| / reach``, so that no
leaf asks for a longer step than the longest reach among its examples. ``curvature="auto"`` takes

============================================  ======================  ===============================================
a loss ...                                    is given the            reach
============================================  ======================  ===============================================
of logits that has a Fisher information       Fisher information      none: its gradient is bounded
of logarithms that has one (Poisson, gamma)   Fisher, bounded         2: a factor of e**2
of straight tails that bends (Huber, fair)    exact, bounded          6.7 times the residual
that is not convex but has a majorizer        majorizer               needs none: stays below the parabola
squared, or convex and bends (expectile,      exact, bounded          16 times the usual residual
squared hinge)
any other (straight pieces; one's own)        exact, bounded          the residual, at least the cost's Newton step
of rows: convex, of logits                    exact                   none
of rows: any other                            softmax's Fisher, or    2
                                              exact; bounded
============================================  ======================  ===============================================

The usual residual is ``mean(sqrt(|f - y|))**2``, of the present round or of the start of training, whichever is less:
a step that went too far must not make the next one longer. Newton's step on the cost is ``mean(|gradient|) / slope``,
with the slope of the mean gradient taken over the usual residual to either side: a cost bends even where its losses
have only kinks. A loss whose scores are no values of the target (a link, or an activation) has the reach 2 instead.

**No step raises the cost** as long as the curvature given is at least ``rate / 2`` times one that majorizes: the gain
is ``rate * G**2 / H``, and what the bend takes back at most half of ``rate**2 * G**2 / H``. Where the exact Hessian of
a convex loss may jump up within a step (an expectile's at its kink, a squared hinge's at the margin) 0.15 of its
largest value is therefore the least that is given: enough for rates up to 0.3, the greatest default of any booster. Far
from a kink that is more than is needed, but majorizing in full would slow the flatter side of an expectile down by the
ratio of its sides. An even loss of straight tails is majorized by ``|gradient| / |f - y|`` (Huber's weights), and
0.15 times that is a reach of 6.7 residuals. Its exact Hessian is given times its share of that weight, both averaged
over all examples: where few lie within the bend (a delta far below the residuals) these few, met already, would hold
back the leaf that they share with others. Most of them within it, and the share is next to one.

**Scores of a softmax** are coupled: one tree each moves them, and all at once. By the diagonal of the whole Hessian
``diag(p) - p p'`` alone they would go K / (K - 1) times too far where they are even, and twice too far for two classes;
so the diagonal is given K / (K - 1) times (Friedman 2001, doi:10.1214/aos/1013203451), as LightGBM's own objective
does. Twice the diagonal bounds the whole Hessian, as its rows sum to zero; XGBoost's own takes that, and so it is given
there: the same rate then means the same step in each booster, beside its own objective.

**A kink that all examples of a leaf share** is the exception. The multiclass hinge starts at equal scores, which are
its minimum wherever no class has more than half of the weight; there it rises along every direction, by
``t (1 - 2 p_a) + sum(p_c |f_c|)``: p are the classes' weights, scores are counted from the second highest, and t is the
highest, of class a. A leaf's step is made of sums of numbers of one example each, and sums that treat classes alike are
zero only if all classes weigh the same. So no rule for examples stands still in such a leaf, and a first round whose
leaves have no majority raises the cost.

Losses that are neither proper nor likelihoods without a dispersion (gamma, inverse Gaussian and Tweedie have one) have
no unit of curvature of their own. Both derivatives are then divided by the mean curvature, so that it is one, as that
of half the squared error: `min_child_weight`, `min_sum_hessian_in_leaf` and the L2 penalty then mean what their
defaults expect, in any unit of the target. Steps are the same. A curvature asked for by name is given as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lossary.boosting.activation import Activation, Identity, Softmax
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction

KINDS = ("auto", "exact", "majorizer", "fisher", "unit")


NEWTON, GENEROUS, LOGARITHMIC = 1.0, 16.0, 2.0
"""Reaches: in Newton's steps on the cost, in usual residuals, and of logarithms and logits as they are."""

LEAST = 0.15
"""Share of a majorizing curvature that each example has at least: no rate up to twice this raises the cost."""

SQUARE = 2.0
"""The degree of a loss that is a multiple of the squared error: its Hessian is a majorizer."""

BOUND = 2.0
"""Twice the diagonal of a matrix whose rows sum to zero, with nothing positive off it, is more than the matrix."""


@dataclass(frozen=True)
class Plan:
    """A curvature: where it comes from, its reach if it is bounded, and whether its mean is made one.

    ``newton`` says that the reach is in Newton's steps on the cost, ``own`` that it is in each example's own residual,
    not in usual residuals. ``least`` is the least curvature of an example, ``coupled`` says that scores are those of a
    softmax.
    """

    base: str
    reach: float | None = None
    scaled: bool = False
    newton: bool = False
    own: bool = False
    least: float = 0.0
    coupled: bool = False

    def __str__(self) -> str:
        return self.base if self.reach is None else f"{self.base}, bounded"


def plan(loss: AnyLoss, curvature: str, activation: Activation) -> Plan:
    """What to compute for a curvature asked for by name; ValueError where the loss has none such."""
    if curvature not in KINDS:
        raise ValueError(f"curvature must be one of {', '.join(KINDS)}, not {curvature!r}")
    offered = _offered(loss, activation)
    if curvature == "auto":
        return _rule(loss, offered, activation)
    if curvature not in offered:
        raise ValueError(f"{loss} has no {curvature} curvature for a booster; it has auto, {', '.join(offered)}")
    return Plan(curvature)


def _offered(loss: AnyLoss, activation: Activation) -> tuple[str, ...]:
    plain = isinstance(activation, Identity)
    if isinstance(loss, RowLossFunction):
        own = ["exact"] if plain else []
        return (*own, *(["fisher"] if plain and loss.link == "softmax" else []), "unit")
    own = ["exact"]
    if loss.record.majorizer is not None and plain:
        own.append("majorizer")
    if loss.record.fisher is not None:
        own.append("fisher")
    return (*own, "unit")


def _rule(loss: AnyLoss, offered: tuple[str, ...], activation: Activation) -> Plan:
    if isinstance(loss, RowLossFunction):
        return _row_rule(loss, offered, activation)
    residuals = of_residuals(loss, activation)
    if "fisher" in offered and not residuals:
        bounded = loss.claims.get("lipschitz", math.inf) == math.inf
        return Plan("fisher", LOGARITHMIC if bounded else None, scaled=loss.record.likelihood is None)
    bends = bool(loss.claims.get("convex")) and loss.claims.get("smooth", 0.0) != 0.0
    is_even = loss.claims.get("even") is True
    is_square = is_even and loss.claims.get("homogeneous") == SQUARE
    if bends and is_even and residuals and math.isfinite(loss.claims.get("lipschitz", math.inf)):
        return Plan("exact", 1.0 / LEAST, scaled=True, own=True)
    if "majorizer" in offered and loss.claims.get("smooth") != 0.0 and not (bends and (is_square or not is_even)):
        return Plan("majorizer", scaled=True)
    reach = (GENEROUS if bends else NEWTON) if residuals else LOGARITHMIC
    steepest = float(loss.claims.get("smooth", math.inf)) if bends and residuals and not is_square else math.inf
    least = LEAST * steepest if math.isfinite(steepest) else 0.0
    return Plan("exact", reach, scaled=True, newton=residuals and not bends, least=least)


def _row_rule(loss: RowLossFunction, offered: tuple[str, ...], activation: Activation) -> Plan:
    coupled = loss.link == "softmax" or isinstance(activation, Softmax)
    if loss.claims.get("convex") and loss.link != "identity" and isinstance(activation, Identity):
        return Plan("exact", coupled=coupled)
    base = "fisher" if "fisher" in offered else "exact"
    return Plan(base, LOGARITHMIC, scaled=not loss.claims.get("proper"), coupled=coupled)


def of_residuals(loss: AnyLoss, activation: Activation) -> bool:
    """Whether the difference of score and target is a residual: neither a link nor an activation lies between."""
    return isinstance(activation, Identity) and loss.link == "identity" and not isinstance(loss, RowLossFunction)
