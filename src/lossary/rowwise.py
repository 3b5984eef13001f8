"""What a rowwise loss is: statistics of one row of scores, and plain scalar formulas that use them.

A row holds k scores and a target: a class index or k target weights. A formula is a function in the dialect of
``docs/design.md`` that takes what it needs *by name*:

    f               a score (or probability, as the loss says)      one for each score
    t               its target weight                               "
    before, after   the scores left and right of it; -inf and +inf  "
                    beyond the ends
    t_after         the target weight one to the right              "
    rank            its place in the row, counted from 1            "
    k               the number of scores                            one a row
    any statistic, by its name                                      as its kind says
    any parameter, by its name                                      one a call

A *score formula* may take all of these and gives a number a score; a *row formula* takes those that are one a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossary.formula import Formula, Parameter

RowClaimed = bool | float | Callable[..., bool | float | None] | None

ROW_KINDS = ("max", "sum", "expect", "row", "threshold")
SCORE_KINDS = ("keep", "running", "running_back")
ROW_QUANTITIES = ("value", "grad", "hess")

PER_SCORE = ("f", "t", "before", "after", "t_after", "rank")
"""What a score formula may ask for besides statistics and parameters."""


def arguments(formula: Formula) -> tuple[str, ...]:
    """The names a formula takes."""
    code = formula.__code__
    return code.co_varnames[: code.co_argcount]


@dataclass(frozen=True)
class Statistic:
    """A number a row, or a number a score, made from the scores and from the statistics before it.

    max           the largest value of the score formula ``term``
    sum           the sum of ``term`` over the scores
    expect        the sum of t * ``term``, left out where t is 0: one term if the target is a class index
    row           the row formula ``term``
    keep          ``term`` of every score, kept so that it is computed once
    running       the sum of ``term`` over the scores up to and including this one
    running_back  the sum of ``term`` over this score and those right of it
    threshold     the limit of x <- ``step(x, sums...)`` from the row formula ``term``; each of ``sums`` (a name and a
                  score formula that may take x by the statistic's name) is taken anew at each step. The steps must
                  never lead down: the iteration ends where x no longer grows.
    """

    name: str
    kind: str
    term: Formula
    sums: tuple[tuple[str, Formula], ...] = ()
    step: Formula | None = None

    @property
    def per_score(self) -> bool:
        return self.kind in SCORE_KINDS


@dataclass(frozen=True)
class Outer:
    """A part of a row's Hessian off the diagonal: ``scale * (u v' + v u')``, or ``scale * u u'`` without ``right``.

    ``scale`` is a row formula, ``left`` and ``right`` are score formulas.
    """

    scale: Formula
    left: Formula
    right: Formula | None = None


TARGETS = {
    "distribution": "target weights that are not negative and sum to one",
    "labels": "a number in [0, 1] for each class, any number of which may be 1",
    "relevance": "weights that are not negative",
    "scores": "scores of the teacher",
}
"""What a row of targets may hold; a class index stands for a one in its place (but for "scores")."""

PREDICTIONS = {
    "scores": "any numbers; -inf for a class that is masked out",
    "probabilities": "numbers in [0, 1] that sum to one",
    "independent_probabilities": "numbers in [0, 1]",
    "log_probabilities": "numbers of at most 0 whose exponentials sum to one",
    "increasing": "strictly increasing cumulative logits, one fewer than there are classes",
}
"""What a row of predictions may hold."""


@dataclass(frozen=True)
class RowClaims:
    """Properties in the row of predictions, each attacked by ``tests/rowwise/test_row_claims.py``; None claims nothing.

    convex            value lies below its chords
    nonnegative       value is never below zero, at a target that is a distribution
    bounded           the smallest upper bound on value over class indices (any number of classes); ``inf`` for none
    steepest          the smallest bound on any |grad| over class indices; ``inf`` if there is none
    shift_invariant   a number added to all scores changes nothing
    symmetric         reordering the classes of scores and target alike changes nothing
    proper            the expected loss is least where the predicted probabilities are the true ones
    calibrated        the minimiser of the expected loss ranks the likeliest class first
    """

    convex: RowClaimed = None
    nonnegative: RowClaimed = None
    bounded: RowClaimed = None
    steepest: RowClaimed = None
    shift_invariant: RowClaimed = None
    symmetric: RowClaimed = None
    proper: RowClaimed = None
    calibrated: RowClaimed = None

    def given(self, *parameters: float) -> dict[str, bool | float]:
        """The claims made, at these parameters."""
        made = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        settled = {name: claim(*parameters) if callable(claim) else claim for name, claim in made}
        return {name: claim for name, claim in settled.items() if claim is not None}


@dataclass(frozen=True)
class RowPoint:
    """A closed form known from outside: mpmath expressions at a target (an index or weights) and a row ``f``."""

    y: int | tuple[float, ...]
    f: tuple[float, ...]
    value: str | None = None
    grad: tuple[str, ...] | None = None
    hess: tuple[str, ...] | None = None
    given: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RowRelation:
    """At parameters ``given`` the loss is ``scale * other``, to a relative ``within`` (0 for an identity).

    ``other`` is a rowwise loss, seen at ``at(t, f)`` (two tuples, of weights and scores, to two tuples), or, for rows
    of two classes, a pointwise one, seen at ``pointwise(t, f)`` (to its ``y`` and ``f``). Both run under mpmath.
    ``shift`` is added: a function of the same ``(t, f)``.
    """

    other: str
    given: Mapping[str, float] = field(default_factory=dict)
    other_given: Mapping[str, float] = field(default_factory=dict)
    scale: float = 1.0
    at: Callable[..., tuple] | None = None
    pointwise: Callable[..., tuple] | None = None
    shift: Callable[..., Any] | None = None
    within: float = 0.0


@dataclass(frozen=True, eq=False)
class RowLoss:
    """One rowwise loss: statistics, formulas, claims and sources. Data only.

    statistics          in the order in which they are taken; each may use those before it
    value               row formula: the loss of the row
    grad, hess          score formulas: the derivative by the score, and the second derivative by it twice
    outers, cross       the Hessian off its diagonal: as outer products, or as a score formula for the entry of two
                        scores i < j whose arguments carry the suffixes _i and _j (f_i, t_j, ...)
    targets             a key of ``TARGETS``
    prediction          a key of ``PREDICTIONS``
    more_classes        how many classes there are beyond the number of scores
    link                "softmax" or "sigmoid" where the predictions are scores of probabilities, else "identity"
    wide                float32 data is computed in float64 and rounded
    title               what people call it, as it stands in a sentence: "softmax cross-entropy"
    brief               a sentence for lists, short enough to stand beside the names of its family in 80 columns
    textbook            the value as a textbook writes it, where ``value`` is written for digits; for referee and LaTeX
    textbook_grad       its gradient, a number for each score, in the same words
    use_when            when to take this loss, a sentence or two for its page; avoid_when: when not
    """

    name: str
    statistics: tuple[Statistic, ...]
    value: Formula
    grad: Formula
    hess: Formula
    claims: RowClaims
    functional: str
    facts: tuple[RowPoint | RowRelation, ...]
    sources: tuple[str, ...]
    outers: tuple[Outer, ...] = ()
    cross: Formula | None = None
    parameters: tuple[Parameter, ...] = ()
    targets: str = "distribution"
    prediction: str = "scores"
    more_classes: int = 0
    link: str = "identity"
    aliases: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    wide: bool = False
    title: str = ""
    brief: str = ""
    textbook: Formula | None = None
    textbook_grad: Formula | None = None
    use_when: str = ""
    avoid_when: str = ""
    family: str = ""
    prose: str = ""

    def quantity(self, name: str) -> Formula:
        """One of the formulas by name."""
        if name not in ROW_QUANTITIES:
            raise KeyError(f"{self.name} has no {name}; it has {', '.join(ROW_QUANTITIES)}")
        formula: Formula = getattr(self, name)
        return formula

    def defaults(self) -> tuple[float, ...]:
        return tuple(p.default for p in self.parameters)

    def __deepcopy__(self, memo: object) -> RowLoss:
        # As of Loss: nothing in it changes.
        return self

    def with_quantities(self, **formulas: Any) -> RowLoss:
        """A copy with other formulas, for tests that plant an error."""
        return replace(self, **formulas)

    def formulas(self) -> dict[str, Formula]:
        """Every formula of the loss by a telling name."""
        found: dict[str, Formula] = {}
        for s in self.statistics:
            found[s.name] = s.term
            found |= {f"{s.name}.{name}": formula for name, formula in s.sums}
            if s.step is not None:
                found[f"{s.name}.step"] = s.step
        found |= {q: self.quantity(q) for q in ROW_QUANTITIES}
        for i, outer in enumerate(self.outers):
            parts = {"scale": outer.scale, "left": outer.left, "right": outer.right}
            found |= {f"outer{i}.{part}": formula for part, formula in parts.items() if formula is not None}
        if self.cross is not None:
            found["cross"] = self.cross
        return found
