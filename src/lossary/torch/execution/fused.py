"""From losses to a cost: in one pass through a kernel, or from losses one by one by torch operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from lossary.torch.formulas.records import Handle, record_of
from lossary.torch.tensors import kernels
from lossary.torch.tensors.reduction import Reduction


@dataclass(frozen=True)
class Call:
    """One call of a loss, but for its predictions; ``again`` is its cost by torch operations, differentiable."""

    loss: Handle
    target: Tensor
    weight: Tensor | None
    reduction: Reduction
    check: bool
    given: Mapping[str, Any]
    again: Callable[[Tensor], Tensor]

    def run(self, f: Tensor, gradient: bool) -> tuple[Tensor, Tensor | None]:
        """The cost, and its gradient if asked for, from the kernels."""
        how = self.reduction
        denominator = how.denominator.item() if isinstance(how.denominator, Tensor) else how.denominator
        return kernels.cost(
            self.loss.record,
            self.target,
            f,
            self.weight,
            how.kind,
            denominator,
            how.empty,
            self.check,
            gradient,
            self.given,
        )


def taken(f: Tensor, call: Call) -> Tensor:
    """The cost of plain tensors: one pass over memory computes it and the gradient."""
    if torch.compiler.is_compiling():
        return _compiled(f, call)
    if not (torch.is_grad_enabled() and f.requires_grad):
        return call.run(f, False)[0]
    return cast(Tensor, Fused.apply(f, call))


class Fused(torch.autograd.Function):
    """A cost whose gradient was computed with it; a gradient of the gradient is taken from ``call.again``."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, call: Call) -> Tensor:
        found, ctx.gradient = call.run(f, True)
        ctx.call = call
        ctx.save_for_backward(f, call.target, call.weight)
        return found

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        f, _, _ = ctx.saved_tensors
        if torch.is_grad_enabled():  # create_graph=True
            return torch.autograd.grad(ctx.call.again(f), f, g, create_graph=True)[0], None
        # Given away, so that torch need not copy it. Who goes backward twice through one graph has it computed again.
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            gradient = ctx.call.run(f, True)[1]
        if g.ndim or g.item() != 1.0:
            gradient *= _over_scores(g, gradient)
        return gradient, None


def _over_scores(g: Tensor, gradient: Tensor) -> Tensor:
    return g[..., None] if 0 < g.ndim < gradient.ndim else g


def _compiled(f: Tensor, call: Call) -> Tensor:
    names, numbers, tensor_names, tensors = [], [], [], []
    for name, value in call.given.items():
        if isinstance(value, Tensor):
            tensor_names.append(name)
            tensors.append(value)
        elif value is not None:
            names.append(name)
            numbers.append(float(value))
    how = call.reduction
    text = how.denominator if isinstance(how.denominator, str) else ""
    number = 1.0 if isinstance(how.denominator, str) else how.denominator
    found, _ = fused(
        call.loss.key, f, call.target, call.weight, how.kind, text, number, how.empty, call.check,
        torch.is_grad_enabled() and f.requires_grad, ",".join(names), numbers, ",".join(tensor_names), tensors,
    )  # fmt: skip
    return cast(Tensor, found)


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
) -> tuple[Tensor, Tensor]:
    """``Fused`` as the compiler sees it: cost and gradient."""
    given = numbered(names, numbers)
    given |= {n: kernels.array(v) for n, v in zip(words(tensor_names), tensors, strict=True)}
    found, slope = kernels.cost(
        record_of(key), target, f, weight, reduction, denominator or number, empty, check, gradient, given
    )
    return found, f.new_empty(0) if slope is None else slope


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
    rowwise = not hasattr(record_of(key), "majorizer")
    shape = () if reduction != "none" else f.shape[:-1] if rowwise else f.shape
    return f.new_empty(shape), f.new_empty(f.shape if gradient else (0,))


def _setup(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(output[1])
    # An empty list counts as one of tensors, and must have its like among the gradients.
    ctx.numbers = None if inputs[-3] else []
    ctx.count = len(inputs[-1])


def _backward(ctx: Any, g: Tensor, _: Tensor | None) -> tuple:
    (gradient,) = ctx.saved_tensors
    return (None, gradient * _over_scores(g, gradient), *[None] * 9, ctx.numbers, None, [None] * ctx.count)


fused.register_autograd(_backward, setup_context=_setup)
