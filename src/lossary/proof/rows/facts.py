"""The facts a rowwise loss's file states, held against its formulas: closed-form rows, and relations between losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import mpmath
from mpmath import mp

from lossary import discovery
from lossary.backends import reference
from lossary.formula import Loss
from lossary.proof.findings import Finding
from lossary.proof.pointwise.exact_loss import ExactLoss
from lossary.proof.pointwise.facts import Comparison, Enough, all_parameters, compared, contradiction, referee
from lossary.proof.rows.cases import Case, generic
from lossary.proof.rows.exact_loss import ExactRowLoss, Number, Numbers, short
from lossary.rowwise import RowLoss, RowPoint, RowRelation

COMPARED = 12
"""Rows that must lie in both domains and be finite before a relation counts as tested."""


def facts(loss: RowLoss) -> Iterator[Finding]:
    """A finding for each fact of a loss."""
    with mp.workdps(reference.DIGITS):
        for fact in loss.facts:
            try:
                yield _point(loss, fact) if isinstance(fact, RowPoint) else _relation(loss, fact)
            except (LookupError, NotImplementedError, TypeError, ValueError) as error:
                yield Finding(f"{loss.name}: {_worded(fact)}", False, f"raised {type(error).__name__}: {error}")


def _worded(fact: RowPoint | RowRelation) -> str:
    return "a closed form" if isinstance(fact, RowPoint) else f"its relation to {fact.other}"


# Closed forms.


def _point(loss: RowLoss, fact: RowPoint) -> Finding:
    case = Case(fact.y, fact.f, all_parameters(loss, fact.given), "a fact")
    exact = ExactRowLoss(loss, case.parameters)
    what = f"{loss.name}: the closed form at {case.said(loss)}"
    t, f = case.weights(loss), case.f
    if not exact.takes(t, f):
        return Finding(what, False, "the row lies outside the domain")
    row = exact.exact(t, f)
    stated: dict[str, list[tuple[str, Number]]] = {}
    if fact.value is not None:
        stated["value"] = [(fact.value, row.value)]
    for name, expressions in (("grad", fact.grad), ("hess", fact.hess)):
        if expressions is not None:
            if len(expressions) != len(f):
                return Finding(what, False, f"{name} states {len(expressions)} numbers for {len(f)} scores")
            stated[name] = list(zip(expressions, row.every(name), strict=True))
    for name, pairs in stated.items():
        for expression, computed in pairs:
            wrong = contradiction(name, computed, expression)
            if wrong is not None:
                return Finding(what, False, wrong)
    return Finding(what, bool(stated), ", ".join(stated) or "the fact states nothing")


# Relations.


def _relation(loss: RowLoss, fact: RowRelation) -> Finding:
    own = ExactRowLoss(loss, all_parameters(loss, fact.given))
    # A loss may be its own relative, and need not be one of the catalogue.
    relative = loss if fact.other == loss.name else discovery.find(fact.other)
    value_of_other = _pointwise(relative, fact) if isinstance(relative, Loss) else _rowwise(relative, fact)
    scale = f"{fact.scale:g} * " if fact.scale != 1.0 else ""
    parameters = ", ".join(f"{name}={x:g}" for name, x in fact.other_given.items())
    what = f"{own} is {scale}{relative.name}({parameters}){' + a shift' if fact.shift else ''}"
    shift = referee(fact.shift) if fact.shift else lambda t, f: mp.zero

    def comparisons() -> Iterator[Comparison]:
        for case in generic(loss, own.parameters, 4 * COMPARED):
            row = _of_two(case, loss) if fact.pointwise is not None else case
            t, f = own.precise(row)
            other = value_of_other(t, f)
            if other is None:
                continue
            terms = (mpmath.mpf(fact.scale) * other, mpmath.mpf(shift(t, f)))
            value = own.value(t, f)
            if not (mpmath.isinf(value) and value == sum(terms)):
                yield Comparison(f"t={short(t)}, f={short(f)}", value, terms)

    return compared(what, comparisons(), fact.within, Enough(COMPARED, "rows", "lie in both domains and be finite"))


def _of_two(case: Case, loss: RowLoss) -> Case:
    """The same row cut to two classes."""
    if len(case.f) + loss.more_classes == 2:
        return case
    y = min(case.y, 1) if isinstance(case.y, int) else case.y[:2]
    return Case(y, case.f[: 2 - loss.more_classes], case.parameters, case.kind)


ValueOfOther = Callable[[Numbers, Numbers], Number | None]
"""The other loss's value for a row of the first; None where it has none."""


def _rowwise(relative: RowLoss, fact: RowRelation) -> ValueOfOther:
    other = ExactRowLoss(relative, all_parameters(relative, fact.other_given))
    moved = referee(fact.at) if fact.at else lambda t, f: (t, f)

    def value(t: Numbers, f: Numbers) -> Number | None:
        row = tuple(tuple(mpmath.mpf(x) for x in numbers) for numbers in moved(t, f))
        return other.value(*row) if other.takes(*row) else None

    return value


def _pointwise(relative: Loss, fact: RowRelation) -> ValueOfOther:
    if fact.pointwise is None:
        raise ValueError(f"a relation to {relative.name}, a loss of one prediction, must say at which: pointwise=")
    other = ExactLoss(relative, all_parameters(relative, fact.other_given))
    moved = referee(fact.pointwise)

    def value(t: Numbers, f: Numbers) -> Number | None:
        point = tuple(mpmath.mpf(x) for x in moved(t, f))
        return other.value(*point) if other.takes(*point) else None

    return value
