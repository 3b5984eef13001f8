"""What is read from a booster's own parameters, which it knows under several names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lossary.evaluate.registry import AnyLoss

POSITIVE = "give the positive examples greater weights in the data, or take logistic:pos_weight=..."
BALANCED = "give the examples of rare classes greater weights in the data"
OF_THE_LOSS = "parameters of the loss are given with its name, as in loss='quantile:tau=0.9'"


def refuse_objective(params: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise a ValueError if the parameters name an objective: that is the loss."""
    for name in names:
        if name in params:
            raise ValueError(f"params has {name}={params[name]!r}; the objective is the loss, so leave it out")


def taken_over(
    loss: AnyLoss,
    params: Mapping[str, Any],
    builtins: Mapping[str, tuple[str, Mapping[str, str]]],
    neutral: Mapping[str, tuple[object, str]],
) -> tuple[AnyLoss, dict[str, Any]]:
    """The loss with what the booster's parameters say about it, and the parameters without that.

    ``builtins`` has the booster's names for a loss's parameters: one that is given sets the loss's, unless the loss was
    given another number. Of the parameters in ``neutral``, which only the booster's own objectives read, any other is
    refused with a ValueError unless it changes nothing.
    """
    own = {hosts: name for name, hosts in builtins.get(loss.name, ("", {}))[1].items()}
    rest = dict(params)
    for hosts, name in own.items():
        if hosts not in rest or rest[hosts] is None:
            continue
        number = rest.pop(hosts)
        if name in loss.fixed and loss.fixed[name] != number:
            raise ValueError(f"params has {hosts}={number!r}, but the loss is {loss}: give {name} once")
        loss = loss.using(**{name: number})
    for hosts, (nothing, advice) in neutral.items():
        if hosts in rest and rest[hosts] is not None and rest[hosts] != nothing:
            raise ValueError(f"params has {hosts}={rest[hosts]!r}, which means nothing under {loss}: {advice}")
    return loss, rest


def first_given(params: Mapping[str, Any], names: Iterable[str], default: Any) -> Any:
    """The parameter under the first of its names that is given, or its default."""
    return next((params[name] for name in names if name in params), default)
