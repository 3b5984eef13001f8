"""How losses become a cost: what ``reduction``, ``denominator`` and ``empty`` mean, on torch operations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from lossary.evaluate.arrays.inputs import ShapeError
from lossary.torch.formulas.modes import unseen
from lossary.torch.formulas.operations import arithmetic
from lossary.torch.formulas.records import Record

REDUCTIONS = ("none", "mean", "sum")
DENOMINATORS = ("weights", "count", "size")

Denominator: TypeAlias = "str | float | Tensor"


@dataclass(frozen=True)
class Reduction:
    """How losses become a cost: see ``lossary.torch.functional`` for the meaning of each."""

    kind: str = "mean"
    denominator: Denominator = "weights"
    empty: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in REDUCTIONS:
            raise ValueError(f"reduction must be 'none', 'mean' or 'sum', not {self.kind!r}")
        divisor = self.denominator
        if isinstance(divisor, str) and divisor not in DENOMINATORS:
            raise ValueError(f"denominator must be 'weights', 'count', 'size', a number or a tensor, not {divisor!r}")
        if isinstance(divisor, Tensor) and divisor.numel() != 1:
            raise ShapeError(f"denominator must be one number, but has shape {tuple(divisor.shape)}")
        if isinstance(divisor, int | float) and not 0.0 < divisor < math.inf:
            raise ValueError(f"denominator must be a positive number, not {divisor!r}")
        if self.kind != "mean" and not isinstance(divisor, str):
            raise ValueError(f"only a mean has a denominator, but denominator= was given with reduction={self.kind!r}")

    def on_arrays(self, shape: Sequence[int]) -> dict[str, Any]:
        """The options ``denominator`` and ``empty`` of a loss on arrays, for losses of this shape."""
        denominator, empty = self.denominator, self.empty
        if isinstance(denominator, Tensor):
            denominator = denominator.item()
        if empty is None and (self.kind == "sum" or not isinstance(denominator, str)):
            empty = 0.0  # a share of a sum: it may well be that nothing in it counts
        if denominator == "size":
            denominator = float(math.prod(shape))
        return {"denominator": "weights" if self.kind == "sum" else denominator, "empty": empty}


def reduced(record: Record, losses: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """Losses, weighted and reduced, differentiable by both; what weighs nothing does not count, be it NaN."""
    wide, dtype = arithmetic(losses.device), losses.dtype
    if weight is not None:
        weight = weight.to(wide)
        if reduction.kind == "mean" and reduction.denominator == "weights":
            weight = _levelled(weight)
        losses = torch.where(weight == 0.0, 0.0, weight * losses.to(wide))
    if reduction.kind == "none":
        return losses.to(dtype)
    total = losses.sum(dtype=wide)
    if reduction.kind == "mean":
        total = _divided(record, total, losses, weight, reduction)
    if getattr(record, "cost_root", False):
        # The slope of a root is infinite at zero, where every residual is zero; zero is a subgradient.
        positive = total > 0.0
        total = torch.where(positive, torch.where(positive, total, 1.0).sqrt(), 0.0)
    return total.to(dtype)


def _levelled(weight: Tensor) -> Tensor:
    """Weights times a power of two by which the largest comes to be about 1: their sum and products do not overflow."""
    if weight.numel() == 0:
        return weight
    _, power = torch.frexp(weight.detach().amax())
    half = torch.div(power, 2, rounding_mode="floor")
    two = torch.full_like(power, 2.0, dtype=weight.dtype)
    return weight * two.pow(-half) * two.pow(half - power)


def _divided(record: Record, total: Tensor, losses: Tensor, weight: Tensor | None, reduction: Reduction) -> Tensor:
    """The sum over its denominator, with ``empty`` where nothing counts."""
    kind = reduction.denominator
    if isinstance(kind, int | float):
        return total / kind
    if isinstance(kind, Tensor):
        return total / kind.to(total.device, total.dtype).reshape(())
    if weight is None or kind == "size":
        if losses.numel() == 0:
            return _nothing(record, reduction) + total
        return total / float(losses.numel())
    divisor = weight.sum(dtype=total.dtype) if kind == "weights" else (weight != 0.0).sum().to(total.dtype)
    nothing = divisor == 0.0
    hidden = unseen(divisor)
    if not hidden and not bool(nothing):
        return total / divisor
    rest = (math.nan if reduction.empty is None else reduction.empty) if hidden else _nothing(record, reduction)
    return torch.where(nothing, rest, total / torch.where(nothing, 1.0, divisor))


def _nothing(record: Record, reduction: Reduction) -> float:
    if reduction.empty is None:
        raise ValueError(
            f"{record.name}: no example counts (none given, or all masked); pass empty= to give the cost then"
        )
    return reduction.empty
