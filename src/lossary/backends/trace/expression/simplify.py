"""Arithmetic on expressions that drops what is certainly idle: zeros, ones, double minus, exact constants.

Only derivatives are built with these; a traced formula keeps every operation its author wrote. A structural zero is
taken as exactly zero even beside something infinite, which is what it means in a chain rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from lossary.backends.trace.expression.symbols import Expression, literal, node

ZERO = literal(0.0)
ONE = literal(1.0)


def value_of(x: Expression) -> float | None:
    """The number a literal stands for, None for anything else."""
    return float(x.leaf) if x.operation == "literal" and x.leaf is not None else None


def is_number(x: Expression, wanted: float) -> bool:
    """Whether it is the literal of this value."""
    return value_of(x) == wanted


EXACT: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
}


def _folded(operation: str, a: Expression, b: Expression) -> Expression | None:
    """The exact result of an operation on two literals, None if it is not a float."""
    x, y = value_of(a), value_of(b)
    if x is None or y is None or math.isinf(x) or math.isinf(y):
        return None
    exact = EXACT[operation](Fraction(x), Fraction(y))
    try:
        rounded = float(exact)
    except OverflowError:
        return None
    return literal(rounded) if Fraction(rounded) == exact else None


def _operated(operation: str, a: Expression, b: Expression) -> Expression:
    folded = _folded(operation, a, b)
    return node(operation, a, b) if folded is None else folded


def neg(x: Expression) -> Expression:
    """-x."""
    number = value_of(x)
    if number is not None:
        return literal(-number if number else 0.0)
    if x.operation == "negative":
        return x.arguments[0]
    if x.operation == "subtract":
        return node("subtract", *reversed(x.arguments))
    if x.operation == "multiply" and value_of(x.arguments[0]) is not None:
        return mul(neg(x.arguments[0]), x.arguments[1])
    return node("negative", x)


def add(a: Expression, b: Expression) -> Expression:
    """A + b."""
    if is_number(a, 0.0):
        return b
    if is_number(b, 0.0):
        return a
    if a is b:
        return mul(literal(2.0), a)
    if b.operation == "negative":
        return sub(a, b.arguments[0])
    if a.operation == "negative":
        return sub(b, a.arguments[0])
    return _operated("add", a, b)


def sub(a: Expression, b: Expression) -> Expression:
    """A - b."""
    if is_number(b, 0.0):
        return a
    if is_number(a, 0.0):
        return neg(b)
    if a is b:
        return ZERO
    if b.operation == "negative":
        return add(a, b.arguments[0])
    if a.operation == "subtract" and value_of(a.arguments[1]) is not None:
        taken = _folded("add", a.arguments[1], b)
        if taken is not None:
            return sub(a.arguments[0], taken)
    return _operated("subtract", a, b)


def factors(x: Expression) -> list[Expression]:
    """The operands of a chain of products."""
    return [f for argument in x.arguments for f in factors(argument)] if x.operation == "multiply" else [x]


def _without(x: Expression, factor: Expression) -> Expression:
    rest = factors(x)
    rest.pop(next(i for i, f in enumerate(rest) if f is factor))
    product = ONE
    for other in rest:
        product = mul(product, other)
    return product


def mul(a: Expression, b: Expression) -> Expression:
    """A * b, numbers first, where they can meet."""
    if is_number(a, 0.0) or is_number(b, 0.0):
        return ZERO
    for one, other in ((a, b), (b, a)):
        if is_number(one, 1.0):
            return other
        if is_number(one, -1.0):
            return neg(other)
        if one.operation == "negative":
            return neg(mul(one.arguments[0], other) if one is a else mul(other, one.arguments[0]))
    if value_of(a) is None and value_of(b) is not None:
        a, b = b, a
    signs = [x for x in factors(a) if x.operation == "sign" and any(x is other for other in factors(b))]
    if signs:
        # A slope of |x| met itself: sign(x)**2 is 1, in the limit at 0 as well.
        return mul(_without(a, signs[0]), _without(b, signs[0]))
    if value_of(a) is not None and b.operation == "multiply":
        merged = _folded("multiply", a, b.arguments[0])
        if merged is not None:
            return mul(merged, b.arguments[1])
    elif value_of(a) is None:
        if b.operation == "multiply" and value_of(b.arguments[0]) is not None:
            return mul(b.arguments[0], mul(a, b.arguments[1]))
        if a.operation == "multiply" and value_of(a.arguments[0]) is not None:
            return mul(a.arguments[0], mul(a.arguments[1], b))
    return _operated("multiply", a, b)


def div(a: Expression, b: Expression) -> Expression:
    """A / b."""
    if is_number(a, 0.0):
        return ZERO
    if is_number(b, 1.0):
        return a
    if is_number(b, -1.0):
        return neg(a)
    if a.operation == "negative":
        return neg(div(a.arguments[0], b))
    if b.operation == "negative":
        return neg(div(a, b.arguments[0]))
    if is_number(b, 0.0):
        return node("divide", a, b)
    return _operated("divide", a, b)


def square(x: Expression) -> Expression:
    """x**2."""
    folded = _folded("multiply", x, x)
    return node("square", x) if folded is None else folded


def where(condition: Expression, a: Expression, b: Expression) -> Expression:
    """A choice; none if both arms are the same."""
    return a if a is b else node("where", condition, a, b)


def call(name: str, *arguments: Expression) -> Expression:
    """A primitive of operands."""
    return node(name, *arguments)
