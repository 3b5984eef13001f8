"""What a primitive means on paper, for readers: ``softplus(x)`` prints as log(1 + e**x).

A form spells a primitive out in the few operations that printers know. It says nothing about how the value is computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lossary import primitives
from lossary.backends.trace.expression.symbols import Expression, literal, node, walk
from lossary.backends.trace.expression.table import arity

# Operations that every printer knows by themselves; the last few occur only in forms.
PLAIN = ("minimum", "maximum", "where", "absolute", "sqrt", "exp", "log", "power", "square")
FUNCTIONS = ("sign", "tanh", "product_error", "lgamma", "digamma", "erf", "erfc", "ndtr", "log_ndtr")
ONLY_IN_FORMS = ("cosh", "sinh", "gamma")


def _exp(x: Expression) -> Expression:
    if x.operation == "multiply":
        for one, other in (x.arguments, x.arguments[::-1]):
            if one.operation == "log":  # e**(a log x) is x**a
                return _power(one.arguments[0], other)
    return node("exp", x)


def _log(x: Expression) -> Expression:
    return node("log", x)


def _sqrt(x: Expression) -> Expression:
    return node("sqrt", x)


def _square(x: Expression) -> Expression:
    return node("square", x)


def _power(x: Expression, a: Expression) -> Expression:
    return node("power", x, a)


def _gamma(x: Expression) -> Expression:
    return node("gamma", x)


FORMS: dict[str, Callable[..., Expression]] = {
    "expm1": lambda x: _exp(x) - 1.0,
    "log1p": lambda x: _log(1.0 + x),
    "exp_nonpositive": lambda x: _exp(x),
    "log1p_unit": lambda x: _log(1.0 + x),
    "softplus": lambda x: _log(1.0 + _exp(x)),
    "log_sigmoid": lambda x: -_log(1.0 + _exp(-x)),
    "sigmoid": lambda x: 1.0 / (1.0 + _exp(-x)),
    "sigmoid_slope": lambda x: _exp(x) / _square(1.0 + _exp(x)),
    "log_cosh": lambda x: _log(node("cosh", x)),
    "hypot1": lambda x: _sqrt(1.0 + _square(x)),
    "hypot1_ratio": lambda x: x / (1.0 + _sqrt(1.0 + _square(x))),
    "sqrt1pm1": lambda x: _sqrt(1.0 + x) - 1.0,
    "log1p_square": lambda x: _log(1.0 + _square(x)),
    "over_1p_square": lambda r, c: r / (1.0 + _square(r / c)),
    "log1p_over": lambda x: _log(1.0 + x) / x,
    "expm1_over": lambda x: (_exp(x) - 1.0) / x,
    "log1pmx": lambda x: _log(1.0 + x) - x,
    "expm1mx": lambda x: _exp(x) - 1.0 - x,
    "xlogy": lambda x, y: x * _log(y),
    "xlog1py": lambda x, y: x * _log(1.0 + y),
    "product0": lambda x, y: x * y,
    "ratio0": lambda x, y: x / y,
    "with_slope_of": lambda x, same: x,
    "one_minus_ratio": lambda x, y: 1.0 - x / y,
    "relative_entropy": lambda x, y, gap: x * _log(x / y) - x + y,
    "log_ratio": lambda x, y: _log(x / y),
    "log1p_difference": lambda a, b: _log((1.0 + a) / (1.0 + b)),
    "hypot1_power": lambda x, a: _power(1.0 + _square(x), 0.5 * a),
    "hypot1_boxcox": lambda x, a: (_power(1.0 + _square(x), 0.5 * a) - 1.0) / a,
    "scaled_exp": lambda c, k, x: c * k * _exp(x),
    "scaled_exp_product": lambda c, k, a, x: c * k * _exp(a * x),
    "shifted_softplus": lambda a, x: _log(1.0 + a * _exp(x)),
    "exp_product": lambda a, x: _exp(a * x),
    "sigmoid_power": lambda x, a: _power(1.0 / (1.0 + _exp(-x)), a),
    "sqrt_ratio_gamma": lambda x: _gamma(x + 0.5) / (_gamma(x) * _sqrt(x)),
}

CONSTANT_FORMS: dict[str, Expression] = {
    "LOG_2": _log(literal(2.0)),
    "HALF_LOG_2PI": 0.5 * _log(2.0 * literal(math.pi)),
}


def lacking_form() -> list[str]:
    """The primitives that a printer would show by their bare name, or whose form has the wrong number of operands."""
    known = {*PLAIN, *FUNCTIONS, *CONSTANT_FORMS, "INFINITY"}
    rest = [name for name in primitives.NAMES if name not in known]
    return [n for n in rest if n not in FORMS or FORMS[n].__code__.co_argcount != arity(n)]


def spelled_out(expression: Expression) -> Expression:
    """The expression in plain operations."""
    done: dict[Expression, Expression] = {}
    for at in walk(expression):
        done[at] = _spell(at, [done[argument] for argument in at.arguments])
    return done[expression]


def _spell(at: Expression, arguments: list[Expression]) -> Expression:
    if at.operation == "literal":
        named = [name for name in CONSTANT_FORMS if primitives.CONSTANTS[name] == at.leaf]
        return CONSTANT_FORMS[named[0]] if named else at
    if at.operation == "constant":
        return CONSTANT_FORMS.get(str(at.leaf), at)
    if at.operation in FORMS:
        return FORMS[at.operation](*arguments)
    if at.operation == "exp":
        return _exp(*arguments)
    return node(at.operation, *arguments) if arguments else at
