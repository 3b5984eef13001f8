"""Options in the order in which torch's own function or class takes them, read off torch's signature."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

Function = Callable[..., Tensor]

_INSTEAD_OF_REDUCTION = ("size_average", "reduce")
"""What torch has given up for ``reduction``; they still take a place in its order."""


def order(host: Callable[..., Any]) -> tuple[str, ...]:
    """The names of what torch's function or class takes by its place, in its order."""
    parameters = inspect.signature(host).parameters.values()
    return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)


def by_name(label: str, names: Sequence[str], places: Sequence[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Options given by their place added to those given by name."""
    if len(places) > len(names):
        raise TypeError(f"{label} takes at most {len(names)} options by their place, but {len(places)} were given")
    for name, value in zip(names, places, strict=False):
        if name in options:
            raise TypeError(f"{label}: {name} was given twice, by its place and by name")
        options[name] = value
    for name in _INSTEAD_OF_REDUCTION:
        if options.pop(name, None) is not None:
            raise TypeError(
                f"{label}: {name}= is what torch had before reduction=; say reduction='none', 'mean' or 'sum'"
            )
    return options


def in_order(function: Function, host: Callable[..., Any]) -> Function:
    """The function, which takes its options in the order of torch's as well."""
    kinds = inspect.signature(function).parameters.values()
    own = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in kinds)
    names, label = order(host)[own:], function.__name__

    @functools.wraps(function)
    def ordered(*arguments: Any, **options: Any) -> Tensor:
        if len(arguments) > own or "reduce" in options or "size_average" in options:
            options = by_name(label, names, arguments[own:], options)
        return function(*arguments[:own], **options)

    ordered.__module__ = "lossary.torch.functional"  # where users, and pickle, find it
    return ordered
