"""torch's losses of pairs and triplets, under its names: distances by torch, the margin by our ``perceptron``."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, pairwise_distance

from lossary import discovery
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.missing import asked
from lossary.torch.interface.functions import Function, made
from lossary.torch.tensors.reduction import Reduction, reduced

_RECORD = discovery.record("perceptron")
_perceptron = made(_RECORD)


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
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = torch.minimum(far, pairwise_distance(positive, negative, p, eps))
    margins = far - near - margin
    return _perceptron(margins, torch.ones_like(margins), reduction=reduction, check=False)


def _known(target: Tensor, missing: str) -> Tensor | None:
    """Which targets are known, if some may be missing."""
    return ~torch.isnan(target) if asked(missing) and target.is_floating_point() else None


def _refuse_unequal_shapes(name: str, **tensors: Tensor) -> None:
    (first, shape), *others = ((each, tuple(tensor.shape)) for each, tensor in tensors.items())
    for each, other in others:
        if other != shape:
            raise ShapeError(f"{name}: {each} has shape {other} but {first} has shape {shape}; they must be equal")


FUNCTIONS: dict[str, Function] = {
    each.__name__: each
    for each in (margin_ranking_loss, hinge_embedding_loss, cosine_embedding_loss, triplet_margin_loss)
}
