"""The facts a loss file states, held against its formulas: closed-form points, and relations between losses."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import mpmath
from mpmath import mp

from lossary import discovery
from lossary.backends import reference
from lossary.formula import Formula, Loss, Point, Relation, bind
from lossary.proof.findings import Finding, at
from lossary.proof.points import generic
from lossary.proof.pointwise.exact_loss import ExactLoss

EXACT = mpmath.mpf(10) ** -25
COMPARED = 20
"""Points that must lie in both domains before a relation counts as tested."""


def facts(loss: Loss) -> Iterator[Finding]:
    """A finding for each fact of a loss."""
    with mp.workdps(reference.DIGITS):
        for fact in loss.facts:
            yield _point(loss, fact) if isinstance(fact, Point) else _relation(loss, fact)


def _settled(loss: Loss, given: object) -> tuple[float, ...]:
    """The parameters in order, the others at their defaults; a name that the loss does not have raises."""
    names = [p.name for p in loss.parameters]
    chosen = dict(given)  # type: ignore[call-overload]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        raise ValueError(f"a fact about {loss.name} gives it {unknown[0]!r}, which it does not have")
    return tuple(float(chosen.get(p.name, p.default)) for p in loss.parameters)


# Points.


class _Exact(ast.NodeTransformer):
    """Every number of an expression as an mpmath number, so that 3/5 is a fraction and not a double."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.copy_location(ast.Call(ast.Name("mpf", ast.Load()), [node], []), node)


def number(expression: str) -> mpmath.mpf:
    """A closed form in mpmath's functions and constants: "log(2)", "3/5", "pi/4"."""
    tree = ast.fix_missing_locations(_Exact().visit(ast.parse(expression, mode="eval")))
    names = {name: getattr(mpmath, name) for name in dir(mpmath) if not name.startswith("_")}
    return mpmath.mpf(eval(compile(tree, expression, "eval"), {"__builtins__": {}}, names))


def _point(loss: Loss, fact: Point) -> Finding:
    parameters = _settled(loss, fact.given)
    subject = ExactLoss(loss, parameters)
    point = (fact.y, fact.f, *parameters)
    what = f"{loss.name}: the closed form at {at(loss, point)}"
    if not subject.takes(fact.y, fact.f):
        return Finding(what, False, "the point lies outside the domain", point)
    stated = {q: getattr(fact, q) for q in ("value", "grad", "hess") if getattr(fact, q) is not None}
    for quantity, expression in stated.items():
        known, got = number(expression), subject(quantity, fact.y, fact.f)
        if not abs(got - known) <= EXACT * abs(known):
            said = f"{quantity} is {mpmath.nstr(got, 17)}, the fact says {expression} = {mpmath.nstr(known, 17)}"
            return Finding(what, False, said, point)
    return Finding(what, bool(stated), ", ".join(stated) or "the fact states nothing", point)


# Relations.


def _referee(formula: Formula) -> Callable:
    """A fact's function under the referee's primitives; ``abs``, ``min`` and ``max`` mean the same there."""
    constants = {"LOG_2": mpmath.log(2), "HALF_LOG_2PI": mpmath.log(2 * mpmath.pi) / 2}
    return bind(formula, {**reference.TABLE, **constants, "abs": abs, "min": min, "max": max})


def _relation(loss: Loss, fact: Relation) -> Finding:
    own = ExactLoss(loss, _settled(loss, fact.given))
    # A loss may be its own relative, and need not be one of the catalogue.
    relative = loss if fact.other == loss.name else discovery.pointwise(fact.other)
    other = ExactLoss(relative, _settled(relative, fact.other_given))
    scale = f"{fact.scale:g} * " if fact.scale != 1.0 else ""
    what = f"{own} is {scale}{other}{' + a shift' if fact.shift else ''}"
    place = _referee(fact.at) if fact.at else lambda y, f: (y, f)
    shift = _referee(fact.shift) if fact.shift else lambda y, *parameters: mp.zero
    given = tuple(mpmath.mpf(p) for p in own.parameters)
    compared = 0
    for point in generic(loss, own.parameters, 4 * COMPARED):
        y, f = mpmath.mpf(point[0]), mpmath.mpf(point[1])
        there = place(y, f)
        if not other.takes(*map(mpmath.mpf, there)):
            continue
        compared += 1
        terms = (mpmath.mpf(fact.scale) * other.value(*there), mpmath.mpf(shift(y, *given)))
        got = own.value(y, f)
        allowed = mpmath.mpf(fact.within) * abs(sum(terms)) + EXACT * sum(map(abs, terms))
        if not abs(got - sum(terms)) <= allowed:
            said = f"at {at(loss, point)}: {mpmath.nstr(got, 17)} against {mpmath.nstr(sum(terms), 17)}"
            return Finding(what, False, said, point)
    enough = compared >= COMPARED
    return Finding(
        what, enough, f"{compared} points" + ("" if enough else f": at least {COMPARED} must lie in both domains")
    )
