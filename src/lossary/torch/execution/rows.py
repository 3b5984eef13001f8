"""A rowwise loss on every row, differentiable by scores, target weights and parameters, as often as asked.

What ``elementwise`` is to pointwise losses. The gradient by the scores and its Hessian products are the loss's own
formulas; derivatives by target weights and parameters follow the chain rule from formula to formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from lossary.evaluate.rows.function import RowLossFunction
from lossary.rowwise import RowLoss
from lossary.torch.formulas.modes import as_operator, by_operators
from lossary.torch.formulas.operations import arithmetic
from lossary.torch.formulas.products import product
from lossary.torch.formulas.records import needs_float64, record_of
from lossary.torch.formulas.rows import Rows
from lossary.torch.tensors import kernels


def value(key: str, f: Tensor, t: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """The loss of every row: ``f`` is (n, k), ``t`` (n, classes), a parameter one number or (n,); the result (n,)."""
    if as_operator(f, t, *parameters):
        return cast(Tensor, row_quantity(key, "value", f, t, list(parameters)))
    return cast(Tensor, RowQuantity.apply(key, "value", f, t, *parameters))


def _computed(key: str, quantity: str, f: Tensor, t: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """The "value" (n,) or "grad" (n, k): by a kernel where there is one, else by torch operations."""
    loss = cast(RowLoss, record_of(key))
    with torch.no_grad():
        numbers = all(p.ndim == 0 for p in parameters)
        if numbers and f.dtype in kernels.KERNEL_DTYPES and kernels.takes(f, t, *parameters):
            values = {p.name: v.item() for p, v in zip(loss.parameters, parameters, strict=True)}
            public = cast(RowLossFunction, kernels.public(loss))
            a, b = kernels.array(t), kernels.array(f)
            if quantity == "value":
                return torch.as_tensor(public(a, b, check=False, **values), device="cpu").to(f.dtype)
            # The kernel of the cost, which is compiled already: a gradient of a gradient comes after one.
            _, slope = public.cost_and_gradient(a, b, None, None, "sum", check=False, **values)
            return torch.as_tensor(slope, device="cpu").to(f.dtype)
        dtype = arithmetic(needs_float64(loss), f, parameters)
        rows = Rows.of(loss, f.detach(), t.detach(), [p.detach() for p in parameters], dtype)
        return rows.value() if quantity == "value" else rows.gradient()


def _on_operations(key: str, quantity: str, f: Tensor) -> Callable[..., Tensor]:
    """The quantity as a function of target weights and parameters."""
    loss = cast(RowLoss, record_of(key))

    def run(t: Tensor, *parameters: Tensor) -> Tensor:
        rows = Rows.of(loss, f, t, parameters, differentiated=True)
        return rows.value() if quantity == "value" else rows.gradient()

    return run


def _by_scores(derive: Callable[..., Tensor], ctx: Any, g: Tensor) -> Tensor:
    """The product of ``g`` with the derivative by the scores: it is symmetric where it is a Hessian."""
    f, t, *parameters = ctx.saved_tensors
    if ctx.quantity == "value":
        return product(g[:, None], derive(ctx.key, "grad", f, t, parameters))
    further = torch.is_grad_enabled()
    return Rows.of(cast(RowLoss, record_of(ctx.key)), f, t, parameters, differentiated=further).hessian_product(g)


def _by_others(key: str, quantity: str, f: Tensor, t: Tensor, parameters: Sequence[Tensor], g: Tensor) -> list[Tensor]:
    """The gradients by target weights and parameters."""
    _, backward = torch.func.vjp(_on_operations(key, quantity, f), t, *parameters)
    return list(backward(g))


def _eager(key: str, quantity: str, f: Tensor, t: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    return cast(Tensor, RowQuantity.apply(key, quantity, f, t, *parameters))


class RowQuantity(torch.autograd.Function):
    """A rowwise loss's value or gradient for eager mode, in every way of differentiating that torch has."""

    @staticmethod
    def forward(key: str, quantity: str, f: Tensor, t: Tensor, *parameters: Tensor) -> Tensor:
        if by_operators(f, t, *parameters):
            return cast(Tensor, row_quantity(key, quantity, f, t, list(parameters)))
        return _computed(key, quantity, f, t, parameters)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        ctx.key, ctx.quantity, *tensors = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple:
        f, t, *parameters = ctx.saved_tensors
        by_scores = _by_scores(_eager, ctx, g) if ctx.needs_input_grad[2] else None
        others: list[Tensor | None] = [None] * (1 + len(parameters))
        if any(ctx.needs_input_grad[3:]):
            others[:] = _by_others(ctx.key, ctx.quantity, f, t, parameters, g)
        return None, None, by_scores, *others

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        f, t, *parameters = ctx.saved_tensors
        by_scores, *rest = tangents[2:]
        shape = f.shape[:1] if ctx.quantity == "value" else f.shape
        total = torch.zeros(shape, dtype=f.dtype, device=f.device)
        if by_scores is not None:
            along = _by_scores(_eager, ctx, by_scores) if ctx.quantity == "grad" else None
            total = total + (_dot(ctx, by_scores) if along is None else along)
        if any(each is not None for each in rest):
            inputs = (t, *parameters)
            filled = tuple(torch.zeros_like(i) if d is None else d for i, d in zip(inputs, rest, strict=True))
            total = total + _pushed(_on_operations(ctx.key, ctx.quantity, f), inputs, filled)
        return total

    @staticmethod
    def vmap(info: Any, in_dims: tuple, key: str, quantity: str, *tensors: Tensor) -> tuple[Tensor, int]:
        size = info.batch_size
        f, t, *parameters = _folded(size, in_dims[2:], tensors)
        return _unfolded(size, _eager(key, quantity, f, t, parameters)), 0


