"""A cost and its gradient in one fused pass through a kernel, for eager mode and for the compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from lossary.rowwise import RowLoss
from lossary.torch.execution import operations
from lossary.torch.formulas import once_more
from lossary.torch.formulas.modes import by_operators, many
from lossary.torch.formulas.records import Handle, record_of
from lossary.torch.tensors import kernels
from lossary.torch.tensors.reduction import Reduction


@dataclass(eq=False)  # made at every call, and a frozen one takes a microsecond more
class FusedCall:
    """One call of a loss but for its predictions.

    ``options`` are parameters and options as the kernels take them. ``differentiable`` is the same cost by torch
    operations, which can be differentiated as often as asked. ``halves`` is as in ``kernels.Examples``.
    """

    loss: Handle
    target: Tensor
    weight: Tensor | None
    reduction: Reduction
    check: bool
    options: Mapping[str, Any]
    differentiable: Callable[[Tensor], Tensor]
    halves: tuple[str, ...] = ("", "")

    def run(self, f: Tensor, gradient: bool) -> tuple[Tensor, Tensor | None]:
        """The cost, and its gradient if asked for, from the kernels."""
        examples = kernels.Examples(self.loss.record, self.target, f, self.weight, self.options, self.halves)
        return kernels.cost(examples, self.reduction, self.check, gradient)


def fused_cost(f: Tensor, call: FusedCall) -> Tensor:
    """The cost of plain tensors: one pass over memory computes it and the gradient."""
    if by_operators(f, call.target, call.weight):
        return _compiled(f, call)
    if not (torch.is_grad_enabled() and f.requires_grad):
        return call.run(f, False)[0]
    return cast(Tensor, FusedCost.apply(f, call))


class FusedCost(torch.autograd.Function):
    """A cost whose gradient was computed with it; a gradient of the gradient is that of ``call.differentiable``."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, call: FusedCall) -> Tensor:
        cost, ctx.gradient = call.run(f, True)
        ctx.call = call
        ctx.save_for_backward(f, call.target, call.weight)
        return cost

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        f, _, _ = ctx.saved_tensors
        if torch.is_grad_enabled():  # create_graph=True
            return once_more.gradient(ctx.call.differentiable, f, g), None
        if many(g):
            slope = ctx.call.run(f, True)[1] if ctx.gradient is None else ctx.gradient
            return slope * _over_scores(g, slope), None
        # Given away, so that torch need not copy it. Who goes backward twice through one graph has it computed again.
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            gradient = ctx.call.run(f, True)[1]
        if g.ndim or g.item() != 1.0:
            gradient *= _over_scores(g, gradient)
        return gradient, None


def _over_scores(g: Tensor, gradient: Tensor) -> Tensor:
    return g[..., None] if 0 < g.ndim < gradient.ndim else g


def _compiled(f: Tensor, call: FusedCall) -> Tensor:
    names, numbers, tensor_names, tensors = [], [], [], []
    for name, value in call.options.items():
        if isinstance(value, Tensor):
            tensor_names.append(name)
            tensors.append(value)
        elif value is not None:
            names.append(name)
            numbers.append(float(value))
    reduction = call.reduction
    denominator = reduction.denominator
    text, number = (denominator, 1.0) if isinstance(denominator, str) else ("", denominator)
    cost, _ = fused(
        call.loss.key, f, call.target, call.weight, reduction.kind, text, number, reduction.empty, call.check,
        torch.is_grad_enabled() and f.requires_grad, ",".join(names), numbers, ",".join(tensor_names), tensors,
        ",".join(call.halves),
    )  # fmt: skip
    return cast(Tensor, cost)


@torch.library.custom_op("lossary::cost", mutates_args=())
def fused(
    key: str,
    f: Tensor,
    target: Tensor,
    weight: Tensor | None,
    reduction: str,
    denominator: str,
    number: float,
    empty: float | None,
    check: bool,
    gradient: bool,
    names: str,
    numbers: list[float],
    tensor_names: str,
    tensors: list[Tensor],
    halves: str,
) -> tuple[Tensor, Tensor]:
    """``FusedCost`` as the compiler sees it: cost and gradient; its arguments are such as an operator may have."""
    options = numbered(names, numbers)
    options |= {n: kernels.array(v) for n, v in zip(words(tensor_names), tensors, strict=True)}
    examples = kernels.Examples(record_of(key), target, f, weight, options, tuple(halves.split(",")))
    cost, slope = kernels.cost(examples, Reduction(reduction, denominator or number, empty), check, gradient)
    return cost, f.new_empty(0) if slope is None else slope


def words(joined: str) -> list[str]:
    """The names in a text: an operator takes no list of texts."""
    return joined.split(",") if joined else []


def numbered(names: str, numbers: list[float]) -> dict[str, Any]:
    """Options by name, out of what an operator takes."""
    return {
        name: int(number) if name == "ignore_index" else number
        for name, number in zip(words(names), numbers, strict=True)
    }


@fused.register_fake
def _(key: str, f: Tensor, target: Tensor, weight: Tensor | None, reduction: str, *rest: Any) -> tuple[Tensor, Tensor]:
    gradient = rest[4]
    rowwise = isinstance(record_of(key), RowLoss)
    shape = () if reduction != "none" else f.shape[:-1] if rowwise else f.shape
    return f.new_empty(shape), f.new_empty(f.shape if gradient else (0,))


def _setup(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
    key, f, target, weight, reduction, denominator, number, empty, _, _, names, numbers, tensor_names, tensors, _ = (
        inputs
    )
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(output[1], f, target, weight, *tensors)
    ctx.key, ctx.reduction = key, Reduction(reduction, denominator or number, empty)
    ctx.options, ctx.names = numbered(names, numbers), words(tensor_names)
    # An empty list counts as one of tensors, and must have its like among the gradients.
    ctx.numbers = None if inputs[11] else []
    ctx.count = len(inputs[13])


def _backward(ctx: Any, g: Tensor, _: Tensor | None) -> tuple:
    gradient, f, target, weight, *tensors = ctx.saved_tensors
    if torch.is_grad_enabled():  # create_graph=True
        options = {**ctx.options, **dict(zip(ctx.names, tensors, strict=True))}
        slope = once_more.gradient(lambda f: operations.cost(ctx.key, f, target, weight, options, ctx.reduction), f, g)
    else:
        slope = gradient * _over_scores(g, gradient)
    return (None, slope, *[None] * 9, ctx.numbers, None, [None] * ctx.count, None)


fused.register_autograd(_backward, setup_context=_setup)
