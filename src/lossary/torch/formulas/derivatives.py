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
from lossary.torch.formulas.records import needs_float64

QUANTITIES = ("value", "grad", "hess")
OWN = ("", "f", "f,f")
"""The derivatives for which a loss has formulas, which the accuracy rule is proved for in float32 arithmetic too."""


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
    dtype = arithmetic(needs_float64(loss) or along not in OWN, f, (y, *parameters))
    formula = bound(partial(loss, along), dtype is torch.float64)
    return evaluated(formula, dtype, y, f, parameters).to(f.dtype)


def evaluated(formula: Formula, dtype: torch.dtype, y: Tensor, f: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """A formula on torch operations for every example in an arithmetic, and NaN where the prediction is."""
    x = f.to(dtype)
    result = formula(y.to(dtype), x, *(p.to(f.device, dtype) for p in parameters))
    if not isinstance(result, Tensor):
        result = torch.full_like(x, result)
    guarded: Tensor = torch.where(torch.isnan(x), math.nan, result)
    return guarded
