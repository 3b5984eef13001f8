"""What NumPy's and SciPy's functions mean on expressions."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence

from lossary import primitives
from lossary.backends.trace.expression.symbols import (
    ARITHMETIC,
    COMPARISONS,
    LOGIC,
    Expression,
    NumPyCalls,
    condition,
    constant,
    lift,
    node,
    number,
    raised,
)
from lossary.backends.trace.expression.table import table

_SAME = {  # other people's names for operations of ours
    "abs": "absolute",
    "fabs": "absolute",
    "true_divide": "divide",
    "logical_and": "both",
    "bitwise_and": "both",
    "logical_or": "either",
    "bitwise_or": "either",
    "logical_not": "invert",
    "bitwise_invert": "invert",
    "expit": "sigmoid",
    "log_expit": "log_sigmoid",
    "gammaln": "lgamma",
    "psi": "digamma",
}


def _logaddexp(a: object, b: object) -> Expression:
    for one, other in ((a, b), (b, a)):
        if not isinstance(one, Expression) and one == 0:
            return node("softplus", number(other))
    return number(b) + node("softplus", number(a) - number(b))


_MADE_OF: dict[str, Callable[..., Expression]] = {
    "positive": lift,
    "power": raised,
    "float_power": raised,
    "pow": raised,
    "reciprocal": lambda x: 1.0 / x,
    "logaddexp": _logaddexp,
    "exp2": lambda x: node("exp", x * constant("LOG_2")),
    "log2": lambda x: node("log", number(x)) / constant("LOG_2"),
}


def apply(name: str, arguments: Sequence[object]) -> Expression:
    """What NumPy's or SciPy's function of this name means here."""
    if name in _MADE_OF:
        return _MADE_OF[name](*arguments)
    name = _SAME.get(name, name)
    if name in ARITHMETIC or name in COMPARISONS or name == "negative":
        return node(name, *map(number, arguments))
    if name in LOGIC or name == "invert":
        return node(name, *map(condition, arguments))
    build = table().get(name)
    if name in ("mean", "sum", "average", "prod", "median", "std", "var", "dot"):
        raise TypeError(f"{name} joins examples, and a loss is the formula for one: its cost takes the mean")
    if not callable(build):
        near = difflib.get_close_matches(name, primitives.NAMES, n=2, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise TypeError(f"{name} is not among the functions of lossary.primitives{hint}")
    return number(build(*arguments))


def ufunc_call(name: str, method: str, inputs: Sequence[object], keywords: Mapping[str, object]) -> Expression:
    """A ufunc met an expression: its plain call is an operation, its other methods are about arrays."""
    if method != "__call__" or keywords:
        how = f".{method}" if method != "__call__" else f" with {', '.join(keywords)}"
        raise TypeError(f"{name}{how} has no place in a loss, which is written for one example")
    return apply(name, inputs)


def array_call(name: str, arguments: Sequence[object], keywords: Mapping[str, object]) -> Expression:
    """One of NumPy's other functions met an expression: ``where`` and ``clip`` are known."""
    if name == "clip":
        return _clip(*arguments, **keywords)
    if keywords:
        raise TypeError(f"{name} with {', '.join(keywords)} has no place in a loss, which is written for one example")
    return apply(name, arguments)


def _clip(
    a: object, a_min: object = None, a_max: object = None, *, min: object = None, max: object = None
) -> Expression:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    raised_to_low = number(a) if low is None else apply("maximum", (a, low))
    return raised_to_low if high is None else apply("minimum", (raised_to_low, high))


Expression.numpy_calls = NumPyCalls(ufunc_call, array_call)
