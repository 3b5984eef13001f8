"""Softmax cross-entropy of a linear layer, without the matrix of all its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from lossary import discovery
from lossary.evaluate.linear.cross_entropy import linear_cross_entropy as on_arrays
from lossary.torch.calls import rowwise
from lossary.torch.calls.row_layout import NO_INDEX, ignoring
from lossary.torch.execution.fused import numbered, words
from lossary.torch.formulas.modes import by_operators, transformed
from lossary.torch.formulas.records import handle
from lossary.torch.tensors import arguments, kernels
from lossary.torch.tensors.reduction import Reduction

LOSS = handle(discovery.record("softmax_cross_entropy"))


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int = NO_INDEX,
    label_smoothing: float = 0.0,
    z_loss: float = 0.0,
    denominator: Any = "weights",
    empty: float | None = None,
    memory_budget: str | int = "64 MiB",
    check: bool = True,
) -> Tensor:
    """``cross_entropy(linear(input, linear_weight, linear_bias), target)`` in bounded memory.

    Cost and gradients are computed together, chunk by chunk, on the processor. Other devices, ``reduction="none"``,
    ``torch.func`` and gradients of gradients take the scores all at once.

    Parameters
    ----------
    input : tensor of shape (..., d)
    linear_weight : tensor of shape (classes, d)
    target : tensor of shape (...) of class indices, or (..., classes) of weights that sum to one
    linear_bias : tensor of shape (classes,), optional
    weight, sample_weight, reduction, ignore_index, label_smoothing, z_loss, denominator, empty, check
        As in ``cross_entropy``.
    memory_budget : str or number of bytes
        What may be used besides arguments and results.

    Returns
    -------
    tensor
        The cost, differentiable by input, weight and bias.

    Raises
    ------
    ValueError
        Shapes that do not fit, a target that is no class, a mean of nothing.

    Examples
    --------
    >>> import torch
    >>> from lossary.torch.functional import linear_cross_entropy
    >>> linear_cross_entropy(torch.ones(2, 3), torch.zeros(4, 3), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    options: dict[str, Any] = {"class_weight": weight, "label_smoothing": label_smoothing, "z_loss": z_loss}
    options |= ignoring("linear_cross_entropy", input, target, ignore_index)
    to_cost = Reduction(reduction, denominator, empty)
    layer = (input, linear_weight, linear_bias)
    tensors = (target, weight, sample_weight)
    readable = not transformed() and kernels.takes(*layer, *tensors)
    fixed = not arguments.differentiated(*tensors) and not isinstance(denominator, Tensor)
    if not (readable and fixed) or reduction == "none":
        scores = nn.functional.linear(input, linear_weight, linear_bias)
        return rowwise.cost(
            LOSS, scores, target, options, weight=sample_weight, reduction=reduction, denominator=denominator,
            empty=empty, check=check, dim=-1,
        )  # fmt: skip
    dtypes = arguments.dtypes(input, target)
    x, w, b = (None if each is None else each.to(dtypes.compute) for each in layer)
    numbers = {name: float(v) for name, v in options.items() if v is not None and name != "class_weight"}
    settings = Settings(to_cost, str(memory_budget), check, arguments.differentiated(x, w, b), numbers)
    if by_operators(*layer, *tensors):
        cost = linear_cost(x, w, b, target, sample_weight, weight, *settings.flat())[0]
    else:
        cost = FusedLinearCost.apply(x, w, b, target, sample_weight, weight, settings)
    return cast(Tensor, cost).to(dtypes.result)


@dataclass(frozen=True)
class Settings:
    """What a call says besides its tensors; ``numbers`` are options of the loss."""

    reduction: Reduction
    memory_budget: str
    check: bool
    gradient: bool
    numbers: Mapping[str, float]

    def flat(self) -> tuple[Any, ...]:
        """The same as an operator of torch takes it."""
        denominator = self.reduction.denominator
        text, number = (denominator, 1.0) if isinstance(denominator, str) else ("", float(denominator))
        names, numbers = ",".join(self.numbers), list(self.numbers.values())
        reduction = (self.reduction.kind, text, number, self.reduction.empty)
        return (*reduction, self.memory_budget, self.check, self.gradient, names, numbers)

    @property
    def options(self) -> dict[str, Any]:
        """The options of the loss."""
        return numbered(",".join(self.numbers), list(self.numbers.values()))


def _computed(
    x: Tensor,
    w: Tensor,
    b: Tensor | None,
    target: Tensor,
    sample_weight: Tensor | None,
    class_weight: Tensor | None,
    settings: Settings,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The cost, and its gradients by input, weight and bias; those that were not asked for are empty."""
    options, budget = settings.options, settings.memory_budget
    if class_weight is not None:
        options["class_weight"] = kernels.array(class_weight)
    with kernels.host_names(LOSS.record):
        result = on_arrays(
            kernels.array(x),
            kernels.array(w),
            kernels.rows(target, *arguments.halves(target)),
            None if b is None else kernels.array(b),
            None if sample_weight is None else kernels.array(sample_weight),
            reduction=cast("Literal['mean', 'sum']", settings.reduction.kind),
            gradient=settings.gradient,
            memory_budget=float(budget) if budget.replace(".", "").isdigit() else budget,
            check=settings.check,
            **settings.reduction.on_arrays(x.shape[:-1]),
            **options,
        )
    slopes = [x.new_empty(0) if each is None else torch.from_numpy(each) for each in result[1:]]
    return torch.scalar_tensor(result.cost, dtype=x.dtype, device="cpu"), slopes[0], slopes[1], slopes[2]


class FusedLinearCost(torch.autograd.Function):
    """Cost and gradients in one walk over the rows."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensor:
        *tensors, settings = arguments
        cost, *slopes = _computed(*arguments)
        ctx.save_for_backward(*tensors, *slopes)
        ctx.settings = settings
        return cost

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple:
        return (*_slopes(ctx, g), *[None] * 4)


def _slopes(ctx: Any, g: Tensor) -> list[Tensor | None]:
    """The gradients by input, weight and bias of those that are wanted; of a gradient, by operations on all scores."""
    x, w, b, target, sample_weight, class_weight, *by = ctx.saved_tensors
    wanted = ctx.needs_input_grad[:3]
    if not torch.is_grad_enabled():
        return [each * g if needed else None for each, needed in zip(by, wanted, strict=True)]
    # create_graph=True. By views, as in ``formulas.once_more``.
    x, w, b = (each.view_as(each) if needed else each for each, needed in zip((x, w, b), wanted, strict=True))
    inputs = [each for each, needed in zip((x, w, b), wanted, strict=True) if needed]
    cost = _by_operations(x, w, b, target, sample_weight, class_weight, ctx.settings)
    gradients = iter(torch.autograd.grad(cost, inputs, g, create_graph=True))
    return [next(gradients) if needed else None for needed in wanted]


def _by_operations(
    x: Tensor,
    w: Tensor,
    b: Tensor | None,
    target: Tensor,
    sample_weight: Tensor | None,
    class_weight: Tensor | None,
    settings: Settings,
) -> Tensor:
    """The same cost through all scores at once, differentiable as often as asked."""
    options, reduction = {"class_weight": class_weight, **settings.options}, settings.reduction
    scores = nn.functional.linear(x, w, b)
    return rowwise.cost(
        LOSS, scores, target, options, weight=sample_weight, reduction=reduction.kind,
        denominator=reduction.denominator, empty=reduction.empty, check=False, dim=-1,
    )  # fmt: skip


@torch.library.custom_op("lossary::linear_cost", mutates_args=())
def linear_cost(
    x: Tensor, w: Tensor, b: Tensor | None, target: Tensor, sample_weight: Tensor | None, class_weight: Tensor | None,
    reduction: str, text: str, number: float, empty: float | None, budget: str, check: bool, gradient: bool,
    names: str, numbers: list[float],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """``FusedLinearCost`` as the compiler sees it; its arguments are such as an operator may have."""
    to_cost = Reduction(reduction, text or number, empty)
    settings = Settings(to_cost, budget, check, gradient, dict(zip(words(names), numbers, strict=True)))
    return _computed(x, w, b, target, sample_weight, class_weight, settings)


@linear_cost.register_fake
def _(x: Tensor, w: Tensor, b: Tensor | None, *rest: Any) -> tuple[Tensor, ...]:
    by = [x.new_empty(each.shape if rest[9] and each is not None else (0,)) for each in (x, w, b)]
    return x.new_empty(()), *by


def _setup(ctx: Any, inputs: tuple, output: tuple[Tensor, ...]) -> None:
    ctx.mark_non_differentiable(*output[1:])
    ctx.save_for_backward(*inputs[:6], *output[1:])
    reduction, text, number, empty, budget, check, gradient, names, numbers = inputs[6:]
    to_cost = Reduction(reduction, text or number, empty)
    ctx.settings = Settings(to_cost, budget, check, gradient, dict(zip(words(names), numbers, strict=True)))


def _backward(ctx: Any, g: Tensor, *_: Any) -> tuple:
    return (*_slopes(ctx, g), *[None] * 12)


linear_cost.register_autograd(_backward, setup_context=_setup)


class LinearCrossEntropyLoss(nn.Module):
    """A linear layer and its softmax cross-entropy: ``linear_cross_entropy`` with the layer's weights.

    Parameters
    ----------
    in_features, num_classes : int
        The layer's sizes.
    bias : bool
        Whether the layer has one.
    **options
        Those of ``linear_cross_entropy``.

    Examples
    --------
    >>> import torch, lossary.torch
    >>> layer = lossary.torch.LinearCrossEntropyLoss(3, 4)
    >>> layer(torch.ones(2, 3), torch.tensor([0, 3])).shape
    torch.Size([])
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        weight: Tensor | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, num_classes, bias=bias, device=device, dtype=dtype)
        self.register_buffer("weight", weight)
        self._options = options

    def forward(self, input: Tensor, target: Tensor, **options: Any) -> Tensor:
        """The cost of these inputs and targets."""
        options = {"weight": self.weight, **self._options, **options}
        return linear_cross_entropy(input, self.linear.weight, target, linear_bias=self.linear.bias, **options)
