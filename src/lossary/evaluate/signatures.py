"""Signatures that name a kind's own keywords, where one method serves all kinds of loss."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any


def show_keywords(kind: type, keywords: Mapping[str, Callable[..., None]]) -> None:
    """Let ``help`` show, for these methods of a kind of loss, the keywords of a function instead of ``**options``.

    The method stays the inherited one: its code is shared, and nothing is added to a call.
    """
    for name, named in keywords.items():
        method = getattr(kind, name)
        own = types.FunctionType(method.__code__, method.__globals__, name, method.__defaults__, method.__closure__)
        own.__kwdefaults__, own.__annotations__ = method.__kwdefaults__, method.__annotations__
        own.__doc__, own.__module__, own.__qualname__ = method.__doc__, kind.__module__, f"{kind.__qualname__}.{name}"
        signature = inspect.signature(method)
        common = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        taken: list[Any] = [*common, *inspect.signature(named).parameters.values()]
        own.__signature__ = signature.replace(parameters=taken)  # type: ignore[attr-defined]
        setattr(kind, name, own)
