"""The curvature that a booster is given in place of the Hessian: one rule for all losses and boosters.

A booster's leaf takes the step ``-sum(gradient) / sum(curvature)``. With the exact Hessian that is Newton's step, which
is right for the logistic loss, and useless where the Hessian is zero (absolute error), negative (Cauchy), vanishes far
from the target (pseudo-Huber), or is tiny beside the gradient (Poisson far below its target). A *bounded* curvature is
at least ``|gradient| / reach``, so that no leaf asks for a longer step than the longest reach among its examples.
``curvature="auto"`` takes

============================================  ======================  ===============================================
a loss ...                                    is given the            reach
============================================  ======================  ===============================================
of logits that has a Fisher information       Fisher information      none: its gradient is bounded
of logarithms that has one (Poisson, gamma)   Fisher, bounded         2: a factor of e**2
that is convex and bends (squared, Huber)     exact, bounded          16 times the usual residual
that is not convex but has a majorizer        majorizer               needs none: stays below the parabola
any other (straight pieces; one's own)        exact, bounded          the residual, at least the cost's Newton step
of rows: convex, of logits                    exact                   none
of rows: any other                            softmax's Fisher, or    2
                                              exact; bounded
============================================  ======================  ===============================================

The usual residual is ``mean(sqrt(|f - y|))**2`` of the present round. Sixteen times that is generous: it only keeps
what is far from its target from having no curvature at all. Newton's step on the cost is ``mean(|gradient|) / slope``,
with the slope of the mean gradient taken over the usual residual to either side: a cost bends even where its losses
have only kinks. A loss whose scores are no values of the target (a link, or an activation) has the reach 2 instead.

Losses that are neither likelihoods nor proper have no unit of curvature of their own. Both derivatives are then scaled
to a mean curvature of one, as that of half the squared error: `min_child_weight`, `min_sum_hessian_in_leaf` and the L2
penalty then mean what their defaults expect, in any unit of the target. Steps are the same. A curvature asked for by
name is given as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lossary.boosting.activation import Activation, Identity
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction

KINDS = ("auto", "exact", "majorizer", "fisher", "unit")


NEWTON, GENEROUS, LOGARITHMIC = 1.0, 16.0, 2.0
"""Reaches: in Newton's steps on the cost, in usual residuals, and of logarithms and logits as they are."""


@dataclass(frozen=True)
class Plan:
    """A curvature: where it comes from, its reach if it is bounded, and whether its mean is made one.

    ``newton`` says that the reach is in Newton's steps on the cost, not in usual residuals.
    """

    base: str
    reach: float | None = None
    scaled: bool = False
    newton: bool = False

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
        return Plan("fisher", LOGARITHMIC if bounded else None)
    bends = bool(loss.claims.get("convex")) and loss.claims.get("smooth", 0.0) != 0.0
    if "majorizer" in offered and loss.claims.get("smooth") != 0.0 and not bends:
        return Plan("majorizer", scaled=True)
    reach = (GENEROUS if bends else NEWTON) if residuals else LOGARITHMIC
    return Plan("exact", reach, scaled=True, newton=residuals and not bends)


def _row_rule(loss: RowLossFunction, offered: tuple[str, ...], activation: Activation) -> Plan:
    if loss.claims.get("convex") and loss.link != "identity" and isinstance(activation, Identity):
        return Plan("exact")
    base = "fisher" if "fisher" in offered else "exact"
    return Plan(base, LOGARITHMIC, scaled=not loss.claims.get("proper"))


def of_residuals(loss: AnyLoss, activation: Activation) -> bool:
    """Whether the difference of score and target is a residual: neither a link nor an activation lies between."""
    return isinstance(activation, Identity) and loss.link == "identity" and not isinstance(loss, RowLossFunction)
