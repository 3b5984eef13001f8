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
from lossary.torch.formulas.operations import widest
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

    @property
    def levels(self) -> bool:
        """Whether a power of two by which all weights are multiplied makes no difference."""
        return self.kind == "mean" and self.denominator == "weights"

    def counted(self, weight: Tensor) -> Tensor:
        """What of these weights goes into the denominator."""
        return (weight != 0.0).sum().to(weight.dtype) if self.denominator == "count" else weight.sum()

    def divisor(self, size: int, counted: Tensor | None) -> float | Tensor:
        """The denominator of so many losses; ``counted`` is None where they have no weights."""
        given = self.denominator
        if not isinstance(given, str):
            return given if isinstance(given, Tensor) else float(given)
        return float(size) if counted is None or given == "size" else counted

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
    wide, dtype = widest(losses.device), losses.dtype
    if weight is not None:
        weight = weight.to(wide)
        if reduction.levels:
            weight = levelled(weight, level(weight.detach()))
        losses = torch.where(weight == 0.0, 0.0, weight * losses.to(wide))
    if reduction.kind == "none":
        return losses.to(dtype)
    total = losses.sum(dtype=wide)
    if reduction.kind == "mean":
        counted = None if weight is None else reduction.counted(weight)
        total = divided(record, total, reduction.divisor(losses.numel(), counted), reduction)
    return rooted(total).to(dtype) if getattr(record, "cost_root", False) else total.to(dtype)


def level(weight: Tensor) -> Tensor | None:
    """Two powers of two whose product brings the largest weight to about 1: one of them could be infinite."""
    if weight.numel() == 0:
        return None
    _, power = torch.frexp(weight.amax())
    half = torch.div(power, 2, rounding_mode="floor")
    two = torch.full_like(power, 2.0, dtype=weight.dtype)
    return torch.stack([two.pow(-half), two.pow(half - power)])


def levelled(weight: Tensor, powers: Tensor | None) -> Tensor:
    """Weights times a power of two: their sum and products do not overflow."""
    return weight if powers is None else weight * powers[0] * powers[1]


def rooted(total: Tensor) -> Tensor:
    """The square root; its slope is infinite at zero, where every residual is zero, and zero is a subgradient."""
    positive = total > 0.0
    return torch.where(positive, torch.where(positive, total, 1.0).sqrt(), 0.0)


def divided(record: Record, total: Tensor, divisor: float | Tensor, reduction: Reduction) -> Tensor:
    """The sum over its denominator, with ``empty`` where nothing counts."""
    if not isinstance(divisor, Tensor):
        return total / divisor if divisor else _nothing(record, reduction) + total
    divisor = divisor.to(total.device, total.dtype).reshape(())
    if isinstance(reduction.denominator, Tensor):
        return total / divisor
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
