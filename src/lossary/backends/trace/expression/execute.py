"""Runs a user's own function on expressions: whatever Python it is made of, the result is one formula.

The function is executed, not analysed. Before that, what it reaches by name is exchanged where it must be: a derived
primitive for its node (so that ``softplus`` stays whole), ``min`` and ``max`` for theirs, and helper functions for
copies treated alike. NumPy and SciPy need no exchange, as expressions answer their protocols.
"""

from __future__ import annotations

import builtins
import dis
import functools
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence

from lossary import primitives
from lossary.backends.trace.expression.symbols import Expression, number, variable
from lossary.backends.trace.expression.table import table

_NOT_OURS = frozenset((*sys.stdlib_module_names, "numpy", "scipy", "numba", "torch", "jax", "tensorflow"))


def execute(formula: Callable[..., object], names: Sequence[str], keywords: Sequence[str] = ()) -> Expression:
    """The result of ``formula(*names, **keywords)`` as an expression in variables of those names."""
    called = getattr(formula, "__name__", type(formula).__name__)
    twin = _Exchange()(formula)
    try:
        result = twin(*map(variable, names), **{name: variable(name) for name in keywords})  # type: ignore[operator]
    except (TypeError, AttributeError, ValueError) as error:
        raise TypeError(f"{called} cannot be read as the formula for one example: {error}") from error
    if result is None:
        raise TypeError(f"{called} returns nothing; a loss returns its value for one example")
    try:
        return number(result)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{called} must return one number per example, not a {type(result).__name__}") from error


class _Exchange:
    """What a name of the user's function stands for while it runs on expressions."""

    def __init__(self) -> None:
        self.twins: dict[int, types.FunctionType] = {}
        # By identity: of floats, too, the very object is meant.
        self.ours: dict[int, object] = {id(getattr(primitives, name)): ours for name, ours in table().items()}

    def __call__(self, value: object) -> object:
        if id(value) in self.ours:
            return self.ours[id(value)]
        if value is builtins.min or value is builtins.max:
            return _extreme(value, "minimum" if value is builtins.min else "maximum")
        if value is primitives or value is sys.modules.get("lossary"):
            return _Module(value, self)
        if isinstance(value, types.ModuleType) and value.__name__ == "math":
            return _Module(value, self)
        if isinstance(value, types.BuiltinFunctionType) and value.__module__ == "math":
            return _plain_only(value)
        if isinstance(value, functools.partial):
            inner = self(value.func)
            return functools.partial(inner, *value.args, **value.keywords) if callable(inner) else value
        if isinstance(value, types.FunctionType) and (value.__module__ or "").partition(".")[0] not in _NOT_OURS:
            return self._twin(value)
        return value

    def _twin(self, function: types.FunctionType) -> types.FunctionType:
        if id(function) in self.twins:
            return self.twins[id(function)]
        space = dict(function.__globals__)
        closure = tuple(types.CellType() for _ in function.__closure__ or ())
        twin = types.FunctionType(function.__code__, space, function.__name__, function.__defaults__, closure)
        twin.__kwdefaults__ = function.__kwdefaults__
        self.twins[id(function)] = twin
        for name in set(_names(function.__code__)):
            if name in space:
                space[name] = self(space[name])
            elif name in ("min", "max"):
                space[name] = self(getattr(builtins, name))
        for new, old in zip(closure, function.__closure__ or (), strict=True):
            try:
                new.cell_contents = self(old.cell_contents)
            except ValueError:
                continue  # a variable that is not set yet
        return twin


class _Module:
    """A module seen through the exchange."""

    def __init__(self, module: object, exchange: _Exchange) -> None:
        self._module, self._exchange = module, exchange

    def __getattr__(self, name: str) -> object:
        return self._exchange(getattr(self._module, name))


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that the code and the functions defined inside it look up."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)


def _extreme(plain: Callable[..., object], name: str) -> Callable[..., object]:
    def of_two_or_more(*values: object, **keywords: object) -> object:
        if keywords or not any(isinstance(v, Expression) for v in values):
            return plain(*values, **keywords)
        build = table()[name]
        result, *rest = values
        for value in rest:
            result = build(result, value)  # type: ignore[operator]
        return result

    return of_two_or_more


def _plain_only(function: types.BuiltinFunctionType) -> Callable[..., object]:
    def guarded(*values: object, **keywords: object) -> object:
        if any(isinstance(v, Expression) for v in values):
            name = function.__name__
            instead = f"lossary.primitives.{name}" if name in primitives.NAMES else "a function of lossary.primitives"
            raise TypeError(
                f"math.{name} takes one plain number and a loss is evaluated on whole arrays; use {instead}"
            )
        return function(*values, **keywords)

    return guarded


def in_dialect(function: object) -> bool:
    """Whether ``bind`` can take the function as it is: nothing in it but primitives by name and plain arithmetic."""
    if not isinstance(function, types.FunctionType) or function.__name__ == "<lambda>":
        return False
    code, space = function.__code__, function.__globals__
    plain = not (code.co_freevars or code.co_cellvars or function.__defaults__ or code.co_kwonlyargcount)
    known: Mapping[str, object] = {name: getattr(primitives, name) for name in primitives.NAMES}
    meant = all(name in known and space.get(name) is known[name] for name in code.co_names)
    return plain and meant and _operators(code) <= {"+", "-", "*", "/", "&", "|"} and _straight(code)


def _operators(code: types.CodeType) -> set[str]:
    return {i.argrepr for i in dis.get_instructions(code) if i.opname == "BINARY_OP"}


def _straight(code: types.CodeType) -> bool:
    """No jumps, attributes, or containers: every constant a number."""
    barred = ("JUMP", "ATTR", "METHOD", "BUILD", "SUBSCR", "MAKE", "IMPORT", "UNARY_INVERT", "FOR_ITER", "DICT")
    names = [i.opname for i in dis.get_instructions(code)]
    constants = [c for c in code.co_consts[1:] if not isinstance(c, float)]
    return not constants and not any(word in name for name in names for word in barred)
