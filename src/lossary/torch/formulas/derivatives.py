"""A pointwise loss and its derivatives of any order, by any of its variables, on torch operations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from lossary.backends.trace import derivative, function, trace
from lossary.formula import Formula, Loss
from lossary.torch.formulas.operations import arithmetic, bound

QUANTITIES = ("value", "grad", "hess")


def names(loss: Loss) -> tuple[str, ...]:
    """What a pointwise formula may be differentiated by."""
    return ("y", "f", *(p.name for p in loss.parameters))


@cache
def partial(loss: Loss, along: str) -> Formula:
    """The derivative of a loss by the variables in ``along``, joined by commas.

    By the prediction once and twice it is the loss's own formula. Others are derived from it: by target, by
    parameters, and all of higher order.
    """
    wanted = [name for name in along.split(",") if name]
    by_prediction = min(wanted.count("f"), len(QUANTITIES) - 1)
    for _ in range(by_prediction):
        wanted.remove("f")
    own = loss.quantity(QUANTITIES[by_prediction])
    if not wanted:
        return own
    variables = names(loss)
    expression = trace(own, variables)
    for name in wanted:
        expression = derivative(expression, name)
    return function(expression, variables, label=f"{loss.name} by {along}")


def joined(along: str, name: str) -> str:
    """One derivative more; the order in which they are taken does not matter."""
    return ",".join(sorted([*(each for each in along.split(",") if each), name]))


def pointwise(loss: Loss, along: str, y: Tensor, f: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """A derivative of a loss (itself for ``along=""``) for every example, in the dtype of ``f``."""
    dtype = arithmetic(f.device)
    formula = partial(loss, along)
    wide = f.to(dtype)
    result = bound(formula, dtype is torch.float64)(y.to(dtype), wide, *(p.to(f.device, dtype) for p in parameters))
    if not isinstance(result, Tensor):
        result = torch.full_like(wide, result)
    guarded: Tensor = torch.where(torch.isnan(wide), math.nan, result)
    return guarded.to(f.dtype)
