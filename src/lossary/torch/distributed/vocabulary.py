"""Softmax cross-entropy of classes that are spread over ranks."""

from __future__ import annotations

import hashlib
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lossary.evaluate import settings
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.refusals import DomainError
from lossary.evaluate.rows import options as row_options
from lossary.losses.log_partition import ROW
from lossary.rowwise import RowLoss
from lossary.torch.calls import rowwise
from lossary.torch.calls.linear import LOSS as SOFTMAX
from lossary.torch.distributed.exchange import Facts, RankError, exchanged, gathered, names, ranks
from lossary.torch.execution import rows
from lossary.torch.formulas.records import handle
from lossary.torch.tensors import arguments, kernels
from lossary.torch.tensors.reduction import Reduction, reduced


class _Gathered(torch.autograd.Function):
    """The tensors of all ranks, stacked. Every rank makes the same of them, so its own slope is that of its own."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, group: Any) -> Tensor:
        ctx.rank, size = ranks(group)
        return gathered(own, group) if size > 1 else own[None].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        return g[ctx.rank], None


_LOG_PARTITION = handle(ROW)
LOSS = cast(RowLoss, SOFTMAX.record)


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
    step: int | None = None,
) -> Tensor:
    """Softmax cross-entropy of scores whose classes are spread over the ranks: the number of one process.

    Two exchanges forward: what each rank is given, which must fit together, and a few numbers a row. None backward.
    It is put together from the catalogue's own losses: each rank's log-partition stands for its classes in a short row
    of scores. Every rank gets the same bits, and the gradient by its own slice.

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
        As in ``cross_entropy``, and the same on all ranks.
    step : int, optional
        The number of the batch, or whatever tells it from others: ranks at different steps raise.

    Returns
    -------
    tensor
        The losses (...), or one number. It can be differentiated once.

    Raises
    ------
    ValueError
        A class index that no rank has; a weight that is negative, infinite or NaN.
    RankError
        A rank has failed; ranks have other rows, targets, dtypes or options; their slices overlap or leave classes out.
        Every rank raises it, and names the rank.
    """
    summaries: list[Tensor] = []

    def own() -> tuple[Facts, tuple[int, int]]:
        options: dict[str, Any] = {"z_loss": z_loss, "label_smoothing": label_smoothing, "ignore_index": ignore_index}
        options |= {"reduction": reduction, "denominator": denominator, "empty": empty}
        facts = _facts(input, target, weight, sample_weight, options)
        f = input.to(arguments.dtypes(input, target).compute).reshape(-1, input.shape[-1])
        first = ranks(group)[0] * f.shape[1] if start is None else int(start)
        summaries.append(_summary(f, target.reshape(-1) - first, label_smoothing > 0.0))
        return facts, (first, f.shape[1])

    classes = _covered(exchanged("vocabulary_parallel_cross_entropy", own, group, step), names(group))
    index = target.reshape(-1).to(torch.int64)
    counts = index != ignore_index
    _known(index, counts, weight, classes)
    everywhere = cast(Tensor, _Gathered.apply(summaries[0], group))
    losses = _losses(everywhere, counts, z_loss, label_smoothing)
    w = counts.to(losses.dtype)
    if sample_weight is not None:
        w = w * sample_weight.reshape(-1)
    if weight is not None:
        w = w * weight[torch.where(counts, index, 0)]
    to_cost = Reduction(reduction, denominator, empty)
    return reduced(SOFTMAX.record, losses.reshape(target.shape), w.reshape(target.shape), to_cost).to(input.dtype)


def _facts(
    input: Tensor, target: Tensor, weight: Tensor | None, sample_weight: Tensor | None, options: dict[str, Any]
) -> Facts:
    """What must be the same on all ranks; what is wrong on this one raises."""
    dtypes = arguments.dtypes(input, target)
    if input.ndim == 0 or target.shape != input.shape[:-1]:
        raise ShapeError(
            f"cross_entropy: target has shape {tuple(target.shape)} but input has shape {tuple(input.shape)}; target "
            "must have one class index for each row of scores"
        )
    if target.is_floating_point() or target.dtype == torch.bool:
        raise TypeError(f"cross_entropy: target must hold class indices of an integer dtype, not {target.dtype}")
    Reduction(options["reduction"], options["denominator"], options["empty"])
    arguments.parameters(SOFTMAX.record, {"z_loss": options["z_loss"]}, True)
    row_options.parsed(LOSS, {n: options[n] for n in ("label_smoothing", "ignore_index")})
    facts = {name: float(v) if isinstance(v, Tensor) else v for name, v in options.items()}
    for name, numbers in (("weight", weight), ("sample_weight", sample_weight)):
        if numbers is not None:
            arguments.nonnegative(name, numbers)
            facts[name] = settings.numbers(kernels.array(numbers.cpu().double()))
    if weight is not None and weight.ndim != 1:
        raise ShapeError(f"cross_entropy: weight must hold one number a class, but has shape {tuple(weight.shape)}")
    if sample_weight is not None and sample_weight.numel() != target.numel():
        raise ShapeError(
            f"cross_entropy: sample_weight has shape {tuple(sample_weight.shape)} but target has shape "
            f"{tuple(target.shape)}"
        )
    digest = hashlib.sha256(kernels.array(target.cpu().to(torch.int64).contiguous()).data).hexdigest()[:16]
    return {
        "dtype": str(dtypes.result),
        "shape of target": str(tuple(target.shape)),
        "digest of target": digest,
        **facts,
    }


def _covered(slices: list[tuple[int, int]], ranks: list[int]) -> int:
    """How many classes the slices of the ranks, (first, width), hold: each of them once."""
    reached, before = 0, -1
    for first, rank, width in sorted((first, rank, width) for rank, (first, width) in zip(ranks, slices, strict=True)):
        if first != reached:
            wrong = "overlap" if first < reached else "leave classes out"
            beside = f"those of rank {before} end before {reached}" if before >= 0 else "the first class is 0"
            raise RankError(
                f"vocabulary_parallel_cross_entropy: the slices of the ranks {wrong}: the classes of rank {rank} begin "
                f"at {first}, but {beside}; pass start= where slices are not equally wide and in the order of the ranks"
            )
        reached, before = first + width, rank
    return reached


def _known(index: Tensor, counts: Tensor, weight: Tensor | None, classes: int) -> None:
    """Refuse a class that no rank has, or that has no weight."""
    wrong = counts & ((index < 0) | (index >= classes))
    if bool(wrong.any()):
        at = int(wrong.nonzero()[0])
        raise DomainError(f"cross_entropy: no rank has the class {int(index[at])} of row {at}")
    if weight is not None and len(weight) != classes:
        raise ShapeError(f"cross_entropy: weight has {len(weight)} numbers, but the ranks have {classes} classes")


def _losses(everywhere: Tensor, counts: Tensor, z_loss: float, label_smoothing: float) -> Tensor:
    """The losses of the rows, from what the ranks know of their slices: (ranks, rows, 3 or 5)."""
    size, rows_in_all = everywhere.shape[:2]
    own, scores = everywhere[..., 0].detach(), everywhere[..., 1:3]
    # Each rank is two scores of a short row: that of the right class, if it has it, and all its others together.
    short = scores.permute(1, 0, 2).reshape(rows_in_all, 2 * size)
    place = torch.where(counts, 2 * own.argmax(dim=0), -100)
    losses = rowwise.cost(SOFTMAX, short, place, {"z_loss": z_loss, "ignore_index": -100}, reduction="none")
    if label_smoothing > 0.0:
        right = short.gather(1, place.clamp(min=0)[:, None])[:, 0]
        even = everywhere[..., 3].sum(dim=0) / everywhere[..., 4].sum(dim=0)
        losses = losses + torch.where(counts, label_smoothing * (right - even), 0.0)
    return losses


def _summary(f: Tensor, index: Tensor, smoothed: bool) -> Tensor:
    """What the others must know of a rank's slice: (n, 3), or (n, 5) with smoothing.

    Whether this rank has the right class, its score, the log-partition of the other classes, the sum and the number of
    scores that are not masked.
    """
    own = (index >= 0) & (index < f.shape[1])
    place = torch.where(own, index, 0)[:, None]
    right = torch.where(own, f.gather(1, place)[:, 0], -torch.inf)
    is_right = (torch.arange(f.shape[1], device=f.device) == place) & own[:, None]
    others = torch.where(is_right, -torch.inf, f)
    partition = rows.value(_LOG_PARTITION.key, others, torch.zeros_like(others), [])
    columns = [own.to(f.dtype), right, partition]
    if smoothed:
        opened = f != -torch.inf
        columns += [torch.where(opened, f, 0.0).sum(dim=1), opened.sum(dim=1).to(f.dtype)]
    return torch.stack(columns, dim=1)
