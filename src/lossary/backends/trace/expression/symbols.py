"""Expressions: what a formula becomes when it is run on names instead of numbers.

A node is an operation and its operands, nothing more. Building one never rewrites it: the tree repeats the formula
operation by operation, so that a function generated from it rounds exactly as the formula does. Equal nodes are the
same object (``a is b``), which makes a repeated sub-expression visible and lets a node be a dictionary key although
``==`` builds a comparison.
"""

from __future__ import annotations

import math
import numbers
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
LOGIC = {"both": "&", "either": "|"}
CONDITIONS = frozenset((*COMPARISONS, *LOGIC, "invert"))
LEAVES = frozenset(("variable", "literal", "constant"))

_made: WeakValueDictionary[tuple, Expression] = WeakValueDictionary()


class NumPyCalls(NamedTuple):
    """What answers where a function of NumPy or SciPy meets an expression."""

    ufunc: Callable[[str, str, Sequence[object], Mapping[str, object]], Expression]
    function: Callable[[str, Sequence[object], Mapping[str, object]], Expression]


class Expression:
    """An operation on operands, or a leaf: a variable or constant by name, a literal by value."""

    __slots__ = ("__weakref__", "arguments", "leaf", "operation")

    operation: str
    arguments: tuple[Expression, ...]
    leaf: str | float | None
    numpy_calls: ClassVar[NumPyCalls]
    """Set by ``numpy_calls``, which needs this class."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("an expression does not change")

    def __reduce__(self) -> tuple:
        return _make, (self.operation, self.arguments, self.leaf)

    def __repr__(self) -> str:
        inside = repr(self.leaf) if self.operation in LEAVES else ", ".join(map(repr, self.arguments))
        return str(self.leaf) if self.operation in ("variable", "constant") else f"{self.operation}({inside})"

    __hash__ = object.__hash__

    def __add__(self, other: object) -> Expression:
        return node("add", number(self), number(other))

    def __radd__(self, other: object) -> Expression:
        return node("add", number(other), number(self))

    def __sub__(self, other: object) -> Expression:
        return node("subtract", number(self), number(other))

    def __rsub__(self, other: object) -> Expression:
        return node("subtract", number(other), number(self))

    def __mul__(self, other: object) -> Expression:
        return node("multiply", number(self), number(other))

    def __rmul__(self, other: object) -> Expression:
        return node("multiply", number(other), number(self))

    def __truediv__(self, other: object) -> Expression:
        return node("divide", number(self), number(other))

    def __rtruediv__(self, other: object) -> Expression:
        return node("divide", number(other), number(self))

    def __neg__(self) -> Expression:
        return node("negative", number(self))

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return node("absolute", number(self))

    def __pow__(self, exponent: object) -> Expression:
        return raised(self, exponent)

    def __rpow__(self, base: object) -> Expression:
        return raised(base, self)

    def __lt__(self, other: object) -> Expression:
        return node("less", number(self), number(other))

    def __le__(self, other: object) -> Expression:
        return node("less_equal", number(self), number(other))

    def __gt__(self, other: object) -> Expression:
        return node("greater", number(self), number(other))

    def __ge__(self, other: object) -> Expression:
        return node("greater_equal", number(self), number(other))

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return node("equal", number(self), number(other))

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return node("not_equal", number(self), number(other))

    def __and__(self, other: object) -> Expression:
        return node("both", condition(self), condition(other))

    __rand__ = __and__

    def __or__(self, other: object) -> Expression:
        return node("either", condition(self), condition(other))

    __ror__ = __or__

    def __invert__(self) -> Expression:
        return node("invert", condition(self))

    def __bool__(self) -> bool:
        raise TypeError(
            f"the truth of {self!r} is not known yet: a loss is evaluated on whole arrays, so in place of "
            "if, and, or, not and chained comparisons use where(condition, a, b), &, | and ~"
        )

    def __float__(self) -> float:
        raise TypeError(
            f"{self!r} is not a plain number here: a loss is evaluated on whole arrays, so in place of float() and "
            "the functions of math use those of lossary.primitives (exp, log, ...) or of NumPy"
        )

    __int__ = __index__ = __float__

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise TypeError(f"{self!r} cannot become an array: a loss is written for one example, without np.array or sums")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **keywords: object) -> Expression:
        return self.numpy_calls.ufunc(ufunc.__name__, method, inputs, keywords)

    def __array_function__(self, func: Callable, types: object, args: Sequence, kwargs: dict) -> Expression:
        return self.numpy_calls.function(func.__name__, args, kwargs)


def _make(operation: str, arguments: tuple[Expression, ...], leaf: str | float | None) -> Expression:
    # Operands enter the key by identity; the node keeps them alive as long as its key stands.
    seen = struct.pack("d", leaf) if isinstance(leaf, float) else leaf
    key = (operation, seen, *map(id, arguments))
    expression = _made.get(key)
    if expression is None:
        expression = object.__new__(Expression)
        object.__setattr__(expression, "operation", operation)
        object.__setattr__(expression, "arguments", arguments)
        object.__setattr__(expression, "leaf", leaf)
        expression = _made.setdefault(key, expression)
    return expression


def node(operation: str, *arguments: Expression) -> Expression:
    """The one expression with this operation and these operands."""
    return _make(operation, arguments, None)


def variable(name: str) -> Expression:
    """A number to be known later."""
    return _make("variable", (), name)


def constant(name: str) -> Expression:
    """A number known by its name in ``primitives.CONSTANTS``."""
    return _make("constant", (), name)


def literal(value: float) -> Expression:
    """A number known by its value."""
    if math.isnan(value):
        raise ValueError("NaN has no place in a formula")
    return _make("literal", (), float(value))


def lift(value: object) -> Expression:
    """A plain number as a literal; an expression as it is."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, (numbers.Real, np.bool_)) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return literal(float(value))
    raise TypeError(
        f"a {type(value).__name__} met an expression: a loss is the formula for one example, made of plain numbers"
    )


