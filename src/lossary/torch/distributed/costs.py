"""One cost over micro-batches and ranks: exact denominators and exact sums."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor

from lossary.backends.cpu import UNIT, Total
from lossary.evaluate import registry, settings, weights
from lossary.evaluate.arrays import ShapeError
from lossary.evaluate.refusals import DomainError
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.calls import pointwise, rowwise
from lossary.torch.calls.rowwise import _laid_out, _masked, _split
from lossary.torch.distributed.exchange import Facts, exchanged
from lossary.torch.formulas.records import handle
from lossary.torch.tensors import arguments, kernels

Batch: TypeAlias = "Tensor | float | int"


def global_denominator(
    batches: Batch | Iterable[Batch],
    *,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    group: Any = None,
    averaged: bool = False,
    step: int | None = None,
) -> Tensor:
    """What the mean over all micro-batches and ranks divides by: the ``denominator=`` of each of their costs.

    The costs of the parts, each divided by it, add up to the mean over the whole; so do their gradients. A mean of the
    parts' means is another number wherever parts differ in size or in what counts.

    Parameters
    ----------
    batches : tensor or number, or several of them
        What counts in each micro-batch of this rank: class indices of an integer dtype, weights as floating-point
        numbers, or how many examples there are.
    weight : tensor of one number a class, optional
        The class weights of the loss.
    ignore_index : int
        The class index that does not count.
    group : torch.distributed process group, optional
        The ranks to add up over; the default group where ``torch.distributed`` is initialised.
    averaged : bool
        Whether gradients are averaged over the ranks afterwards, as ``DistributedDataParallel`` does: the denominator
        is then divided by the number of ranks.
    step : int, optional
        The number of the batch, or whatever tells it from others: ranks at different steps raise.

    Returns
    -------
    float64 tensor of one number: the same bits on every rank

    Raises
    ------
    ValueError
        A class index that is negative or has no weight; a weight or count that is negative, infinite or NaN.
    RankError
        Any of these on some rank, or ranks that do not do the same. Every rank raises it, and names the rank.

    Examples
    --------
    >>> import torch, lossary.torch
    >>> lossary.torch.global_denominator([torch.tensor([0, 1, -100]), torch.tensor([2])])
    tensor(3., dtype=torch.float64)
    """

    def own() -> tuple[Facts, float]:
        several: dict[str, Batch]
        if isinstance(batches, Tensor | float | int):
            several = {"batches": batches}
        else:
            several = {f"batches[{i}]": each for i, each in enumerate(batches)}
        each_class = None if weight is None else _class_weights(weight)
        counted = math.fsum(_counting(name, each, each_class, ignore_index) for name, each in several.items())
        known = None if each_class is None else settings.numbers(kernels.array(each_class.cpu()))
        return {"weight": known, "ignore_index": ignore_index, "averaged": bool(averaged)}, counted

    found = exchanged("global_denominator", own, group, step)
    whole = math.fsum(found)
    return torch.tensor(whole / len(found) if averaged else whole, dtype=torch.float64)


def _class_weights(weight: Tensor) -> Tensor:
    if weight.ndim != 1:
        raise ShapeError(f"weight must hold one number a class, but has shape {tuple(weight.shape)}")
    numbers = weight.detach().to(torch.float64)
    arguments.nonnegative("weight", numbers)
    return numbers


def _counting(name: str, batch: Batch, weight: Tensor | None, ignore_index: int) -> float:
    """What counts in one micro-batch."""
    if not isinstance(batch, Tensor):
        arguments.nonnegative(name, torch.tensor([float(batch)], dtype=torch.float64))
        return float(batch)
    if batch.dtype == torch.bool or batch.is_complex():
        raise TypeError(
            f"{name} has dtype {batch.dtype}; give class indices of an integer dtype, weights, or a count: mask.sum()"
        )
    if batch.is_floating_point():
        arguments.nonnegative(name, batch.detach())
        return float(batch.detach().sum(dtype=torch.float64))
    classes = batch.reshape(-1).to(torch.int64)
    counts = classes != ignore_index
    _refuse_others(name, classes, counts, None if weight is None else len(weight))
    return float(counts.sum()) if weight is None else float(weight[classes[counts]].sum())


def _refuse_others(name: str, index: Tensor, counts: Tensor, size: int | None) -> None:
    """Refuse a class index that counts and is negative, or is no class of so many."""
    high = torch.iinfo(torch.int64).max if size is None else size - 1
    if index.numel() == 0 or (int(index.min()) >= 0 and int(index.max()) <= high):
        return
    wrong = counts & ((index < 0) | (index > high))
    if bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        known = "not be negative" if size is None else f"be from 0 to {high}, as there are {size} weights"
        raise DomainError(f"{name}: class indices must {known}, but number {at} of it is {int(index[at])}")


class _Standing(torch.autograd.Function):
    """A number in place of this rank's share of it: the share's gradient is the number's."""

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
    averaged: bool = False,
    dim: int = 1,
    step: int | None = None,
    **options: Any,
) -> Tensor:
    """The mean over the examples of all ranks: the same bits on each, and those of one process with all examples.

    Ranks exchange the exact sums of their losses, as integers. The gradient is that of the whole by this rank's
    ``input``; add the ranks' gradients up, or say ``averaged=True`` where they will be averaged.

    Parameters
    ----------
    loss : str or loss
        A loss by its name, or one of ``lossary``'s.
    input, target : tensors in the processor's memory
        This rank's examples, laid out as for the loss's function.
    sample_weight : tensor of one number a loss, optional
    denominator : float, optional
        What to divide by, instead of the sum of all ranks' weights.
    group, averaged, step
        As in ``global_denominator``.
    dim : int
        Where the classes are, for a rowwise loss.
    **options
        The loss's parameters, and the options of rowwise losses under the names of ``lossary``.

    Raises
    ------
    ValueError
        Nothing counts on any rank; a target outside its domain.
    RankError
        A rank has failed, say on such a target, or has another loss, parameter, option, number of classes or dtype.
        Every rank raises it, and names the rank.
    """
    parts: list[_Part] = []

    def own() -> tuple[Facts, tuple[Total, int]]:
        part = _Part.of(loss, input, target, sample_weight, dim, options)
        parts.append(part)
        divided: object = "weights"
        if denominator is not None:
            weights.divisor(float(denominator), None, 0, ())  # refuses what is no denominator
            divided = float(denominator)
        return {**part.facts(), "denominator": divided, "averaged": bool(averaged)}, part.sums()

    found = exchanged("global_cost", own, group, step)
    total, units = Total(), 0
    for more, counted in found:
        total, units = total.plus(Total(*more)), units + counted
    if denominator is not None:
        units = weights.divisor(float(denominator), None, 0, ()).units
    part = parts[0]
    if units == 0:
        raise ValueError(f"{part.public.name}: no example counts on any rank")
    times = float(len(found)) if averaged else 1.0
    return cast(Tensor, _Standing.apply(part.share(units / UNIT), total.over(units), times))


