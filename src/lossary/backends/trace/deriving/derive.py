"""Symbolic derivatives of expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import FunctionType

from lossary import primitives
from lossary.backends.trace.deriving.rules import RULES, TWO
from lossary.backends.trace.expression.simplify import (
    ONE,
    ZERO,
    add,
    call,
    div,
    is_number,
    mul,
    neg,
    sub,
    value_of,
    where,
)
from lossary.backends.trace.expression.symbols import (
    CONDITIONS,
    LEAVES,
    Expression,
    literal,
    node,
    variable,
    walk,
    whole_power,
)
from lossary.backends.trace.expression.table import arity, trace

Slopes = Mapping[Expression, Expression]
"""The slopes of all that an expression is made of."""


def _selected(at: Expression, slopes: Slopes) -> Expression:
    """The slope of the operand that ``where``, ``minimum`` or ``maximum`` takes.

    Of equal operands ``minimum`` takes the one and ``maximum`` the other, so that their sum moves as a + b does.
    """
    *asked, a, b = at.arguments
    condition = asked[0] if asked else a < b if at.operation == "minimum" else a >= b
    return where(condition, slopes[a], slopes[b])


def _product_error(at: Expression, slopes: Slopes) -> Expression:
    # The slope of a*b is a'b + ab'; its rounding errors correct it as this one corrects the product.
    a, b = at.arguments
    left, right = (value_of(slopes[x]) in (0.0, 1.0, -1.0) for x in (a, b))  # products without an error
    return add(
        ZERO if left else call("product_error", slopes[a], b),
        ZERO if right else call("product_error", a, slopes[b]),
    )


def _product0(at: Expression, slopes: Slopes) -> Expression:
    # A factor of zero outweighs an infinite slope beside it, too, and a factor beside it that is no number: that has
    # no slope there, either.
    a, b = at.arguments
    plain = value_of(slopes[b]) is not None
    beside = b if is_number(slopes[a], 0.0) or value_of(b) is not None else where((a == 0.0) & (b != b), ZERO, b)
    return add(mul(slopes[a], beside), mul(a, slopes[b]) if plain else call("product0", a, slopes[b]))


def _with_slope_of(at: Expression, slopes: Slopes) -> Expression:
    return slopes[at.arguments[1]]


def _multiply(at: Expression, slopes: Slopes) -> Expression:
    """The product rule, with powers: the slope of ``0.5 * x * x`` is ``x``, not ``0.5 * x + 0.5 * x``."""
    scale, bases = ONE, Counter[Expression]()
    for factor, times in _powers(at, 1):
        if value_of(factor) is None:
            bases[factor] += times
        else:
            scale = mul(scale, factor)
    if len(bases) != 1 and at.operation == "square":
        (x,) = at.arguments
        return mul(mul(TWO, x), slopes[x])
    if len(bases) != 1:
        a, b = at.arguments
        return add(mul(slopes[a], b), mul(a, slopes[b]))
    ((base, times),) = bases.items()
    return mul(mul(literal(float(times)), scale), mul(whole_power(base, times - 1), slopes[base]))


def _powers(x: Expression, times: int) -> list[tuple[Expression, int]]:
    """A chain of products and squares as factors with their multiplicities."""
    if x.operation == "square":
        return _powers(x.arguments[0], 2 * times)
    if x.operation != "multiply":
        return [(x, 1)] * times if value_of(x) is not None else [(x, times)]
    return [pair for argument in x.arguments for pair in _powers(argument, times)]


def _divide(at: Expression, slopes: Slopes) -> Expression:
    a, b = at.arguments
    if is_number(slopes[b], 0.0):
        return div(slopes[a], b)
    if b.operation == "hypot1" and b.arguments[0] is a:
        # (1 - x**2/h**2)/h is 1/h**3, which loses no digit far out.
        return mul(div(div(div(ONE, b), b), b), slopes[a])
    if is_number(slopes[a], 0.0):
        return neg(mul(div(at, b), slopes[b]))
    return div(sub(slopes[a], mul(at, slopes[b])), b)


def _through_body(at: Expression, slopes: Slopes) -> Expression:
    """For a primitive without a better rule: the slope of its own definition."""
    names = [f"operand {i}" for i in range(len(at.arguments))]
    definition = getattr(primitives, at.operation, None)
    if not isinstance(definition, FunctionType):
        raise NotImplementedError(f"no rule for the derivative of {at.operation}")
    body = trace(definition, names)
    filled = dict(zip(names, at.arguments, strict=True))
    terms = ZERO
    for name, argument in filled.items():
        if not is_number(slopes[argument], 0.0):
            terms = add(terms, mul(substitute(derivative(body, name), filled), slopes[argument]))
    return terms


WHOLE_RULES: dict[str, Callable[[Expression, Slopes], Expression]] = {  # from the operands' slopes at once
    "where": _selected,
    "minimum": _selected,
    "maximum": _selected,
    "multiply": _multiply,
    "square": _multiply,
    "divide": _divide,
    "product0": _product0,
    "product_error": _product_error,
    "with_slope_of": _with_slope_of,
    "sqrt_ratio_gamma": _through_body,
}


def lacking_rule() -> list[str]:
    """The primitives that no rule covers, or whose rule has the wrong number of operands."""
    functions = [name for name in primitives.NAMES if name not in primitives.CONSTANTS]
    return [n for n in functions if n not in WHOLE_RULES and len(RULES.get(n, ())) != arity(n)]


def _slope(at: Expression, slopes: Slopes) -> Expression:
    if all(is_number(slopes[argument], 0.0) for argument in at.arguments):
        return ZERO
    if at.operation in WHOLE_RULES:
        return WHOLE_RULES[at.operation](at, slopes)
    if at.operation not in RULES:
        return _through_body(at, slopes)
    total = ZERO
    for partial, argument in zip(RULES[at.operation], at.arguments, strict=True):
        if not is_number(slopes[argument], 0.0):
            total = add(total, mul(partial(*at.arguments), slopes[argument]))
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
            slopes[at] = _slope(at, slopes)
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
