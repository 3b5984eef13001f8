"""The functions that torch has too, under torch's names and with torch's arguments.

Where a number differs from torch's, it is on purpose, and the function says so. What holds for all of them: shapes must
be equal (torch stretches), targets must be in their domain, weights must not be negative, a mean over nothing raises
(torch gives NaN), and half precision is summed in float32.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lossary import discovery
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.missing import asked
from lossary.primitives import HALF_LOG_2PI
from lossary.torch.calls.row_layout import NO_INDEX, ignoring
from lossary.torch.formulas.modes import unseen
from lossary.torch.interface.functions import Function, named
from lossary.torch.interface.halves import rounded_once
from lossary.torch.interface.positions import in_order
from lossary.torch.tensors.reduction import Reduction, reduced

_PLAIN_MEAN = discovery.record("squared_error")  # whose cost is a plain mean
# Looked up once: a compiler that follows a function must meet no search by name.
_CATALOGUE = {
    name: named(name)
    for name in (
        "absolute_error",
        "binary_cross_entropy",
        "gaussian_nll",
        "huber",
        "kl_target_prediction_log_probabilities",
        "logistic",
        "logistic_margin",
        "multilabel_soft_margin",
        "poisson",
        "poisson_deviance",
        "smooth_l1",
        "softmax_cross_entropy",
        "squared_error",
        "weston_watkins",
    )
}


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", **options: Any) -> Tensor:
    """Mean squared error: ``squared_error``."""
    return _CATALOGUE["squared_error"](input, target, reduction=reduction, **options)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", **options: Any) -> Tensor:
    """Mean absolute error: ``absolute_error``."""
    return _CATALOGUE["absolute_error"](input, target, reduction=reduction, **options)


def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0, **options: Any
) -> Tensor:
    """``smooth_l1``; with ``beta=0`` it is ``absolute_error``, as in torch."""
    if beta == 0:
        return _CATALOGUE["absolute_error"](input, target, reduction=reduction, **options)
    return _CATALOGUE["smooth_l1"](input, target, reduction=reduction, beta=beta, **options)


def huber_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", delta: float = 1.0, **options: Any) -> Tensor:
    """``huber``. With ``weight=`` the mean divides by the sum of weights; torch's does so for ``mse_loss`` alone."""
    return _CATALOGUE["huber"](input, target, reduction=reduction, delta=delta, **options)


def soft_margin_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", **options: Any) -> Tensor:
    """``logistic_margin``, for targets -1 and +1. Torch's is infinite in float32 at margins below -88."""
    return _CATALOGUE["logistic_margin"](input, target, reduction=reduction, **options)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    denominator: Any = "size",
    **options: Any,
) -> Tensor:
    """``binary_cross_entropy`` of probabilities; like torch, the mean divides by the number of losses, not by weights.

    Torch's stops at 100 and has no gradient there; this one is infinite where the right label has probability zero.
    """
    function = _CATALOGUE["binary_cross_entropy"]
    return function(input, target, weight=weight, reduction=reduction, denominator=denominator, **options)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | float | None = None,
    denominator: Any = "size",
    **options: Any,
) -> Tensor:
    """``logistic``, for targets in [0, 1]; like torch, the mean divides by the number of losses, not by weights.

    Torch's is NaN at an infinite logit, where this one is zero or infinite.
    """
    if pos_weight is not None:
        options["pos_weight"] = pos_weight.expand(input.shape) if isinstance(pos_weight, Tensor) else pos_weight
    function = _CATALOGUE["logistic"]
    return function(input, target, weight=weight, reduction=reduction, denominator=denominator, **options)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = NO_INDEX,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    **options: Any,
) -> Tensor:
    """``softmax_cross_entropy``, of scores (C,), (N, C) or (N, C, d1, ...).

    Class weights differ from torch's in two cases. With targets that are distributions the mean divides by the sum of
    their weights, as for class indices; torch divides by the number of rows. And smoothing spreads a target evenly and
    leaves the weight of its row as it is; torch weighs the share of each class anew, which moves the minimum.
    One-hot rows may also be integers or booleans.
    """
    options |= ignoring("cross_entropy", input, target, ignore_index)
    function = _CATALOGUE["softmax_cross_entropy"]
    return function(input, target, weight=weight, reduction=reduction, label_smoothing=label_smoothing, **options)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = NO_INDEX,
    reduction: str = "mean",
    **options: Any,
) -> Tensor:
    """Minus the log-probability of the right class: ``kl_target_prediction_log_probabilities`` at class indices.

    Rows must hold log-probabilities, whose exponentials sum to one; torch takes any numbers. One-hot rows are targets
    too.
    """
    options |= ignoring("nll_loss", input, target, ignore_index)
    function = _CATALOGUE["kl_target_prediction_log_probabilities"]
    return function(input, target, weight=weight, reduction=reduction, **options)


