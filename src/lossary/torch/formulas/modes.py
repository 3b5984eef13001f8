"""Whether a tensor's memory may be read: not while something traces, fakes or transforms what is done to it.

What is read then is a constant of the trace, or no memory at all. Operators registered with torch go in its place.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import forward_ad

_OWN_MEMORY = Tensor.__torch_dispatch__  # of a class that leaves all to torch


def traced() -> bool:
    """Whether a compiler, ``jit.trace``, or a mode such as ``FakeTensorMode`` or that of ``make_fx`` looks on."""
    return (
        torch.compiler.is_compiling()
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._get_tracing_state() is not None
    )


def by_operators(*tensors: Tensor | None) -> bool:
    """Whether a call on these is for registered operators: it is traced, or one of them has no memory of its own."""
    return traced() or any(
        each is not None and (each.is_meta or type(each).__torch_dispatch__ is not _OWN_MEMORY) for each in tensors
    )


def as_operator(*tensors: Tensor | None) -> bool:
    """Whether the operator is to be called at once; ``torch.func`` first takes its transforms off the tensors."""
    if torch.compiler.is_compiling():
        return True
    return by_operators(*tensors) and not torch._C._are_functorch_transforms_active()


def transformed() -> bool:
    """Whether ``torch.func`` or forward-mode differentiation is at work, for which a tensor's memory is not all."""
    active: bool = torch._C._are_functorch_transforms_active()
    return active or torch.autograd.forward_ad._current_level >= 0


def plain_mode() -> bool:
    """Whether nothing looks on and nothing is at work: neither ``traced`` nor ``transformed``, asked for at once."""
    return not (
        torch.compiler.is_compiling()
        or _dispatch_modes()
        or _transforms_active()
        or forward_ad._current_level >= 0
        or _tracing_state() is not None
    )


_dispatch_modes: Callable[[], int] = torch._C._len_torch_dispatch_stack
_transforms_active: Callable[[], bool] = torch._C._are_functorch_transforms_active
_tracing_state: Callable[[], object] = torch._C._get_tracing_state

wrapped: Callable[[Tensor], bool] = torch._C._functorch.is_functorch_wrapped_tensor
"""Whether ``torch.func`` has put a layer around a tensor, which may outlive its transform."""


def many(gradient: Tensor) -> bool:
    """Whether this gradient stands for many at once: ``is_grads_batched``, or ``torch.vmap`` over a backward pass."""
    return transformed() or torch._C._functorch.is_legacy_batchedtensor(gradient)


def unseen(*tensors: Tensor | None) -> bool:
    """Whether no number of these can be looked at."""
    return transformed() or by_operators(*tensors)
