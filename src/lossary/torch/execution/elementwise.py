"""One formula on every example, differentiable by target, prediction and parameters, as often as asked.

``apply`` is what a loss is made of wherever a single pass through a kernel will not do: under ``torch.func``, in
forward mode, for gradients of gradients, for gradients by targets and parameters. The derivative by any of its inputs
is the same operation with that input added to ``along``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from lossary.evaluate.arrays.refusals import inside, refuse
from lossary.formula import Loss
from lossary.torch.formulas.derivatives import QUANTITIES, joined, names, pointwise
from lossary.torch.formulas.modes import as_operator, by_operators
from lossary.torch.formulas.products import product
from lossary.torch.formulas.records import record_of
from lossary.torch.tensors import kernels

_KERNELS = {"": QUANTITIES[0], "f": QUANTITIES[1], "f,f": QUANTITIES[2]}

Apply = Callable[..., Tensor]


def apply(key: str, along: str, check: bool, y: Tensor, f: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """The formula ``along`` of the loss ``key`` for every example.

    ``y`` and ``f`` have one shape; each parameter is one number or has that shape. The result has the dtype of ``f``.
    """
    if as_operator(y, f, *parameters):
        return cast(Tensor, elementwise(key, along, check, y, f, list(parameters)))
    return cast(Tensor, Elementwise.apply(key, along, check, y, f, *parameters))


def computed(key: str, along: str, check: bool, y: Tensor, f: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """The formula's numbers: by a kernel where there is one, else by torch operations."""
    loss = cast(Loss, record_of(key))
    with torch.no_grad():
        if along in _KERNELS and f.dtype in kernels.KERNEL_DTYPES and kernels.takes(y, f, *parameters):
            return kernels.quantity(loss, _KERNELS[along], y, f, parameters, check)
        if check:
            _check(loss, y, f)
        return pointwise(loss, along, y.detach(), f.detach(), [p.detach() for p in parameters])


def _check(loss: Loss, y: Tensor, f: Tensor) -> None:
    """Refuse targets and finite predictions outside their domains, wherever they live."""
    with kernels.host_names(loss):
        a, b = kernels.array(y.cpu()).reshape(-1), kernels.array(f.cpu()).reshape(-1)
        if not inside(loss.target, a).all() or not inside(loss.prediction, b).all():
            refuse(loss, 3, a, b, None, tuple(f.shape), loss.name)


def _shaped_like(gradient: Tensor, variable: Tensor) -> Tensor:
    """A gradient in the shape and dtype of its variable: a parameter of one number collects from all examples."""
    return gradient.sum_to_size(variable.shape).to(variable.dtype)


def _gradients(derive: Apply, ctx: Any, g: Tensor, wanted: Sequence[bool]) -> list[Tensor | None]:
    """The gradients by target, prediction and parameters, of those that are wanted."""
    inputs = ctx.saved_tensors
    variables = names(cast(Loss, record_of(ctx.key)))
    y, f, *parameters = inputs
    gradients: list[Tensor | None] = []
    for name, each, needed in zip(variables, inputs, wanted, strict=True):
        slope = derive(ctx.key, joined(ctx.along, name), False, y, f, parameters) if needed else None
        gradients.append(None if slope is None else _shaped_like(product(g, slope), each))
    return gradients


class Elementwise(torch.autograd.Function):
    """``apply`` for eager mode, in every way of differentiating that torch has."""

    @staticmethod
    def forward(key: str, along: str, check: bool, y: Tensor, f: Tensor, *parameters: Tensor) -> Tensor:
        if by_operators(y, f, *parameters):
            return cast(Tensor, elementwise(key, along, check, y, f, list(parameters)))
        return computed(key, along, check, y, f, parameters)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        ctx.key, ctx.along, _, *tensors = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple:
        return (None, None, None, *_gradients(apply, ctx, g, ctx.needs_input_grad[3:]))

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        y, f, *parameters = ctx.saved_tensors
        variables = names(cast(Loss, record_of(ctx.key)))
        total = torch.zeros_like(f)
        for name, tangent in zip(variables, tangents[3:], strict=True):
            if tangent is not None:
                total = total + product(tangent, apply(ctx.key, joined(ctx.along, name), False, y, f, parameters))
        return total.to(f.dtype)

    @staticmethod
    def vmap(info: Any, in_dims: tuple, key: str, along: str, check: bool, *tensors: Tensor) -> tuple[Tensor, int]:
        y, f, *parameters = _batched(info.batch_size, in_dims[3:], tensors)
        return apply(key, along, check, y, f, parameters), 0


def _batched(size: int, in_dims: Sequence[int | None], tensors: Sequence[Tensor]) -> list[Tensor]:
    """All with the batch as first axis and of one shape; parameters of one number for all stay so."""
    front = [t if d is None else t.movedim(d, 0) for t, d in zip(tensors, in_dims, strict=True)]
    shape = front[1].shape[0 if in_dims[1] is None else 1 :]
    batched = []
    for i, (t, d) in enumerate(zip(front, in_dims, strict=True)):
        if d is None:
            batched.append(t if t.ndim == 0 and i > 1 else t.expand(size, *shape))
        else:
            filled = t.reshape(size, *([1] * len(shape))) if t.ndim == 1 and i > 1 else t
            batched.append(filled.expand(size, *shape))
    return batched


@torch.library.custom_op("lossary::elementwise", mutates_args=())
def elementwise(key: str, along: str, check: bool, y: Tensor, f: Tensor, parameters: list[Tensor]) -> Tensor:
    """``apply`` as the compiler sees it: opaque, with a known shape and derivative."""
    return computed(key, along, check, y, f, parameters)


@elementwise.register_fake
def _(key: str, along: str, check: bool, y: Tensor, f: Tensor, parameters: list[Tensor]) -> Tensor:
    return torch.empty_like(f, memory_format=torch.contiguous_format)


def _setup(ctx: Any, inputs: tuple, output: Tensor) -> None:
    ctx.key, ctx.along, _, y, f, parameters = inputs
    ctx.count = len(parameters)
    ctx.save_for_backward(y, f, *parameters)


def _backward(ctx: Any, g: Tensor) -> tuple:
    wanted = [*ctx.needs_input_grad[3:5], *_flags(ctx.needs_input_grad[5], ctx.count)]
    by_target, by_prediction, *others = _gradients(elementwise, ctx, g, wanted)
    return None, None, None, by_target, by_prediction, others


def _flags(needed: Any, size: int) -> list[bool]:
    return list(needed) if isinstance(needed, list | tuple) else [bool(needed)] * size


elementwise.register_autograd(_backward, setup_context=_setup)


@elementwise.register_vmap
def _(
    info: Any, in_dims: tuple, key: str, along: str, check: bool, y: Tensor, f: Tensor, parameters: list[Tensor]
) -> tuple[Tensor, int]:
    dims = [*in_dims[3:5], *(in_dims[5] if isinstance(in_dims[5], list | tuple) else [None] * len(parameters))]
    a, b, *more = _batched(info.batch_size, dims, [y, f, *parameters])
    return cast(Tensor, elementwise(key, along, check, a, b, more)), 0
