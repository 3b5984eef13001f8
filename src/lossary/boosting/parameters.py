"""What is read from a booster's own parameters, which it knows under several names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def refuse_objective(params: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise a ValueError if the parameters name an objective: that is the loss."""
    for name in names:
        if name in params:
            raise ValueError(f"params has {name}={params[name]!r}; the objective is the loss, so leave it out")


def first_given(params: Mapping[str, Any], names: Iterable[str], default: Any) -> Any:
    """The parameter under the first of its names that is given, or its default."""
    return next((params[name] for name in names if name in params), default)