@dataclass(frozen=True)
class _Part:
    """One rank's examples, made ready: the classes, if there are any, along the last axis."""

    public: registry.AnyLoss
    f: Tensor
    y: Tensor
    weight: Tensor | None
    given: Mapping[str, Any]

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
        given = {**public.given, **options}
        if not isinstance(record, RowLoss):
            if record.cost_root:
                raise ValueError(f"{record.name}: the root of a mean does not add up over ranks; take squared_error")
            arguments.parameters(record, given, True)
            return cls(public, input, target, weight, given)
        f, y = _laid_out(record, input, target, dim)
        _split(record, given, True)
        if given.get("class_mask") is not None:
            f = _masked(record, f, given.pop("class_mask"), input.shape, dim)
        return cls(public, f, y, weight, given)

    @property
    def _plain(self) -> dict[str, Any]:
        return {name: kernels.array(v) if isinstance(v, Tensor) else v for name, v in self.given.items()}

    def facts(self) -> Facts:
        """What must be the same on all ranks."""
        row = isinstance(self.public.record, RowLoss)
        shapes = {"classes": self.f.shape[-1]} if row else {}
        dtype = str(arguments.dtypes(self.f, self.y).result)
        return {**settings.in_force(self.public, self._plain), **shapes, "dtype": dtype}

    def sums(self) -> tuple[Total, int]:
        kind = arguments.dtypes(self.f, self.y).compute
        w = None if self.weight is None else kernels.array(self.weight)
        with kernels.host_names(self.public.record):
            total, divisor = self.public.parts(kernels.array(self.y), kernels.array(self.f.to(kind)), w, **self._plain)
        return total, divisor.units

    def share(self, denominator: float) -> Tensor:
        """This rank's share of the mean, from which its gradient comes."""
        how: dict[str, Any] = {"weight": self.weight, "denominator": denominator, "check": False}
        record: Loss | RowLoss = self.public.record
        known = handle(record)
        if isinstance(record, RowLoss):
            return rowwise.cost(known, self.f, self.y, self.given, dim=-1, **how)
        return pointwise.cost(known, self.f, self.y, self.given, **how)
