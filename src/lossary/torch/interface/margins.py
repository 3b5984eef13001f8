"""torch's losses of pairs, triplets and sets of labels: distances by torch, the margin by our ``perceptron``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, pairwise_distance

from lossary import discovery
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.missing import asked
from lossary.evaluate.arrays.refusals import DomainError
from lossary.torch.formulas.modes import unseen
from lossary.torch.interface.functions import Function, made
from lossary.torch.interface.halves import rounded_once
from lossary.torch.interface.positions import in_order
from lossary.torch.tensors.reduction import Reduction, reduced

_RECORD = discovery.record("perceptron")
_perceptron = made(_RECORD)


@rounded_once
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    *,
    margin: float = 0.0,
    reduction: str = "mean",
    check: bool = True,
    missing: str = "error",
) -> Tensor:
    """max(0, margin - target (input1 - input2)), for targets -1 and +1: ``perceptron`` of the difference.

    All three must have one shape; torch stretches.
    """
    _refuse_unequal_shapes("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return _perceptron(input1 - input2 - margin * target, target, reduction=reduction, check=check, missing=missing)


@rounded_once
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
    check: bool = True,
    missing: str = "error",
) -> Tensor:
    """A distance where the target is 1, max(0, margin - distance) where it is -1."""
    _refuse_unequal_shapes("hinge_embedding_loss", input=input, target=target)
    dissimilar = _perceptron(margin - input, target.to(input.dtype), reduction="none", check=check, missing=missing)
    return reduced(_RECORD, torch.where(target > 0, input, dissimilar), _known(target, missing), Reduction(reduction))


@rounded_once
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    *,
    margin: float = 0.0,
    reduction: str = "mean",
    check: bool = True,
    missing: str = "error",
) -> Tensor:
    """1 - cos of vectors (..., d) where the target (...) is 1, max(0, cos - margin) where it is -1."""
    _refuse_unequal_shapes("cosine_embedding_loss", input1=input1, input2=input2)
    if target.shape != input1.shape[:-1]:
        raise ShapeError(
            f"cosine_embedding_loss: target has shape {tuple(target.shape)} but input1 has shape "
            f"{tuple(input1.shape)}; target must have shape {tuple(input1.shape[:-1])}"
        )
    cosine = cosine_similarity(input1, input2, dim=-1)
    dissimilar = _perceptron(cosine - margin, target.to(cosine.dtype), reduction="none", check=check, missing=missing)
    losses = torch.where(target > 0, 1.0 - cosine, dissimilar)
    return reduced(_RECORD, losses, _known(target, missing), Reduction(reduction))


@rounded_once
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) of vectors (..., d), d the distance of order ``p``.

    With ``swap`` the negative may be as near to the positive. The vectors must have one shape; torch stretches.
    """
    _refuse_unequal_shapes("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    distance = partial(pairwise_distance, p=p, eps=eps)
    return _of_triplets(distance, anchor, positive, negative, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``triplet_margin_loss`` under any distance; by default the Euclidean one.

    ``distance_function`` takes two of the tensors, in their own dtype, and gives a number a triplet. The tensors must
    have one shape.
    """
    _refuse_unequal_shapes("triplet_margin_with_distance_loss", anchor=anchor, positive=positive, negative=negative)
    if distance_function is None:
        return _of_euclidean_triplets(anchor, positive, negative, margin, swap, reduction)
    return _of_triplets(distance_function, anchor, positive, negative, margin, swap, reduction)


def _of_triplets(
    distance: Callable[[Tensor, Tensor], Tensor],
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if not 0.0 < margin < math.inf:
        raise ValueError(f"margin must be a positive number, not {margin!r}")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    return _apart(near, far, margin, reduction)


_of_euclidean_triplets = rounded_once(partial(_of_triplets, pairwise_distance))


@rounded_once
def _apart(near: Tensor, far: Tensor, margin: float, reduction: str) -> Tensor:
    """What it costs that the one distance is not larger than the other by the margin."""
    margins = far - near - margin
    return _perceptron(margins, torch.ones_like(margins), reduction=reduction, check=False)


@rounded_once
def multilabel_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", check: bool = True) -> Tensor:
    """The sum of max(0, 1 - (score of a label - score of another class)) over all such pairs, over the classes.

    ``input`` holds scores (C,) or (N, C); ``target`` of that shape the class indices of a row's labels in any order,
    then -1, after which nothing is read. One number a row. It takes memory for all pairs of a label and a class.
    """
    name = "multilabel_margin_loss"
    _refuse_unequal_shapes(name, input=input, target=target)
    if input.ndim not in (1, 2):
        raise ShapeError(f"{name}: input must have shape (C,) or (N, C), not {tuple(input.shape)}")
    if target.is_floating_point() or target.dtype == torch.bool:
        raise TypeError(f"{name}: target must hold class indices of an integer dtype, not {target.dtype}")
    given = (target >= 0).to(torch.int64).cumprod(dim=-1) > 0
    if not unseen(input, target):
        if check:
            _refuse_no_labels(name, target, given)
        most = int(given.sum(dim=-1).max()) if target.numel() else 0
        target, given = target[..., :most], given[..., :most]
    place = torch.where(given, target, 0).to(torch.int64)
    is_label = torch.zeros_like(input, dtype=torch.int64).scatter_add(-1, place, given.to(torch.int64)) > 0
    margins = input.gather(-1, place)[..., :, None] - input[..., None, :] - 1.0
    counts = given[..., :, None] & ~is_label[..., None, :]
    ones = torch.ones_like(margins)
    pairs = _perceptron(margins, ones, weight=counts.to(margins.dtype), reduction="none", check=False)
    rows = pairs.sum(dim=(-2, -1)) / input.shape[-1]
    return reduced(_RECORD, rows, None, Reduction(reduction))


def _refuse_no_labels(name: str, target: Tensor, given: Tensor) -> None:
    """Refuse what is no class among the labels, and what does not end them by -1."""
    ends = (target == -1) | ((~given).to(torch.int64).cumsum(dim=-1) > 1)
    wrong = torch.where(given, target >= target.shape[-1], ~ends)
    if bool(wrong.any()):
        at = tuple(wrong.nonzero()[0].tolist())
        raise DomainError(
            f"{name}: class indices must be from 0 to {target.shape[-1] - 1}, or -1 after the last, but "
            f"target[{', '.join(map(str, at))}] is {int(target[at])}"
        )


def _known(target: Tensor, missing: str) -> Tensor | None:
    """Which targets are known, if some may be missing."""
    return ~torch.isnan(target) if asked(missing) and target.is_floating_point() else None


def _refuse_unequal_shapes(name: str, **tensors: Tensor) -> None:
    (first, shape), *others = ((each, tuple(tensor.shape)) for each, tensor in tensors.items())
    for each, other in others:
        if other != shape:
            raise ShapeError(f"{name}: {each} has shape {other} but {first} has shape {shape}; they must be equal")


FUNCTIONS: dict[str, Function] = {
    each.__name__: in_order(each, getattr(torch.nn.functional, each.__name__))
    for each in (
        margin_ranking_loss,
        hinge_embedding_loss,
        cosine_embedding_loss,
        triplet_margin_loss,
        triplet_margin_with_distance_loss,
        multilabel_margin_loss,
    )
}
