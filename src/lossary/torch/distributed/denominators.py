"""What the mean over all micro-batches and ranks divides by."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from lossary.evaluate import settings
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.refusals import DomainError
from lossary.torch.distributed.exchange import Facts, exchanged, known_averaging
from lossary.torch.tensors import arguments, kernels

Batch: TypeAlias = "Tensor | float | int"


def global_denominator(
    batches: Batch | Iterable[Batch],
    *,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    group: Any = None,
    averaged: bool | None = None,
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
        Whether gradients are averaged over the ranks afterwards, as ``DistributedDataParallel`` and FSDP do (True: the
        denominator is then divided by the number of ranks), or added up (False). Ranks must say it, as nothing here
        can tell; a process on its own need not.
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
        Any of these on some rank, ranks that do not do the same, or that do not say ``averaged``. Every rank raises it,
        and names the rank.

    Examples
    --------
    >>> import torch, lossary.torch
    >>> lossary.torch.global_denominator([torch.tensor([0, 1, -100]), torch.tensor([2])])
    tensor(3., dtype=torch.float64)
    """

    def own() -> tuple[Facts, float]:
        by_name: dict[str, Batch]
        if isinstance(batches, Tensor | float | int):
            by_name = {"batches": batches}
        else:
            by_name = {f"batches[{i}]": batch for i, batch in enumerate(batches)}
        class_weight = None if weight is None else _class_weights(weight)
        count = math.fsum(_counting(name, batch, class_weight, ignore_index) for name, batch in by_name.items())
        fact = None if class_weight is None else settings.numbers(kernels.array(class_weight.cpu()))
        return {"weight": fact, "ignore_index": ignore_index, "averaged": known_averaging(averaged, group)}, count

    counts = exchanged("global_denominator", own, group, step)
    total = math.fsum(counts)
    return torch.tensor(total / len(counts) if averaged else total, dtype=torch.float64)


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
    _refuse_no_class(name, classes, counts, None if weight is None else len(weight))
    return float(counts.sum()) if weight is None else float(weight[classes[counts]].sum())


def _refuse_no_class(name: str, index: Tensor, counts: Tensor, size: int | None) -> None:
    """Refuse a class index that counts and is negative, or is no class of so many."""
    high = torch.iinfo(torch.int64).max if size is None else size - 1
    if index.numel() == 0 or (int(index.min()) >= 0 and int(index.max()) <= high):
        return
    wrong = counts & ((index < 0) | (index > high))
    if bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        rule = "not be negative" if size is None else f"be from 0 to {high}, as there are {size} weights"
        raise DomainError(f"{name}: class indices must {rule}, but number {at} of it is {int(index[at])}")
