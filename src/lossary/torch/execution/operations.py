"""A cost by torch operations, differentiable as often as asked: what one fused pass through a kernel leaves over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.execution import row_options
from lossary.torch.execution.elementwise import apply
from lossary.torch.execution.rows import value
from lossary.torch.formulas.modes import unseen
from lossary.torch.formulas.operations import widest
from lossary.torch.formulas.records import record_of
from lossary.torch.tensors import arguments
from lossary.torch.tensors.reduction import Reduction, reduced


def cost(
    key: str, f: Tensor, target: Tensor, weight: Tensor | None, options: Mapping[str, Any], reduction: Reduction
) -> Tensor:
    """The loss or cost of the loss ``key``; ``options`` are its parameters and, for rows, the options."""
    record = record_of(key)
    parameters = {p.name: options.get(p.name, p.default) for p in record.parameters}
    if isinstance(record, RowLoss):
        others = {name: x for name, x in options.items() if name not in parameters}
        return rowwise_cost(key, record, f, target, weight, others, parameters, reduction)
    return pointwise_cost(key, record, f, target, weight, parameters, reduction)


def pointwise_cost(
    key: str,
    record: Loss,
    f: Tensor,
    target: Tensor,
    weight: Tensor | None,
    parameters: Mapping[str, Any],
    reduction: Reduction,
    check: bool = False,
) -> Tensor:
    """The loss or cost of a pointwise loss."""
    y = target if target.is_floating_point() else target.to(f.dtype if f.device.type == "mps" else torch.float64)
    losses = apply(key, "", check, y, f, arguments.as_tensors(record, parameters, f.shape, f))
    return reduced(record, losses, weight, reduction)


def rowwise_cost(
    key: str,
    record: RowLoss,
    f: Tensor,
    target: Tensor,
    weight: Tensor | None,
    options: Mapping[str, Any],
    parameters: Mapping[str, Any],
    reduction: Reduction,
) -> Tensor:
    """The loss or cost of a rowwise loss, of which the classes are along the last axis."""
    leading, k = f.shape[:-1], f.shape[-1]
    wide = widest(f.device)
    t = row_options.target_weights(target, k + record.more_classes, wide)
    weight = row_options.row_weights(target, t, weight, options, wide)
    x = row_options.transformed(f.reshape(-1, k), options, wide)
    numbers = [v.reshape(-1) if v.ndim else v for v in arguments.as_tensors(record, parameters, torch.Size(leading), f)]
    losses = value(key, x, row_options.mixed(record, t, x, options), numbers)
    if not target.is_floating_point() and unseen(target):  # where nothing can be refused, what is no class is NaN
        losses = torch.where(row_options.no_class(target, t.shape[1]), math.nan, losses)
    weight = None if weight is None else weight.reshape(leading)
    return reduced(record, losses.reshape(leading), weight, reduction)
