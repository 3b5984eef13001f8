"""One cost over micro-batches and ranks: exact denominators, exact sums, and classes spread over ranks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable

from lossary.backends.cpu import UNIT, Total
from lossary.evaluate import registry
from lossary.evaluate.refusals import DomainError
from lossary.evaluate.weights import Divisor
from lossary.formula import Loss
from lossary.losses.log_partition import ROW
from lossary.torch import arguments, kernels, pointwise, rows, rowwise
from lossary.torch.arguments import Reduction
from lossary.torch.cost import reduced
from lossary.torch.formulas import handle
from lossary.torch.linear import LOSS as SOFTMAX
from lossary.torch.rowwise import _laid_out

Batch: TypeAlias = "Tensor | float | int"


def _ranks(group: Any) -> tuple[int, int]:
    """This process's place in the group, and its size; a process without a group is one of one."""
    if not (dist.is_available() and dist.is_initialized()):
        return 0, 1
    return dist.get_rank(group), dist.get_world_size(group)


def global_denominator(
    batches: Batch | Iterable[Batch],
    *,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    group: Any = None,
    averaged: bool = False,
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

    Returns
    -------
    float64 tensor of one number

    Examples
    --------
    >>> import torch, lossary.torch
    >>> lossary.torch.global_denominator([torch.tensor([0, 1, -100]), torch.tensor([2])])
    tensor(3., dtype=torch.float64)
    """
    several = [batches] if isinstance(batches, Tensor | float | int) else list(batches)
    own = sum((_counting(each, weight, ignore_index) for each in several), torch.zeros((), dtype=torch.float64))
    _, size = _ranks(group)
    if size > 1:
        dist.all_reduce(own, group=group)
    return own / size if averaged else own


def _counting(batch: Batch, weight: Tensor | None, ignore_index: int) -> Tensor:
    if not isinstance(batch, Tensor):
        return torch.tensor(float(batch), dtype=torch.float64)
    if batch.is_floating_point():
        return batch.detach().sum(dtype=torch.float64)
    counts = batch != ignore_index
    if weight is None:
        return counts.sum().to(torch.float64)
    return weight.detach().to(torch.float64)[batch[counts]].sum()


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
    group, averaged
        As in ``global_denominator``.
    dim : int
        Where the classes are, for a rowwise loss.
    **options
        The loss's parameters, and the options of rowwise losses under the names of ``lossary``.

    Raises
    ------
    ValueError
        Nothing counts on any rank; a target outside its domain.
    """
    public = registry.get(loss)
    record = public.record
    if getattr(record, "cost_root", False):
        raise ValueError(f"{record.name}: the root of a mean does not add up over ranks; take squared_error")
    given = {**public.given, **options}
    f, y = (input, target) if isinstance(record, Loss) else _laid_out(record, input, target, dim)
    kind = arguments.dtypes(f, y).compute
    plain: dict[str, Any] = {name: kernels.array(v) if isinstance(v, Tensor) else v for name, v in given.items()}
    w = None if sample_weight is None else kernels.array(sample_weight)
    with kernels.host_names(record):
        total, divisor = public.parts(kernels.array(y), kernels.array(f.to(kind)), w, **plain)
    total, units = _merged(total, divisor, group)
    if denominator is not None:
        units = int(Divisor(_units(denominator)).units)
    if units == 0:
        raise ValueError(f"{record.name}: no example counts on any rank")
    how: dict[str, Any] = {"weight": sample_weight, "denominator": units / UNIT, "check": False}
    known = handle(record)
    share = (
        pointwise.cost(known, f, y, given, **how)
        if isinstance(record, Loss)
        else rowwise.cost(known, f, y, given, dim=-1, **how)
    )
    _, size = _ranks(group)
    return cast(Tensor, _Standing.apply(share, total.over(units), float(size) if averaged else 1.0))


def _units(number: float) -> int:
    over, under = float(number).as_integer_ratio()
    return over * UNIT // under


def _merged(total: Total, divisor: Divisor, group: Any) -> tuple[Total, int]:
    """The exact sums of all ranks."""
    _, size = _ranks(group)
    if size == 1:
        return total, divisor.units
    found: list[Any] = [None] * size
    dist.all_gather_object(found, (tuple(total), divisor.units), group=group)
    whole, units = Total(), 0
    for parts, more in found:
        whole, units = whole.plus(Total(*parts)), units + more
    return whole, units


# Classes spread over ranks.


class _Gathered(torch.autograd.Function):
    """The tensors of all ranks, stacked. Every rank makes the same of them, so its own slope is that of its own."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, group: Any) -> Tensor:
        ctx.rank, size = _ranks(group)
        if size == 1:
            return own[None].clone()
        found = [torch.empty_like(own) for _ in range(size)]
        dist.all_gather(found, own.contiguous(), group=group)
        return torch.stack(found)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        return g[ctx.rank], None


_LOG_PARTITION = handle(ROW)


def vocabulary_parallel_cross_entropy(
    input: Tensor,
    target: Tensor,
    *,
    group: Any = None,
    start: int | None = None,
    weight: Tensor | None = None,
    sample_weight: Tensor | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    z_loss: float = 0.0,
    reduction: str = "mean",
    denominator: Any = "weights",
    empty: float | None = None,
) -> Tensor:
    """Softmax cross-entropy of scores whose classes are spread over the ranks: the number of one process.

    One exchange of a few numbers a row forward, none backward. It is put together from the catalogue's own losses:
    each rank's log-partition stands for its classes in a short row of scores. Every rank gets the same bits, and the
    gradient by its own slice.

    Parameters
    ----------
    input : tensor of shape (..., own classes)
        This rank's slice of the scores, of the same rows on all ranks.
    target : integer tensor of shape (...)
        Class indices over all classes, the same on all ranks.
    group : torch.distributed process group, optional
    start : int, optional
        The index of this rank's first class; by default all slices are equally wide and in the order of the ranks.
    weight : tensor of one number a class (of all), optional
    sample_weight, ignore_index, label_smoothing, z_loss, reduction, denominator, empty
        As in ``cross_entropy``.

    Returns
    -------
    tensor
        The losses (...), or one number. It can be differentiated once.

    Raises
    ------
    ValueError
        A class index that no rank has.
    """
    f = input.to(arguments.dtypes(input, target).compute).reshape(-1, input.shape[-1])
    rank, size = _ranks(group)
    first = rank * f.shape[1] if start is None else start
    index = target.reshape(-1)
    gathered = cast(Tensor, _Gathered.apply(_summary(f, index - first, label_smoothing > 0.0), group))
    own, scores = gathered[..., 0].detach(), gathered[..., 1:3]
    counts = index != ignore_index
    if bool((counts & (own.sum(dim=0) == 0.0)).any()):
        at = int((counts & (own.sum(dim=0) == 0.0)).nonzero()[0])
        raise DomainError(f"cross_entropy: no rank has the class {int(index[at])} of row {at}")
    # Each rank is two scores of a short row: that of the right class, if it has it, and all its others together.
    short = scores.permute(1, 0, 2).reshape(len(index), 2 * size)
    place = torch.where(counts, 2 * own.argmax(dim=0), -100)
    options = {"z_loss": z_loss, "ignore_index": -100}
    losses = rowwise.cost(SOFTMAX, short, place, options, reduction="none")
    if label_smoothing > 0.0:
        right = short.gather(1, place.clamp(min=0)[:, None])[:, 0]
        even = gathered[..., 3].sum(dim=0) / gathered[..., 4].sum(dim=0)
        losses = losses + torch.where(counts, label_smoothing * (right - even), 0.0)
    w = counts.to(losses.dtype)
    if sample_weight is not None:
        w = w * sample_weight.reshape(-1)
    if weight is not None:
        w = w * weight[index.clamp(min=0)]
    shaped = target.shape
    how = Reduction(reduction, denominator, empty)
    return reduced(SOFTMAX.record, losses.reshape(shaped), w.reshape(shaped), how).to(input.dtype)


def _summary(f: Tensor, index: Tensor, smoothed: bool) -> Tensor:
    """What the others must know of a rank's slice: (n, 3), or (n, 5) with smoothing.

    Whether the right class is here, its score, the log-partition of the other classes, the sum and the number of
    scores that are not masked.
    """
    here = (index >= 0) & (index < f.shape[1])
    place = torch.where(here, index, 0)[:, None]
    right = torch.where(here, f.gather(1, place)[:, 0], -torch.inf)
    is_right = (torch.arange(f.shape[1], device=f.device) == place) & here[:, None]
    others = torch.where(is_right, -torch.inf, f)
    partition = rows.value(_LOG_PARTITION.key, others, torch.zeros_like(others), [])
    columns = [here.to(f.dtype), right, partition]
    if smoothed:
        opened = f != -torch.inf
        columns += [torch.where(opened, f, 0.0).sum(dim=1), opened.sum(dim=1).to(f.dtype)]
    return torch.stack(columns, dim=1)