def kl_div(
    input: Tensor,
    target: Tensor,
    *,
    reduction: str = "mean",
    log_target: bool = False,
    dim: int = -1,
    **options: Any,
) -> Tensor:
    """Kullback-Leibler divergence of log-probabilities: ``kl_target_prediction_log_probabilities`` along ``dim``.

    One number for each distribution, of which ``reduction="mean"`` is the mean. Torch gives one for each *class*, and
    its mean divides by the number of classes too, which is no divergence. ``"batchmean"`` is the same number in both.
    """
    if log_target:
        target = target.exp()
    if reduction == "batchmean":
        reduction = "mean"
        options["denominator"] = input.shape[0] if input.ndim > 1 else 1
    function = _CATALOGUE["kl_target_prediction_log_probabilities"]
    return function(input, target, reduction=reduction, dim=dim, **options)


@rounded_once
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    *,
    p: float = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
    denominator: Any = "size",
    **options: Any,
) -> Tensor:
    """``weston_watkins`` over the number of classes, of scores (C,) or (N, C); the mean is over N, as in torch."""
    function = _CATALOGUE["weston_watkins"]
    classes = input.shape[0 if input.ndim == 1 else 1]
    cost = function(
        input, target, p=p, margin=margin, weight=weight, reduction=reduction, denominator=denominator, **options
    )
    return cost / classes


@rounded_once
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    **options: Any,
) -> Tensor:
    """``multilabel_soft_margin``, with the classes along the last axis and a weight for each class."""
    if weight is None:
        return _CATALOGUE["multilabel_soft_margin"](input, target, reduction=reduction, dim=-1, **options)
    losses = _CATALOGUE["logistic"](input, target, weight=weight, reduction="none", **options)
    rows = losses.mean(dim=-1)
    if _may_miss(target, options.get("missing", "error")):
        return _over_known(rows, ~torch.isnan(target).all(dim=-1), reduction)
    return rows if reduction == "none" else _total(rows, reduction)


def _may_miss(target: Tensor, missing: str) -> bool:
    """Whether targets may be missing."""
    return asked(missing) and target.is_floating_point()


def _over_known(losses: Tensor, known: Tensor, reduction: str) -> Tensor:
    """Losses reduced over the known targets; 0 where there is none."""
    return reduced(_PLAIN_MEAN, losses, known, Reduction(reduction))


def _without_missing(function: Function, input: Tensor, target: Tensor, reduction: str, **options: Any) -> Tensor:
    """A function of input and target over the known targets; ordinary numbers stand in for the others."""
    known = ~torch.isnan(target)
    input, target = torch.where(known, input, 1.0), torch.where(known, target, 1.0)
    return _over_known(function(input, target, reduction="none", **options), known, reduction)


def _total(losses: Tensor, reduction: str) -> Tensor:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'none', 'mean' or 'sum', not {reduction!r}")
    return losses.mean() if reduction == "mean" else losses.sum()


def _plus(cost: Tensor, terms: Tensor, reduction: str) -> Tensor:
    """A cost and terms of each loss that the targets add to it."""
    total = terms if reduction == "none" else _total(terms, reduction)
    return cost + total.to(cost.dtype)


