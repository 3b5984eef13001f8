"""One cost over the examples of all ranks, from exact sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.evaluate import registry, settings
from lossary.evaluate.arrays import weights
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.calls import pointwise, rowwise
from lossary.torch.calls.row_layout import classes_last, masked, options_and_parameters
from lossary.torch.distributed.exchange import Facts, exchanged, known_averaging
from lossary.torch.formulas.records import handle
from lossary.torch.tensors import arguments, kernels


class _WholeForShare(torch.autograd.Function):
    """The number of all ranks in place of this rank's share of it, with the gradient of the share."""

    @staticmethod
    def forward(ctx: Any, share: Tensor, whole: float, times: float) -> Tensor:
        ctx.times = times
        return torch.full_like(share, whole)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        return g * ctx.times, None, None


def global_cost(
    loss: str | registry.AnyLoss,
    input: Tensor,
    target: Tensor,
    *,
    sample_weight: Tensor | None = None,
    denominator: float | None = None,
    group: Any = None,
    averaged: bool | None = None,
    dim: int = 1,
    step: int | None = None,
    **options: Any,
) -> Tensor:
    """The mean over the examples of all ranks: the same bits on each, and those of one process with all examples.

    Ranks exchange the exact sums of their losses, as integers. The gradient is that of the whole by this rank's
    ``input``, for ranks that add their gradients up; with ``averaged=True``, for ranks that average them, it is that
    times the number of ranks.

    Parameters
    ----------
    loss : str or loss
        A loss by its name, or one of ``lossary``'s.
    input, target : tensors in the processor's memory
        This rank's examples, laid out as for the loss's function.
    sample_weight : tensor of one number a loss, optional
    denominator : float, optional
        What to divide by, instead of the sum of all ranks' weights.
    group, step
        As in ``global_denominator``.
    averaged : bool
        As in ``global_denominator``; ranks must say it where ``input`` needs a gradient.
    dim : int
        Where the classes are, for a rowwise loss.
    **options
        The loss's parameters, and the options of rowwise losses under the names of ``lossary``.

    Raises
    ------
    ValueError
        Nothing counts on any rank; a target outside its domain.
    RankError
        A rank has failed, say on such a target, or has another loss, parameter, option, number of classes or dtype,
        or does not say ``averaged``. Every rank raises it, and names the rank.
    """
    parts: list[_Part] = []

    def own() -> tuple[Facts, tuple[Total, int]]:
        part = _Part.of(loss, input, target, sample_weight, dim, options)
        parts.append(part)
        divisor: object = "weights"
        if denominator is not None:
            weights.divisor(float(denominator), None, 0, ())  # refuses what is no denominator
            divisor = float(denominator)
        learned = arguments.differentiated(input)
        averaging = known_averaging(averaged, group) if learned else bool(averaged)
        return {**part.facts(), "denominator": divisor, "averaged": averaging}, part.sums()

    sums = exchanged("global_cost", own, group, step)
    total, units = Total(), 0
    for rank_total, rank_units in sums:
        total, units = total.plus(Total(*rank_total)), units + rank_units
    if denominator is not None:
        units = weights.divisor(float(denominator), None, 0, ()).units
    part = parts[0]
    if units == 0:
        raise ValueError(f"{part.public.name}: no example counts on any rank")
    times = float(len(sums)) if averaged else 1.0
    return cast(Tensor, _WholeForShare.apply(part.share(units / UNIT), total.over(units), times))


@dataclass(frozen=True)
class _Part:
    """One rank's examples, made ready: the classes, if there are any, along the last axis."""

    public: registry.AnyLoss
    f: Tensor
    y: Tensor
    weight: Tensor | None
    options: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        loss: str | registry.AnyLoss,
        input: Tensor,
        target: Tensor,
        weight: Tensor | None,
        dim: int,
        options: Mapping[str, Any],
    ) -> _Part:
        public = registry.get(loss)
        record: Loss | RowLoss = public.record
        every = {**public.given, **options}
        if not isinstance(record, RowLoss):
            if record.cost_root:
                raise ValueError(f"{record.name}: the root of a mean does not add up over ranks; take squared_error")
            arguments.parameters(record, every, True)
            return cls(public, input, target, weight, every)
        f, y = classes_last(record, input, target, dim)
        options_and_parameters(record, every, True)
        if every.get("class_mask") is not None:
            f = masked(record, f, every.pop("class_mask"), input.shape, dim)
        return cls(public, f, y, weight, every)

    @property
    def _options_on_arrays(self) -> dict[str, Any]:
        return {name: kernels.array(v) if isinstance(v, Tensor) else v for name, v in self.options.items()}

    def facts(self) -> Facts:
        """What must be the same on all ranks."""
        row = isinstance(self.public.record, RowLoss)
        shapes = {"classes": self.f.shape[-1]} if row else {}
        dtype = str(arguments.dtypes(self.f, self.y).result)
        return {**settings.in_force(self.public, self._options_on_arrays), **shapes, "dtype": dtype}

    def sums(self) -> tuple[Total, int]:
        """The exact sum of this rank's weighted losses, and of its weights."""
        compute = arguments.dtypes(self.f, self.y).compute
        w = None if self.weight is None else kernels.array(self.weight)
        came = arguments.halves(self.y, self.f) if isinstance(self.public.record, RowLoss) else ("", "")
        y, f = kernels.rows(self.y, came[0]), kernels.rows(self.f.to(compute), came[1])
        with kernels.host_names(self.public.record):
            total, divisor = self.public.parts(y, f, w, **self._options_on_arrays)
        return total, divisor.units

    def share(self, denominator: float) -> Tensor:
        """This rank's share of the mean, from which its gradient comes."""
        keywords: dict[str, Any] = {"weight": self.weight, "denominator": denominator, "check": False}
        record: Loss | RowLoss = self.public.record
        loss = handle(record)
        if isinstance(record, RowLoss):
            return rowwise.cost(loss, self.f, self.y, self.options, dim=-1, **keywords)
        return pointwise.cost(loss, self.f, self.y, self.options, **keywords)
