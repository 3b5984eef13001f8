"""torch's adaptive softmax, with our cross-entropy for the head and for each cluster of rare classes."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lossary import discovery
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.refusals import DomainError
from lossary.torch.formulas.modes import unseen
from lossary.torch.interface.functions import made
from lossary.torch.tensors.arguments import dtypes
from lossary.torch.tensors.reduction import Reduction, reduced

_RECORD = discovery.record("softmax_cross_entropy")
_cross_entropy = made(_RECORD)


class AdaptiveOutput(NamedTuple):
    """What ``AdaptiveLogSoftmaxWithLoss`` gives: the log-probability of every target, and the mean of minus these."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(nn.AdaptiveLogSoftmaxWithLoss):
    """A softmax over very many classes, the frequent ones first: rare ones are reached through a few clusters.

    The arguments, layers and names of the weights are torch's, so a ``state_dict`` of either is one of the other. A
    target's log-probability is computed by ``softmax_cross_entropy``, which keeps the digits of confident rows; half
    precision is computed in float32 from the scores on, and rounded once.

    Parameters
    ----------
    in_features : int
        How many numbers an input has.
    n_classes : int
        How many classes there are, numbered from the most frequent to the rarest.
    cutoffs : sequence of int
        Where clusters begin: increasing, each from 1 to ``n_classes - 1``. Classes before the first are in the head.
    div_value : float
        By which power inputs are made shorter for each further cluster.
    head_bias : bool
        Whether the head has a bias.
    device, dtype
        Those of the weights.

    Examples
    --------
    >>> import torch, lossary.torch
    >>> layer = lossary.torch.AdaptiveLogSoftmaxWithLoss(32, 20, cutoffs=[5, 10])
    >>> output, loss = layer(torch.ones(3, 32), torch.tensor([0, 7, 19]))
    >>> output.shape, loss.shape, layer.log_prob(torch.ones(3, 32)).shape
    (torch.Size([3]), torch.Size([]), torch.Size([3, 20]))
    """

    def forward(self, input_: Tensor, target_: Tensor) -> AdaptiveOutput:
        """The log-probabilities (N,) of targets (N,) at inputs (N, in_features), or of one, and the mean loss.

        Raises
        ------
        ShapeError
            Shapes that do not fit.
        DomainError
            A target that is no class; compiled, or under ``torch.func``, its numbers are NaN.
        TypeError
            Inputs that are no floating-point numbers, or targets that are no whole numbers.
        ValueError
            No target at all.
        """
        self._check(input_, target_)
        input, target = (input_, target_) if target_.ndim else (input_[None], target_[None])
        in_head = target
        costs = torch.zeros((), device=input.device)
        for cluster, (first, end) in enumerate(pairwise(self.cutoffs)):
            inside = (target >= first) & (target < end)
            in_head = torch.where(inside, self.shortlist_size + cluster, in_head)
            costs = costs + self._in_cluster(cluster, input, target - first, inside)
        # What is no class has no place in the head either; its number there would be that of a cluster.
        in_head = torch.where((target < 0) | (target >= self.n_classes), -1, in_head)
        costs = costs + _costs(self.head(input), in_head)
        result = dtypes(input, input).result
        loss = reduced(_RECORD, costs, None, Reduction()).to(result)
        output = -costs.to(result)
        return AdaptiveOutput(output if target_.ndim else output[0], loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities (..., n_classes) of all classes at inputs (..., in_features)."""
        head = _log_softmax(self.head(input))
        parts = [head[..., : self.shortlist_size]]
        for cluster, layer in enumerate(self.tail):
            parts.append(_log_softmax(layer(input)) + head[..., self.shortlist_size + cluster, None])
        return torch.cat(parts, dim=-1).to(dtypes(input, input).result)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class (...) at inputs (..., in_features)."""
        best = self.head(input).argmax(dim=-1)
        if unseen(input):
            return torch.where(best < self.shortlist_size, best, self.log_prob(input).argmax(dim=-1))
        rare = best >= self.shortlist_size
        return best.masked_scatter(rare, self.log_prob(input[rare]).argmax(dim=-1)) if bool(rare.any()) else best

    def _in_cluster(self, cluster: int, input: Tensor, target: Tensor, inside: Tensor) -> Tensor:
        """What the rows inside the cluster cost within it, and zeros for the others."""
        if unseen(input, target):
            return torch.where(inside, _costs(self.tail[cluster](input), torch.where(inside, target, 0)), 0.0)
        rows = inside.nonzero()[:, 0]
        if not rows.numel():
            return torch.zeros((), device=input.device)
        costs = _costs(self.tail[cluster](input[rows]), target[rows])
        return costs.new_zeros(len(input)).index_add(0, rows, costs)

    def _check(self, input: Tensor, target: Tensor) -> None:
        name = type(self).__name__
        dtypes(input, target)
        if target.is_floating_point() or target.dtype == torch.bool:
            raise TypeError(f"{name}: target must hold class indices of an integer dtype, not {target.dtype}")
        wanted = (*target.shape, self.in_features)
        if target.ndim > 1 or tuple(input.shape) != wanted:
            raise ShapeError(
                f"{name}: target has shape {tuple(target.shape)} and input {tuple(input.shape)}; they must have shapes "
                f"(N,) and (N, {self.in_features}), or () and ({self.in_features},)"
            )
        wrong = (target < 0) | (target >= self.n_classes)
        if not unseen(target) and bool(wrong.any()):
            at = tuple(wrong.nonzero()[0].tolist())
            place = f"target[{at[0]}]" if at else "target"
            raise DomainError(
                f"{name}: class indices must be from 0 to {self.n_classes - 1}, but {place} is {int(target[at])}"
            )


def _costs(scores: Tensor, target: Tensor) -> Tensor:
    """The cross-entropy of every row, at least in float32."""
    wide = torch.promote_types(scores.dtype, torch.float32)
    return _cross_entropy(scores.to(wide), target, reduction="none", check=False)


def _log_softmax(scores: Tensor) -> Tensor:
    return torch.log_softmax(scores, dim=-1, dtype=torch.promote_types(scores.dtype, torch.float32))