@rounded_once
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    *,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
    check: bool = True,
    missing: str = "error",
) -> Tensor:
    """``poisson`` of the logarithm of a rate; with ``log_input=False`` half of ``poisson_deviance`` of the rate.

    ``full=True`` adds log(target!), as it is; torch takes Stirling's approximation, and 0 for targets up to 1.
    ``eps`` is added to the rate, as in torch, where ``log_input=False``.
    """
    if _may_miss(target, missing):
        options: dict[str, Any] = {"log_input": log_input, "full": full, "eps": eps, "check": check}
        return _without_missing(poisson_nll_loss, input, target, reduction, **options)
    if log_input and not full:
        return _CATALOGUE["poisson"](input, target, reduction=reduction, check=check)
    wide = target.detach().double() if target.device.type != "mps" else target.detach()
    log_factorials = torch.lgamma(wide + 1.0) if full else torch.zeros_like(wide)
    if log_input:
        cost = _CATALOGUE["poisson"](input, target, reduction=reduction, check=check)
        return _plus(cost, log_factorials, reduction)
    half = 0.5 * _CATALOGUE["poisson_deviance"](input + eps, target, reduction=reduction, check=check)
    return _plus(half, log_factorials + (wide - torch.special.xlogy(wide, wide)) - eps, reduction)


@rounded_once
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    *,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
    check: bool = True,
    missing: str = "error",
) -> Tensor:
    """``gaussian_nll`` with a predicted variance by example, row or column, or for all; differentiable by it, too.

    ``full=False`` leaves out log(2 pi)/2. Variances below ``eps`` are raised to it, with the gradient as if they were
    not, as in torch.
    """
    if _may_miss(target, missing):
        return _without_missing(gaussian_nll_loss, input, target, reduction, var=var, full=full, eps=eps, check=check)
    variance = torch.full((), var, dtype=input.dtype, device=input.device) if not isinstance(var, Tensor) else var
    if variance.ndim and variance.shape != input.shape:
        variance = _spread(variance, input)
    if check and not unseen(variance):
        _not_negative(variance)
    lifted = variance.detach().clamp(min=eps) - variance.detach()
    scale = (variance + lifted).to(torch.promote_types(input.dtype, torch.float32)).sqrt()
    cost = _CATALOGUE["gaussian_nll"](input, target, scale=scale, reduction=reduction, check=check)
    if full:
        return cost
    return cost - (HALF_LOG_2PI * input.numel() if reduction == "sum" else HALF_LOG_2PI)


def _spread(variance: Tensor, input: Tensor) -> Tensor:
    """A variance for each row or for each column, stretched over the numbers it is for."""
    if variance.shape == input.shape[:-1]:
        variance = variance.unsqueeze(-1)
    if variance.ndim != input.ndim or any(v not in (1, n) for v, n in zip(variance.shape, input.shape, strict=True)):
        raise ShapeError(
            f"gaussian_nll_loss: var has shape {tuple(variance.shape)} but input has shape {tuple(input.shape)}; var "
            "must be of that shape, with a 1 in the place of an axis that shares its variance, or one number a row"
        )
    return variance.expand(input.shape)


def _not_negative(variance: Tensor) -> None:
    if bool((variance < 0.0).any()):
        raise ValueError("gaussian_nll_loss: var holds a negative number")


FUNCTIONS: dict[str, Function] = {
    each.__name__: in_order(each, getattr(torch.nn.functional, each.__name__))
    for each in (
        mse_loss,
        l1_loss,
        smooth_l1_loss,
        huber_loss,
        soft_margin_loss,
        binary_cross_entropy,
        binary_cross_entropy_with_logits,
        cross_entropy,
        nll_loss,
        kl_div,
        multi_margin_loss,
        multilabel_soft_margin_loss,
        poisson_nll_loss,
        gaussian_nll_loss,
    )
}
