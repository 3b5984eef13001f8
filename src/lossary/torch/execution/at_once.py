"""Small usual calls: the addresses of two tensors to the kernel's entry, before there is a node of the graph.

A step on a thousand numbers is all overhead. Between two steps of torch the processor forgets what was here, and every
call of Python takes half a microsecond. So tensors become no arrays: here alone their addresses leave, and only after
all has been looked at that a kernel relies on.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor

from lossary.backends.cpu.entries.late import LARGEST, mean_of
from lossary.evaluate.pointwise.direct import MEAN_AND_GRADIENT, MEAN_ONLY, SUM_AND_GRADIENT, SUM_ONLY, Direct, Way
from lossary.evaluate.rows.direct import RowDirect
from lossary.evaluate.rows.direct import Way as RowWay
from lossary.torch.execution.fast_path import Call, room, usual
from lossary.torch.formulas import once_more
from lossary.torch.formulas.modes import many

_strided, _float, _double, _index = torch.strided, torch.float32, torch.float64, torch.int64
_scalar, _empty_like, _grad_enabled = torch.scalar_tensor, torch.empty_like, torch.is_grad_enabled
_dot, _mul, _as_float, _as_double = torch.dot, torch.mul, ctypes.c_float.from_address, ctypes.c_double.from_address

VALUE_ONLY, VALUE_AND_GRADIENT = ("value",), ("value", "grad")

FEW = 4096
"""Numbers of a gradient below which to multiply it takes less than to find out whether by one."""


class Small:
    """What answers small calls of one loss with its parameters, and the ways into kernels that were taken before.

    ``call`` makes of targets, and whether the cost is a mean (None: whether there is none), the call as whoever looks
    at everything takes it.
    """

    __slots__ = ("call", "direct", "given_up", "rows", "ways")

    def __init__(self, direct: Direct | RowDirect, call: Callable[[Tensor, bool | None], Call]) -> None:
        self.direct, self.call = direct, call
        self.rows = isinstance(direct, RowDirect)
        self.given_up = False
        """Whether its caller has seen that such calls are not usual."""
        self.ways: dict[tuple[object, ...], Way | RowWay] = {}


def at_once(input: Tensor, target: Tensor, mean: bool, small: Small) -> Tensor | None:
    """The cost of small tensors, if there is nothing to be looked at; else None.

    To be asked only if they are ``undisturbed``.
    """
    dtype, shape = input.dtype, input.shape
    # In one expression, without functions of ours: it is a third of what is here.
    if small.rows:
        examples = shape[0] if len(shape) == 2 else 0
        alike = examples and (
            target.ndim == 1 and target.numel() == examples
            if target.dtype is _index
            else target.dtype is dtype and target.shape == shape
        )
    else:
        examples = input.numel()
        alike = target.dtype is dtype and target.shape == shape and shape
    if not (
        alike
        and (dtype is _float or dtype is _double)
        and input.is_cpu
        and target.is_cpu
        and input.layout is _strided
        and target.layout is _strided
        and input.is_contiguous()
        and target.is_contiguous()
        and not (input.is_neg() or target.is_neg() or target.requires_grad)
        and (at_y := target.data_ptr())
        and (at_f := input.data_ptr())
    ):
        return None
    if not (input.requires_grad and _grad_enabled()):
        asked: tuple[str, ...] = MEAN_ONLY if mean else SUM_ONLY
        key: tuple[Any, ...] = (asked, dtype, target.dtype, shape[1]) if small.rows else (asked, dtype)
        way = small.ways.get(key) or _new_way(small, key, input, target)
        total = way and way.at(at_y, at_f, examples)
        if total.__class__ is not float:
            total = mean_of(total, examples if mean else 1) if total else _cost_of_arrays(input, target, small, mean)
        return None if total is None else _scalar(total, dtype=dtype, device="cpu")
    size = input.numel()
    if size >= LARGEST:
        return None
    asked = MEAN_AND_GRADIENT if mean else SUM_AND_GRADIENT
    key = (asked, dtype, target.dtype, shape[1]) if small.rows else (asked, dtype)
    way = small.ways.get(key) or _new_way(small, key, input, target)
    slope = _empty_like(input) if size < FEW else room(input)
    total = way and way.at(at_y, at_f, slope.data_ptr(), examples)
    if total.__class__ is not float:
        total = mean_of(total, examples if mean else 1) if total else _by_arrays(input, target, small, mean, slope)
    if total is None:
        return None
    if len(shape) == 1 and size < FEW:
        return _as_product(input, total, slope, small, target, mean)
    return cast(Tensor, _apply(input, [total, slope, small, target, mean]))


def each_at_once(input: Tensor, target: Tensor, small: Small) -> Tensor | None:
    """The losses of a pointwise loss one by one, if there is nothing to be looked at; else None."""
    dtype, size = input.dtype, input.numel()
    if size >= LARGEST or not usual(input, target):
        return None
    at_y, at_f = target.data_ptr(), input.data_ptr()
    if not (at_y and at_f):
        return None
    graph = input.requires_grad and _grad_enabled()
    key = VALUE_AND_GRADIENT if graph else VALUE_ONLY, dtype
    way = small.ways.get(key) or _new_way(small, key, input, target)
    if way is None:
        return None
    if not graph:
        losses = room(input)
        return losses if way.at(at_y, at_f, losses.data_ptr(), size) else None
    losses, slope = room(input), room(input)
    if not (
        way.at(at_y, at_f, losses.data_ptr(), slope.data_ptr(), size)
        or small.direct.two(VALUE_AND_GRADIENT, target.numpy(), input.detach().numpy(), (losses.numpy(), slope.numpy()))
    ):
        return None
    if size >= FEW:
        return cast(Tensor, _apply_each(input, [losses, slope, small, target]))
    # Only now: what a node saves may be looked at as it is saved.
    product = _mul(input, slope)
    ctypes.memmove(product.data_ptr(), losses.data_ptr(), size * input.itemsize)
    product.grad_fn.register_hook(
        partial(_gradient_of_gradient, input, target, input._version, target._version, None, small)
    )
    return product


def _new_way(small: Small, key: tuple[Any, ...], input: Tensor, target: Tensor) -> Way | RowWay | None:
    """The kernel for what is asked of such tensors."""
    way = small.direct.way(key[0], target.numpy(), input.detach().numpy())
    if way is not None:
        small.ways[key] = way
    return way


# Where there is no entry, or another thread inside.


def _cost_of_arrays(input: Tensor, target: Tensor, small: Small, mean: bool) -> float | None:
    return small.direct.cost(target.numpy(), input.detach().numpy(), mean)


def _by_arrays(input: Tensor, target: Tensor, small: Small, mean: bool, slope: Tensor) -> float | None:
    """The cost, with its gradient in ``slope``."""
    known = small.direct.cost_and_gradient(target.numpy(), input.detach().numpy(), mean, slope.numpy())
    return None if known is None else known[0]


def _as_product(f: Tensor, cost: float, slope: Tensor, small: Small, target: Tensor, mean: bool) -> Tensor:
    """The cost as a product of predictions with its gradient, of another value: a node that torch has itself.

    Such a node goes backward a microsecond or two faster than one in Python. Only a gradient of the gradient is not
    the product's: a hook gives that.
    """
    product = _dot(f, slope)
    product.grad_fn.register_hook(partial(_gradient_of_gradient, f, target, f._version, target._version, mean, small))
    (_as_float if f.dtype is _float else _as_double)(product.data_ptr()).value = cost
    return product


def _gradient_of_gradient(
    f: Tensor,
    target: Tensor,
    version_of_f: int,
    version_of_target: int,
    mean: bool | None,
    small: Small,
    found: tuple[Tensor | None, ...],
    g: tuple[Tensor, ...],
) -> tuple[Tensor | None, ...] | None:
    """The gradient by torch operations in place of ``found``, if it is to be differentiated itself."""
    if not _grad_enabled() or g[0] is None:
        return None
    if f._version != version_of_f or target._version != version_of_target:
        raise RuntimeError("predictions or targets of a cost have been modified by an inplace operation since")
    call = small.call(target, mean)
    return once_more.gradient(partial(call.again, call), f, g[0]), *found[1:]


class SmallCost(torch.autograd.Function):
    """A cost that is known, with its gradient, before it has a node."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, known: list[Any]) -> Tensor:
        """``known`` are cost, gradient, what computed them, targets, and whether it is a mean."""
        ctx.save_for_backward(f, known.pop(3))
        ctx.known = known  # one attribute, as each takes a while
        return _scalar(known[0], dtype=f.dtype, device="cpu")

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        known = ctx.known
        if many(g):
            f, target = ctx.saved_tensors
            slope = known[2].call(target, known[3])(f, True)[1] if known[1] is None else known[1]
            return slope * g, None
        # Given away: who goes backward twice has it computed again, or torch says that the graph is gone.
        gradient, known[1] = known[1], None
        if gradient is None or _grad_enabled():
            f, target = ctx.saved_tensors
            call = known[2].call(target, known[3])
            if _grad_enabled():  # create_graph=True
                return once_more.gradient(partial(call.again, call), f, g), None
            gradient = call(f, True)[1]
        if gradient.numel() < FEW:
            return gradient * g, None
        if g.item() != 1.0:
            gradient *= g
        return gradient, None


class SmallLosses(torch.autograd.Function):
    """Losses that are known, with their gradients, before they have a node."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, known: list[Any]) -> Tensor:
        """``known`` are losses, gradients, what computed them and targets."""
        losses, *ctx.known = known[0], known[1], known[2]
        ctx.save_for_backward(f, known[3])
        return cast(Tensor, losses)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        f, target = ctx.saved_tensors
        slope, small = ctx.known
        if not _grad_enabled():
            return slope * g, None
        call = small.call(target, None)
        return once_more.gradient(partial(call.again, call), f, g), None


# Past what ``Function.apply`` does for tensors that ``torch.func`` has wrapped, which a usual call has none of.
_apply = super(torch.autograd.Function, SmallCost).apply
_apply_each = super(torch.autograd.Function, SmallLosses).apply