def number(value: object) -> Expression:
    """The value as a number: a condition counts as 1 or 0, as it does under NumPy."""
    lifted = lift(value)
    return node("where", lifted, literal(1.0), literal(0.0)) if lifted.operation in CONDITIONS else lifted


def condition(value: object) -> Expression:
    """The value as a condition: a number counts as true unless it is zero."""
    lifted = lift(value)
    if lifted.operation in CONDITIONS:
        return lifted
    if lifted.operation == "where" and [a.leaf for a in lifted.arguments[1:]] == [1.0, 0.0]:
        return lifted.arguments[0]
    return node("not_equal", lifted, literal(0.0))


def raised(base: object, exponent: object) -> Expression:
    """``base ** exponent`` in the dialect, which has no ``**``: products for whole exponents, else ``power``."""
    if isinstance(exponent, Expression):
        natural = isinstance(base, float) and base == math.e
        return node("exp", exponent) if natural else node("power", number(base), number(exponent))
    power = float(exponent)  # type: ignore[arg-type]
    root = number(base)
    if power == 0.0:
        return literal(1.0)
    if abs(power) == 0.5:
        positive = node("sqrt", root)
    elif power == int(power) and abs(power) <= 64:
        positive = whole_power(root, int(abs(power)))
    elif power == int(power):
        # Too high to multiply out, and the primitive takes no negative base.
        size = node("power", node("absolute", root), literal(abs(power)))
        positive = node("sign", root) * size if int(power) % 2 else size
    else:
        return node("power", root, literal(power))
    return positive if power > 0 else 1.0 / positive


def whole_power(base: Expression, exponent: int) -> Expression:
    """``base**exponent`` by squares and products, for an exponent of zero or more."""
    if exponent < 2:
        return base if exponent else literal(1.0)
    half = node("square", whole_power(base, exponent // 2))
    return half * base if exponent % 2 else half


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node once, operands before what is made of them."""
    done: set[Expression] = set()
    waiting = [(expression, False)]
    while waiting:
        at, ready = waiting.pop()
        if at in done:
            continue
        if ready:
            done.add(at)
            yield at
        else:
            waiting.append((at, True))
            waiting.extend((argument, False) for argument in reversed(at.arguments))


def variables(expression: Expression) -> set[str]:
    """The names of the variables in it."""
    return {str(at.leaf) for at in walk(expression) if at.operation == "variable"}
