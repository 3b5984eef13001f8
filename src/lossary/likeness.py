"""A key for what a value does: values with equal keys do the same. Where nobody can tell, there is no key."""

from __future__ import annotations

import types
from collections.abc import Hashable, Iterator
from dataclasses import fields, is_dataclass

import numpy as np

_PLAIN = (bool, int, float, complex, str, bytes, types.NoneType)
_FIXED = ("builtins", "lossary", "math", "numpy")
"""Packages whose functions are what their names say, so that nobody looks inside."""
_CALLABLE = (types.FunctionType, types.BuiltinFunctionType, type, np.ufunc, type(np.where))


class Unlike(Exception):
    """The value may change, or hides what it does."""


def likeness(value: object, entered: tuple[int, ...] = ()) -> Hashable:
    """The key of a number, text, tuple, function or frozen dataclass; Unlike for anything else.

    ``entered`` are the functions being looked into, by identity: one that calls itself ends there.
    """
    if isinstance(value, (*_PLAIN, np.generic)):
        return type(value), repr(value)
    if type(value) is tuple:
        return tuple, tuple(likeness(item, entered) for item in value)
    if _is_fixed(value):
        return "same", value
    if isinstance(value, types.FunctionType):
        return _function(value, entered)
    if is_dataclass(value) and not isinstance(value, type) and value.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return type(value), tuple(likeness(getattr(value, field.name), entered) for field in fields(value))
    raise Unlike(repr(value))


def _is_fixed(value: object) -> bool:
    if isinstance(value, types.ModuleType):
        return value.__name__.split(".")[0] in _FIXED
    package = getattr(value, "__module__", None) or ("numpy" if isinstance(value, np.ufunc) else "")
    return isinstance(value, _CALLABLE) and package.split(".")[0] in _FIXED


def _function(function: types.FunctionType, entered: tuple[int, ...]) -> Hashable:
    if id(function) in entered:
        return "again", entered.index(id(function))
    if function.__dict__:
        raise Unlike(f"{function!r} has attributes")
    deeper = (*entered, id(function))
    try:
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
    except ValueError as error:
        raise Unlike(f"{function!r} uses a name that has no value yet") from error
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    global_names = function.__globals__
    used = sorted(name for name in set(_names(function.__code__)) if name in global_names)
    return (
        function.__code__,
        (function.__name__, function.__qualname__, function.__module__, function.__doc__),
        tuple(function.__kwdefaults__ or ()),
        tuple(likeness(item, deeper) for item in (*cells, *defaults)),
        tuple((name, likeness(global_names[name], deeper)) for name in used),
    )


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
