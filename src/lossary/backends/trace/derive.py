"""Symbolic derivatives of expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import FunctionType

from lossary import primitives
from lossary.backends.trace.rules import RULES, TWO
from lossary.backends.trace.simplify import ONE, ZERO, add, call, div, is_number, mul, neg, sub, value_of, where
from lossary.backends.trace.symbols import CONDITIONS, LEAVES, Expression, literal, node, variable, walk
from lossary.backends.trace.table import arity, trace


def _selected(at: Expression, slopes: list[Expression]) -> Expression:
    """The slope of the operand that ``where``, ``minimum`` or ``maximum`` takes."""
    if at.operation == "where":
        return where(at.arguments[0], slopes[1], slopes[2])
    a, b = at.arguments
    return where(a <= b if at.operation == "minimum" else a >= b, slopes[0], slopes[1])


def _product_error(at: Expression, slopes: list[Expression]) -> Expression:
    # The slope of a*b is a'b + ab'; its rounding errors correct it as this one corrects the product.
    a, b = at.arguments
    left, right = (value_of(slope) in (0.0, 1.0, -1.0) for slope in slopes)  # products without an error
    return add(
        ZERO if left else call("product_error", slopes[0], b),
        ZERO if right else call("product_error", a, slopes[1]),
    )


def _product0(at: Expression, slopes: list[Expression]) -> Expression:
    # A factor of zero outweighs an infinite slope beside it, too.
    a, b = at.arguments
    plain = value_of(slopes[1]) is not None
    return add(mul(slopes[0], b), mul(a, slopes[1]) if plain else call("product0", a, slopes[1]))


def _multiply(at: Expression, slopes: list[Expression]) -> Expression:
    """The product rule, with powers: the slope of ``0.5 * x * x`` is ``x``, not ``0.5 * x + 0.5 * x``."""
    a, b = at.arguments
    factors = Counter(_factors(at))
    base, slope = (b, slopes[1]) if factors[b] == 2 else (a, slopes[0])
    rest = [value_of(x) for x in factors if x is not base]
    if factors[base] != 2 or None in rest:
        return add(mul(slopes[0], b), mul(a, slopes[1]))
    twice = TWO
    for number in rest:
        twice = mul(twice, literal(number or 0.0))
    return mul(twice, mul(base, slope))


def _factors(x: Expression) -> list[Expression]:
    return [f for argument in x.arguments for f in _factors(argument)] if x.operation == "multiply" else [x]


def _divide(at: Expression, slopes: list[Expression]) -> Expression:
    a, b = at.arguments
    if is_number(slopes[1], 0.0):
        return div(slopes[0], b)
    if b.operation == "hypot1" and b.arguments[0] is a:
        # (1 - x**2/h**2)/h is 1/h**3, which loses no digit far out.
        return mul(div(div(div(ONE, b), b), b), slopes[0])
    if is_number(slopes[0], 0.0):
        return neg(mul(div(at, b), slopes[1]))
    return div(sub(slopes[0], mul(at, slopes[1])), b)


def _through_body(at: Expression, slopes: list[Expression]) -> Expression:
    """For a primitive without a better rule: the slope of its own definition."""
    names = [f"operand {i}" for i in range(len(at.arguments))]
    definition = getattr(primitives, at.operation, None)
    if not isinstance(definition, FunctionType):
        raise NotImplementedError(f"no rule for the derivative of {at.operation}")
    body = trace(definition, names)
    filled = dict(zip(names, at.arguments, strict=True))
    terms = ZERO
    for name, slope in zip(names, slopes, strict=True):
        if not is_number(slope, 0.0):
            terms = add(terms, mul(substitute(derivative(body, name), filled), slope))
    return terms


WHOLE_RULES: dict[str, Callable[[Expression, list[Expression]], Expression]] = {  # from the operands' slopes at once
    "where": _selected,
    "minimum": _selected,
    "maximum": _selected,
    "multiply": _multiply,
    "divide": _divide,
    "product0": _product0,
    "product_error": _product_error,
    "sqrt_ratio_gamma": _through_body,
}


def lacking_rule() -> list[str]:
    """The primitives that no rule covers, or whose rule has the wrong number of operands."""
    functions = [name for name in primitives.NAMES if name not in primitives.CONSTANTS]
    return [n for n in functions if n not in WHOLE_RULES and len(RULES.get(n, ())) != arity(n)]


def _slope(at: Expression, slopes: list[Expression]) -> Expression:
    if all(is_number(slope, 0.0) for slope in slopes):
        return ZERO
    if at.operation in WHOLE_RULES:
        return WHOLE_RULES[at.operation](at, slopes)
    if at.operation not in RULES:
        return _through_body(at, slopes)
    total = ZERO
    for partial, slope in zip(RULES[at.operation], slopes, strict=True):
        if not is_number(slope, 0.0):
            total = add(total, mul(partial(*at.arguments), slope))
    return total


def derivative(expression: Expression, by: str) -> Expression:
    """The derivative by the variable of this name."""
    slopes: dict[Expression, Expression] = {}
    for at in walk(expression):
        if at.operation in LEAVES:
            slopes[at] = ONE if at is variable(by) else ZERO
        elif at.operation in CONDITIONS:
            slopes[at] = ZERO
        else:
            slopes[at] = _slope(at, [slopes[argument] for argument in at.arguments])
    return slopes[expression]


def substitute(expression: Expression, values: dict[str, Expression]) -> Expression:
    """The expression with variables replaced, otherwise as it was."""
    new: dict[Expression, Expression] = {}
    for at in walk(expression):
        if at.operation in LEAVES:
            new[at] = values.get(str(at.leaf), at) if at.operation == "variable" else at
        else:
            new[at] = node(at.operation, *(new[argument] for argument in at.arguments))
    return new[expression]