def _pushed(run: Callable[..., Tensor], inputs: tuple[Tensor, ...], tangents: tuple[Tensor, ...]) -> Tensor:
    """The derivative along tangents: forward mode does not nest, so by the reverse mode of reverse mode."""
    result, backward = torch.func.vjp(run, *inputs)
    _, forward = torch.func.vjp(backward, torch.zeros_like(result))
    return cast(Tensor, forward(tangents)[0])


def _dot(ctx: Any, direction: Tensor) -> Tensor:
    f, t, *parameters = ctx.saved_tensors
    return product(direction, _eager(ctx.key, "grad", f, t, parameters)).sum(dim=1)


def _folded(size: int, in_dims: Sequence[int | None], tensors: Sequence[Tensor]) -> list[Tensor]:
    """A batch of batches of rows as one batch of rows."""
    n = tensors[0].shape[0 if in_dims[0] is None or in_dims[0] > 0 else 1]
    folded = []
    for i, (x, d) in enumerate(zip(tensors, in_dims, strict=True)):
        if i > 1 and d is None and x.ndim == 0:
            folded.append(x)
            continue
        front = x.expand(size, *x.shape) if d is None else x.movedim(d, 0)
        if i > 1 and front.ndim == 1:
            front = front[:, None].expand(size, n)
        folded.append(front.reshape(size * n, *front.shape[2:]))
    return folded


def _unfolded(size: int, folded: Tensor) -> Tensor:
    return folded.reshape(size, folded.shape[0] // size, *folded.shape[1:])


@torch.library.custom_op("lossary::row_quantity", mutates_args=())
def row_quantity(key: str, quantity: str, f: Tensor, t: Tensor, parameters: list[Tensor]) -> Tensor:
    """``value``, or the gradient by the scores, as the compiler sees it: opaque, with known shape and derivative."""
    return _computed(key, quantity, f, t, parameters)


@row_quantity.register_fake
def _(key: str, quantity: str, f: Tensor, t: Tensor, parameters: list[Tensor]) -> Tensor:
    return f.new_empty(f.shape[:1] if quantity == "value" else f.shape)


@torch.library.custom_op("lossary::row_others", mutates_args=())
def row_others(key: str, quantity: str, f: Tensor, t: Tensor, parameters: list[Tensor], g: Tensor) -> list[Tensor]:
    """The gradients by target weights and parameters, for the compiler."""
    return [each.clone() for each in _by_others(key, quantity, f, t, parameters, g)]


@row_others.register_fake
def _(key: str, quantity: str, f: Tensor, t: Tensor, parameters: list[Tensor], g: Tensor) -> list[Tensor]:
    return [torch.empty_like(each) for each in (t, *parameters)]


@torch.library.custom_op("lossary::row_product", mutates_args=())
def row_product(key: str, f: Tensor, t: Tensor, parameters: list[Tensor], direction: Tensor) -> Tensor:
    """The Hessian of every row times a direction, for the compiler."""
    return Rows.of(cast(RowLoss, record_of(key)), f, t, parameters).hessian_product(direction)


@row_product.register_fake
def _(key: str, f: Tensor, t: Tensor, parameters: list[Tensor], direction: Tensor) -> Tensor:
    return f.new_empty(f.shape)


def _setup(ctx: Any, inputs: tuple, output: Tensor) -> None:
    ctx.key, ctx.quantity, f, t, parameters = inputs
    ctx.save_for_backward(f, t, *parameters)


def _backward(ctx: Any, g: Tensor) -> tuple:
    f, t, *parameters = ctx.saved_tensors
    by_scores = None
    if ctx.needs_input_grad[2]:
        if ctx.quantity == "value":
            by_scores = product(g[:, None], row_quantity(ctx.key, "grad", f, t, parameters))
        else:
            by_scores = row_product(ctx.key, f, t, parameters, g)
    needed = ctx.needs_input_grad[4]
    by_parameters = any(needed) if isinstance(needed, list | tuple) else bool(needed)
    if not (ctx.needs_input_grad[3] or by_parameters):
        return None, None, by_scores, None, [None] * len(parameters)
    by_target, *others = row_others(ctx.key, ctx.quantity, f, t, parameters, g)
    return None, None, by_scores, by_target, others


row_quantity.register_autograd(_backward, setup_context=_setup)


@row_quantity.register_vmap
def _(
    info: Any, in_dims: tuple, key: str, quantity: str, f: Tensor, t: Tensor, parameters: list[Tensor]
) -> tuple[Tensor, int]:
    dims = [*in_dims[2:4], *(in_dims[4] if isinstance(in_dims[4], list | tuple) else [None] * len(parameters))]
    a, b, *more = _folded(info.batch_size, dims, [f, t, *parameters])
    return _unfolded(info.batch_size, cast(Tensor, row_quantity(key, quantity, a, b, more))), 0
