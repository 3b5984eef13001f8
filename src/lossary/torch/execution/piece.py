"""What is computed of a few examples, or rows, by torch operations: sums for a cost, losses, and gradients.

Plain functions of tensors, that torch can compile. ``pieces`` takes them over all examples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lossary.formula import Choice, Domain, Loss
from lossary.rowwise import RowLoss
from lossary.torch.execution import row_options
from lossary.torch.formulas.derivatives import evaluated
from lossary.torch.formulas.operations import bound, widest
from lossary.torch.formulas.products import product
from lossary.torch.formulas.records import Record
from lossary.torch.formulas.rows import Rows, on_torch
from lossary.torch.tensors.reduction import levelled


@dataclass(frozen=True)
class Plan:
    """What is computed, but for its tensors: the loss, the arithmetic of a score, options of rows, and what is asked.

    Formulas of ``record`` are bound to torch operations, as the compiler cannot look into that. ``options`` are names.
    ``counts`` says that the denominator is the number of weights that are not zero.
    """

    record: Record
    dtype: torch.dtype
    options: tuple[str, ...] = ()
    counts: bool = False
    check: bool = False

    @classmethod
    def of(cls, record: Record, dtype: torch.dtype, device: torch.device, **more: Any) -> Plan:
        """The plan for a loss of the catalogue."""
        if isinstance(record, RowLoss):
            return cls(on_torch(record, dtype, widest(device)), dtype, **more)
        return cls(_pointwise(record, dtype), dtype, **more)


@cache
def _pointwise(loss: Loss, dtype: torch.dtype) -> Loss:
    formulas = {name: bound(loss.quantity(name), dtype is torch.float64) for name in ("value", "grad")}
    return loss.with_quantities(**formulas)


class Examples(NamedTuple):
    """Some examples: targets, predictions and weights as they came, and what all examples share.

    ``powers`` are as in ``reduction.level``.
    """

    y: Tensor
    f: Tensor
    weight: Tensor | None
    powers: Tensor | None
    parameters: list[Tensor]
    options: list[Tensor]


def sums(plan: Plan, some: Examples) -> Tensor:
    """The sum of the weighted losses, what goes into the denominator, and how many numbers are to be refused."""
    losses, weight = _quantity(plan, some, "value")
    wide = widest(losses.device)
    wrong = _refused(plan, some).to(wide) if plan.check else losses.new_zeros((), dtype=wide)
    if weight is None:
        total = losses.sum(dtype=wide)
        return torch.stack([total, torch.zeros_like(total), wrong])
    total = product(weight, losses.to(wide)).sum()
    counted = (weight != 0.0).sum().to(wide) if plan.counts else weight.sum()
    return torch.stack([total, counted, wrong])


def losses(plan: Plan, some: Examples) -> Tensor:
    """The losses times their weights."""
    each, weight = _quantity(plan, some, "value")
    return each if weight is None else product(weight, each.to(weight.dtype)).to(each.dtype)


def gradients(plan: Plan, some: Examples, scale: Tensor) -> Tensor:
    """The gradients times their weights and ``scale``, one number or one an example; rounded once to the dtype of f."""
    slopes, weight = _quantity(plan, some, "grad")
    factor = scale if weight is None else scale * weight
    if factor.ndim and slopes.ndim > factor.ndim:
        factor = factor[:, None]
    return product(factor, slopes.to(factor.dtype)).to(some.f.dtype)


def refused(plan: Plan, some: Examples) -> Tensor:
    """How many numbers are to be refused."""
    return _refused(plan, some)


Work = Callable[..., Tensor]


def _quantity(plan: Plan, some: Examples, name: str) -> tuple[Tensor, Tensor | None]:
    """The "value" or "grad" of each example, and what it weighs."""
    if isinstance(plan.record, RowLoss):
        return _of_rows(plan.record, plan, some, name)
    weight = None if some.weight is None else levelled(some.weight.to(widest(some.f.device)), some.powers)
    formula = plan.record.value if name == "value" else plan.record.grad
    return evaluated(formula, plan.dtype, some.y, some.f, some.parameters), weight


def _of_rows(record: RowLoss, plan: Plan, some: Examples, name: str) -> tuple[Tensor, Tensor | None]:
    wide = widest(some.f.device)
    options = dict(zip(plan.options, some.options, strict=True))
    mixes = "class_weight" in options or "label_smoothing" in options
    t = row_options.target_weights(some.y, some.f.shape[-1] + record.more_classes, wide if mixes else plan.dtype)
    given = None if some.weight is None else levelled(some.weight.to(wide), some.powers)
    weight = row_options.row_weights(some.y, t, given, options, wide)
    x = row_options.transformed(some.f, options, plan.dtype).to(plan.dtype)
    rows = Rows(record, x, row_options.mixed(record, t, x, options), some.parameters, plan.dtype)
    if name == "value":
        return rows.value(), weight
    steep = row_options.steepness(some.f, options, plan.dtype)
    return rows.gradient() if steep is None else rows.gradient() * steep, weight


def _refused(plan: Plan, some: Examples) -> Tensor:
    """How many targets and finite predictions that count are outside their domains, and how many weights are none."""
    weight, record = some.weight, plan.record
    wrong = some.f.new_zeros((), dtype=torch.int64)
    if weight is not None:
        wrong = wrong + (~((weight >= 0.0) & torch.isfinite(weight))).sum()
    if isinstance(record, Loss):
        outside = _outside(record.target, some.y) | (_outside(record.prediction, some.f) & torch.isfinite(some.f))
        wrong = wrong + (outside if weight is None else outside & (weight != 0.0)).sum()
    return wrong


def _outside(domain: Domain, numbers: Tensor) -> Tensor:
    """Which numbers are not in the domain; NaN never is."""
    if isinstance(domain, Choice):
        within = torch.zeros_like(numbers, dtype=torch.bool)
        for value in domain.values:
            within = within | (numbers == value)
        return ~within
    above = numbers >= domain.low if domain.low_closed else numbers > domain.low
    below = numbers <= domain.high if domain.high_closed else numbers < domain.high
    return ~(above & below)
