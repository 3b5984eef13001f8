"""The back end's table of primitives, as functions that build nodes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from lossary import primitives
from lossary.backends.trace.expression.symbols import Expression, condition, constant, node, number, variable
from lossary.formula import Formula, bind


def arity(name: str) -> int:
    """How many operands the primitive takes."""
    function = getattr(primitives, name)
    if function is np.where:
        return 3
    return function.nin if isinstance(function, np.ufunc) else len(inspect.signature(function).parameters)


def _builder(name: str) -> Callable[..., Expression]:
    count = arity(name)

    def build(*arguments: object) -> Expression:
        if len(arguments) != count:
            raise TypeError(f"{name} takes {count} argument{'s' * (count > 1)}, not {len(arguments)}")
        if name != "where":
            return node(name, *map(number, arguments))
        if isinstance(arguments[0], (bool, np.bool_)):
            return number(arguments[1] if arguments[0] else arguments[2])
        return node(name, condition(arguments[0]), *map(number, arguments[1:]))

    build.__name__ = build.__qualname__ = name
    return build


@lru_cache(maxsize=1)
def table() -> dict[str, object]:
    """Every primitive as a function that builds its node; derived ones stay whole, so that softplus prints as such."""
    functions = {name: _builder(name) for name in primitives.NAMES if name not in primitives.CONSTANTS}
    return {**functions, **{name: constant(name) for name in primitives.CONSTANTS}}


def trace(formula: Formula, names: Sequence[str] | None = None) -> Expression:
    """The formula as an expression in variables of these names, by default the formula's own."""
    code = formula.__code__
    names = code.co_varnames[: code.co_argcount] if names is None else names
    return number(bind(formula, table())(*map(variable, names)))
