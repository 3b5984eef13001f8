"""The facts a loss file states, held against its formulas: closed-form points, and relations between losses."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import mpmath
from mpmath import mp

from lossary import discovery
from lossary.backends import reference
from lossary.formula import Formula, Loss, Point, Relation, bind
from lossary.proof import points
from lossary.proof.findings import Finding, at
from lossary.proof.pointwise.exact_loss import ExactLoss
from lossary.rowwise import RowLoss

EXACT = mpmath.mpf(10) ** -25
COMPARED = 20
"""Points that must lie in both domains before a relation counts as tested."""


def facts(loss: Loss) -> Iterator[Finding]:
    """A finding for each fact of a loss."""
    with mp.workdps(reference.DIGITS):
        for fact in loss.facts:
            yield _point(loss, fact) if isinstance(fact, Point) else _relation(loss, fact)


def all_parameters(loss: Loss | RowLoss, stated: Mapping[str, float]) -> tuple[float, ...]:
    """The parameters in order, those that a fact does not state at their defaults; an unknown name raises."""
    unknown = sorted(set(stated) - {p.name for p in loss.parameters})
    if unknown:
        raise ValueError(f"a fact about {loss.name} gives it {unknown[0]!r}, which it does not have")
    return tuple(float(stated.get(p.name, p.default)) for p in loss.parameters)


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


def contradiction(quantity: str, computed: mpmath.mpf, expression: str) -> str | None:
    """What is wrong if a number differs from the closed form that a fact states; None if it does not."""
    stated = number(expression)
    if computed == stated or abs(computed - stated) <= EXACT * abs(stated):
        return None
    fact = f"the fact says {expression} = {mpmath.nstr(stated, 17)}"
    return f"{quantity} is {mpmath.nstr(computed, 17)}, {fact}"


def _point(loss: Loss, fact: Point) -> Finding:
    exact = ExactLoss(loss, all_parameters(loss, fact.given))
    point = (fact.y, fact.f, *exact.parameters)
    what = f"{loss.name}: the closed form at {at(loss, point)}"
    if not exact.takes(fact.y, fact.f):
        return Finding(what, False, "the point lies outside the domain", point)
    stated = {q: getattr(fact, q) for q in ("value", "grad", "hess") if getattr(fact, q) is not None}
    for quantity, expression in stated.items():
        wrong = contradiction(quantity, exact(quantity, fact.y, fact.f), expression)
        if wrong is not None:
            return Finding(what, False, wrong, point)
    return Finding(what, bool(stated), ", ".join(stated) or "the fact states nothing", point)


# Relations.

PLAIN = (abs, min, max, sum, len, tuple, list, zip, range, enumerate, sorted, reversed, map, bool, int, float, all, any)
"""Functions of Python's own that mean the same on the referee's numbers."""


def referee(function: Formula) -> Callable:
    """A fact's function under the referee's primitives; functions beside it in its file come along."""
    if not isinstance(function, FunctionType):
        return function
    constants = {"LOG_2": mpmath.log(2), "HALF_LOG_2PI": mpmath.log(2 * mpmath.pi) / 2}
    table: dict[str, Any] = {f.__name__: f for f in PLAIN} | reference.TABLE | constants
    used = _names(function)
    for name, neighbour in function.__globals__.items():
        if name in used and name not in table:
            table[name] = referee(neighbour) if isinstance(neighbour, FunctionType) else neighbour
    bound = bind(function, table)
    if function.__closure__ is None:
        return bound
    return FunctionType(function.__code__, bound.__globals__, function.__name__, closure=function.__closure__)


def _names(function: Formula) -> set[str]:
    """The global names that a function uses, in its lambdas and comprehensions too."""
    names, codes = set(), [function.__code__]
    while codes:
        code = codes.pop()
        names |= set(code.co_names)
        codes += [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return names


@dataclass(frozen=True)
class Comparison:
    """A loss's value at a place, and the two terms that a relation says it is the sum of."""

    place: str
    value: mpmath.mpf
    terms: tuple[mpmath.mpf, mpmath.mpf]
    point: points.Point | None = None

    def holds(self, within: float) -> bool:
        """Whether they agree, to a relative error ``within`` beside the referee's own rounding."""
        allowed = mpmath.mpf(within) * abs(sum(self.terms)) + EXACT * sum(map(abs, self.terms))
        return bool(abs(self.value - sum(self.terms)) <= allowed)

    def __str__(self) -> str:
        return f"at {self.place}: {mpmath.nstr(self.value, 17)} against {mpmath.nstr(sum(self.terms), 17)}"


@dataclass(frozen=True)
class Enough:
    """How many comparisons a relation needs, what is counted, and what is demanded of it."""

    least: int
    counted: str
    demand: str

    def __call__(self, count: int) -> tuple[bool, str]:
        """Whether so many are enough, in words too."""
        shortage = "" if count >= self.least else f": at least {self.least} must {self.demand}"
        return count >= self.least, f"{count} {self.counted}{shortage}"


def compared(what: str, comparisons: Iterable[Comparison], within: float, enough: Enough) -> Finding:
    """Whether all comparisons hold, and there are enough of them."""
    count = 0
    for comparison in comparisons:
        count += 1
        if not comparison.holds(within):
            return Finding(what, False, str(comparison), comparison.point)
    return Finding(what, *enough(count))


def _relation(loss: Loss, fact: Relation) -> Finding:
    own = ExactLoss(loss, all_parameters(loss, fact.given))
    # A loss may be its own relative, and need not be one of the catalogue.
    relative = loss if fact.other == loss.name else discovery.pointwise(fact.other)
    other = ExactLoss(relative, all_parameters(relative, fact.other_given))
    scale = f"{fact.scale:g} * " if fact.scale != 1.0 else ""
    what = f"{own} is {scale}{other}{' + a shift' if fact.shift else ''}"
    moved = referee(fact.at) if fact.at else lambda y, f: (y, f)
    shift = referee(fact.shift) if fact.shift else lambda y, *parameters: mp.zero
    parameters = tuple(mpmath.mpf(p) for p in own.parameters)

    def comparisons() -> Iterator[Comparison]:
        for point in points.generic(loss, own.parameters, 4 * COMPARED):
            y, f = mpmath.mpf(point[0]), mpmath.mpf(point[1])
            others_point = moved(y, f)
            if other.takes(*map(mpmath.mpf, others_point)):
                terms = (mpmath.mpf(fact.scale) * other.value(*others_point), mpmath.mpf(shift(y, *parameters)))
                yield Comparison(at(loss, point), own.value(y, f), terms, point)

    return compared(what, comparisons(), fact.within, Enough(COMPARED, "points", "lie in both domains"))
