"""Sums as signed terms, products as numbers and powers: the algebra that reading wants and computing must not have."""

from __future__ import annotations

import math
from fractions import Fraction

from lossary.backends.trace.expression.simplify import ONE, div, is_number, mul
from lossary.backends.trace.expression.symbols import LEAVES, Expression, constant, literal, node, variable, whole_power

PI = constant("pi")


def terms(at: Expression, names: dict[Expression, str], positive: bool = True) -> list[tuple[bool, Expression]]:
    """A sum as signed terms."""
    if at.operation not in ("add", "subtract", "negative") or at in names:
        return [(positive, at)]
    if at.operation == "negative":
        return terms(at.arguments[0], names, not positive)
    left, right = at.arguments
    return terms(left, names, positive) + terms(right, names, positive == (at.operation == "add"))


def _flat_terms(at: Expression, names: dict[Expression, str], positive: bool = True) -> list[tuple[bool, Expression]]:
    """Signed terms, also of a sum that shows only when a product around it has cancelled."""
    flat = []
    for sign, term in terms(at, names, positive):
        coefficient, powers = factors(term, names)
        inner = next(iter(powers), term)
        alone = abs(coefficient) == 1 and list(powers.values()) == [1]
        if alone and inner is not term and inner.operation in ("add", "subtract", "negative") and inner not in names:
            flat += _flat_terms(inner, names, sign == (coefficient > 0))
        else:
            flat.append((sign, term))
    return flat


def like_terms(
    at: Expression, names: dict[Expression, str], in_order: bool = False
) -> list[tuple[Fraction, Expression]]:
    """A sum as terms that differ in more than a number, each with its number to tell the sign.

    One that has a positive term starts with one, unless the terms are wanted in order.
    """
    collected: dict[frozenset[tuple[Expression, int]], tuple[Fraction, Expression]] = {}
    for positive, term in _flat_terms(at, names):
        coefficient, powers = factors(term, names)
        key = frozenset(powers.items())
        signed = coefficient if positive else -coefficient
        if key in collected:
            signed += collected[key][0]
            bare = _product(powers)
            term = bare if abs(signed) == 1 else literal(abs(float(signed))) * bare
        collected[key] = signed, term
    left = [pair for pair in collected.values() if pair[0] != 0]
    if in_order:
        return left
    first = next((i for i, (coefficient, _) in enumerate(left) if coefficient > 0), 0)
    return [left[first], *left[:first], *left[first + 1 :]] if left else []


def _product(powers: dict[Expression, int]) -> Expression:
    product = ONE
    for base, power in powers.items():
        whole = whole_power(base, abs(power))
        product = mul(product, whole) if power > 0 else div(product, whole)
    return product


def factors(at: Expression, names: dict[Expression, str]) -> tuple[Fraction, dict[Expression, int]]:
    """A product as a number and whole powers of other expressions, negative below the bar."""
    powers: dict[Expression, int] = {}
    coefficient = _gather(at, 1, powers, names)
    for base in [x for x in powers if x.operation in ("absolute", "sqrt") and x not in names and powers[x] % 2 == 0]:
        # |x|**2 is x**2 and sqrt(x)**2 is x.
        power = powers.pop(base)
        coefficient *= _gather(base.arguments[0], power if base.operation == "absolute" else power // 2, powers, names)
    for base in [x for x in powers if x.operation == "sign" and x not in names and powers[x] == 1]:
        # sign(x) |x| is x.
        size_of = node("absolute", *base.arguments)
        if powers.get(size_of) == 1 and size_of not in names:
            del powers[base], powers[size_of]
            coefficient *= _gather(base.arguments[0], 1, powers, names)
    for base in [x for x in powers if x.operation in ("exp", "power") and x not in names and abs(powers[x]) > 1]:
        # (e**x)**2 is e**(2 x).
        power = powers.pop(base)
        *below, exponent = base.arguments
        whole = node(base.operation, *below, mul(literal(abs(power)), exponent))
        powers[whole] = powers.get(whole, 0) + (1 if power > 0 else -1)
    if coefficient < 0 and (len(powers) > 1 or coefficient != -1):
        # -c*(a - b) reads better as c*(b - a).
        for base in [x for x in powers if x.operation == "subtract" and powers[x] == 1 and x not in names]:
            if not is_residual(base):
                powers[node("subtract", *reversed(base.arguments))] = powers.pop(base)
                return -coefficient, {base: power for base, power in powers.items() if power}
    return coefficient, {base: power for base, power in powers.items() if power}


def _gather(at: Expression, power: int, into: dict[Expression, int], names: dict[Expression, str]) -> Fraction:
    operation = at.operation
    if operation == "literal" and at not in names and math.isfinite(float(at.leaf or 0.0)) and (at.leaf or power > 0):
        turns = Fraction(float(at.leaf or 0.0) / math.pi).limit_denominator(12)
        if turns and float(turns) * math.pi == at.leaf:
            into[PI] = into.get(PI, 0) + power
            return turns**power
        return simple(float(at.leaf or 0.0)) ** power
    if at in names or operation in LEAVES:
        into[at] = into.get(at, 0) + power
        return Fraction(1)
    if operation in ("multiply", "divide"):
        left, right = at.arguments
        other = power if operation == "multiply" else -power
        return _gather(left, power, into, names) * _gather(right, other, into, names)
    if operation == "negative":
        return Fraction(-1) ** power * _gather(at.arguments[0], power, into, names)
    if operation == "square":
        return _gather(at.arguments[0], 2 * power, into, names)
    if operation == "power" and at.arguments[1].operation == "literal":
        exponent = float(at.arguments[1].leaf or 0.0)
        if exponent == int(exponent) and 0 < abs(exponent) < 10:
            return _gather(at.arguments[0], int(exponent) * power, into, names)
    if operation == "power" and at.arguments[0].operation == "divide" and is_number(at.arguments[0].arguments[0], 1.0):
        # (1/x)**a is 1/x**a.
        return _gather(node("power", at.arguments[0].arguments[1], at.arguments[1]), -power, into, names)
    into[at] = into.get(at, 0) + power
    return Fraction(1)


def simple(value: float) -> Fraction:
    """The fraction meant by a float such as 1/3, or else its exact value."""
    near = Fraction(value).limit_denominator(1000)
    return near if float(near) == value else Fraction(value)


def is_residual(at: Expression) -> bool:
    """Whether it is f - y or y - f."""
    return at.operation == "subtract" and {*at.arguments} == {variable("y"), variable("f")}


def spread(whole: Expression) -> Expression:
    """A product with one choice among its factors, as a choice between short products."""
    _, powers = factors(whole, {})
    choices = [x for x in powers if x.operation == "where" and powers[x] == 1]
    if len(choices) != 1 or whole is choices[0] or sum(size(x, {}) for x in powers) > 9:
        return whole
    asked, yes, no = choices[0].arguments
    if is_number(yes, 1.0) and is_number(no, 0.0):
        return whole
    return node("where", asked, _replaced(whole, choices[0], yes), _replaced(whole, choices[0], no))


def _replaced(at: Expression, old: Expression, new: Expression) -> Expression:
    if at is old or not at.arguments:
        return new if at is old else at
    return node(at.operation, *(_replaced(a, old, new) for a in at.arguments))


def size(at: Expression, names: dict[Expression, str]) -> int:
    """How much there is to read: leaves, of which long names count double."""
    if at in names or at.operation in LEAVES:
        return 1 + (at not in names and len(str(at.leaf)) > 7)
    return sum(size(a, names) for a in at.arguments)
