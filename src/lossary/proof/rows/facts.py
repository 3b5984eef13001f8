"""The facts a rowwise loss's file states, held against its formulas: closed-form rows, and relations between losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

import mpmath
from mpmath import mp

from lossary import discovery
from lossary.backends import reference
from lossary.formula import Formula, Loss, bind
from lossary.proof.findings import Finding
from lossary.proof.pointwise import exact_loss as pointwise
from lossary.proof.pointwise.facts import number
from lossary.proof.rows.cases import Case, generic
from lossary.proof.rows.exact_loss import ExactRowLoss, Number, Numbers, short
from lossary.rowwise import RowLoss, RowPoint, RowRelation

EXACT = mpmath.mpf(10) ** -25
COMPARED = 12
"""Rows that must lie in both domains and be finite before a relation counts as tested."""


def facts(loss: RowLoss) -> Iterator[Finding]:
    """A finding for each fact of a loss."""
    with mp.workdps(reference.DIGITS):
        for fact in loss.facts:
            try:
                yield _point(loss, fact) if isinstance(fact, RowPoint) else _relation(loss, fact)
            except (LookupError, NotImplementedError, TypeError, ValueError) as broken:
                yield Finding(f"{loss.name}: {_named(fact)}", False, f"raised {type(broken).__name__}: {broken}")


def _named(fact: RowPoint | RowRelation) -> str:
    return "a closed form" if isinstance(fact, RowPoint) else f"its relation to {fact.other}"


def _settled(loss: RowLoss | Loss, given: Mapping[str, float]) -> tuple[float, ...]:
    """The parameters in order, the others at their defaults; a name that the loss does not have raises."""
    unknown = sorted(set(given) - {p.name for p in loss.parameters})
    if unknown:
        raise ValueError(f"a fact about {loss.name} gives it {unknown[0]!r}, which it does not have")
    return tuple(float(given.get(p.name, p.default)) for p in loss.parameters)


# Closed forms.


def _point(loss: RowLoss, fact: RowPoint) -> Finding:
    case = Case(fact.y, fact.f, _settled(loss, fact.given), "a fact")
    subject = ExactRowLoss(loss, case.parameters)
    what = f"{loss.name}: the closed form at {case.said(loss)}"
    t, f = case.weights(loss), case.f
    if not subject.takes(t, f):
        return Finding(what, False, "the row lies outside the domain")
    row = subject.exact(t, f)
    stated: dict[str, list[tuple[str, Number]]] = {}
    if fact.value is not None:
        stated["value"] = [(fact.value, row.value)]
    for name, expressions in (("grad", fact.grad), ("hess", fact.hess)):
        if expressions is not None:
            if len(expressions) != len(f):
                return Finding(what, False, f"{name} states {len(expressions)} numbers for {len(f)} scores")
            stated[name] = list(zip(expressions, row.every(name), strict=True))
    for name, pairs in stated.items():
        for expression, got in pairs:
            known = number(expression)
            if got != known and not abs(got - known) <= EXACT * abs(known):
                said = f"{name} is {mpmath.nstr(got, 17)}, the fact says {expression} = {mpmath.nstr(known, 17)}"
                return Finding(what, False, said)
    return Finding(what, bool(stated), ", ".join(stated) or "the fact states nothing")


# Relations.

PLAIN = (abs, min, max, sum, len, tuple, list, zip, range, enumerate, sorted, reversed, map, bool, int, float, all, any)
"""Functions of Python's own that mean the same on the referee's numbers."""


def referee(function: Formula) -> Callable:
    """A fact's function under the referee's primitives; functions beside it in its file come along."""
    if not isinstance(function, FunctionType):
        return function
    constants = {"LOG_2": mpmath.log(2), "HALF_LOG_2PI": mpmath.log(2 * mpmath.pi) / 2}
    table: dict[str, Any] = {f.__name__: f for f in PLAIN} | reference.TABLE | constants
    for name, beside in function.__globals__.items():
        if name in _names(function) and name not in table:
            table[name] = referee(beside) if isinstance(beside, FunctionType) else beside
    twin = bind(function, table)
    if function.__closure__ is None:
        return twin
    return FunctionType(function.__code__, twin.__globals__, function.__name__, closure=function.__closure__)


def _names(function: Formula) -> set[str]:
    """The global names that a function uses, in its lambdas and comprehensions too."""
    found, codes = set(), [function.__code__]
    while codes:
        code = codes.pop()
        found |= set(code.co_names)
        codes += [c for c in code.co_consts if hasattr(c, "co_names")]
    return found


def _relation(loss: RowLoss, fact: RowRelation) -> Finding:
    own = ExactRowLoss(loss, _settled(loss, fact.given))
    # A loss may be its own relative, and need not be one of the catalogue.
    relative = loss if fact.other == loss.name else discovery.find(fact.other)
    seen = _pointwise(relative, fact) if isinstance(relative, Loss) else _rowwise(relative, fact)
    scale = f"{fact.scale:g} * " if fact.scale != 1.0 else ""
    given = ", ".join(f"{name}={x:g}" for name, x in fact.other_given.items())
    what = f"{own} is {scale}{relative.name}({given}){' + a shift' if fact.shift else ''}"
    shift = referee(fact.shift) if fact.shift else lambda t, f: mp.zero
    compared = 0
    for case in generic(loss, own.parameters, 4 * COMPARED):
        if fact.pointwise is not None and len(case.f) + loss.more_classes != 2:
            case = _of_two(case, loss)
        t, f = own.precise(case)
        other = seen(t, f)
        if other is None:
            continue
        terms = (mpmath.mpf(fact.scale) * other, mpmath.mpf(shift(t, f)))
        got = own.value(t, f)
        if mpmath.isinf(got) and got == sum(terms):
            continue
        compared += 1
        allowed = mpmath.mpf(fact.within) * abs(sum(terms)) + EXACT * sum(map(abs, terms))
        if not abs(got - sum(terms)) <= allowed:
            said = f"at t={short(t)}, f={short(f)}: {mpmath.nstr(got, 17)} against {mpmath.nstr(sum(terms), 17)}"
            return Finding(what, False, said)
    enough = compared >= COMPARED
    return Finding(
        what,
        enough,
        f"{compared} rows" + ("" if enough else f": at least {COMPARED} must lie in both domains and be finite"),
    )


def _of_two(case: Case, loss: RowLoss) -> Case:
    """The same row cut to two classes."""
    y = min(case.y, 1) if isinstance(case.y, int) else case.y[:2]
    return Case(y, case.f[: 2 - loss.more_classes], case.parameters, case.kind)


Seen = Callable[[Numbers, Numbers], Number | None]
"""The other loss's value for a row of the first; None where it has none."""


def _rowwise(relative: RowLoss, fact: RowRelation) -> Seen:
    other = ExactRowLoss(relative, _settled(relative, fact.other_given))
    place = referee(fact.at) if fact.at else lambda t, f: (t, f)

    def seen(t: Numbers, f: Numbers) -> Number | None:
        there = tuple(tuple(mpmath.mpf(x) for x in row) for row in place(t, f))
        return other.value(*there) if other.takes(*there) else None

    return seen


def _pointwise(relative: Loss, fact: RowRelation) -> Seen:
    if fact.pointwise is None:
        raise ValueError(f"a relation to {relative.name}, a loss of one prediction, must say at which: pointwise=")
    other = pointwise.ExactLoss(relative, _settled(relative, fact.other_given))
    place = referee(fact.pointwise)

    def seen(t: Numbers, f: Numbers) -> Number | None:
        there = tuple(mpmath.mpf(x) for x in place(t, f))
        return other.value(*there) if other.takes(*there) else None

    return seen
