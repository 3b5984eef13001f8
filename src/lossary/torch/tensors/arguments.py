"""What a torch user passes, made ready: dtypes, shapes, weights, parameters that may be tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.parameters import any_needs_double, checked
from lossary.evaluate.arrays.refusals import DomainError
from lossary.torch.formulas.modes import unseen
from lossary.torch.formulas.operations import constant, widest
from lossary.torch.formulas.records import Record, needs_float64
from lossary.torch.tensors import kernels

HALF = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Dtypes:
    """The dtype computed in, and that of the result."""

    compute: torch.dtype
    result: torch.dtype


def dtypes(input: Tensor, target: Tensor) -> Dtypes:
    """The dtypes for these arguments: half precision is computed in float32, and stays so under autocast."""
    for name, each in (("input", input), ("target", target)):
        if not isinstance(each, Tensor):
            raise TypeError(f"{name} must be a tensor, not {type(each).__name__}")
        if each.is_complex():
            raise TypeError(f"{name} must hold real numbers, but has dtype {each.dtype}")
    if not input.is_floating_point():
        raise TypeError(f"input must hold floating-point numbers, but has dtype {input.dtype}")
    wide = torch.promote_types(input.dtype, target.dtype) if target.is_floating_point() else input.dtype
    compute = torch.float32 if wide in HALF else wide
    if compute not in kernels.KERNEL_DTYPES:
        raise TypeError(f"input must be float16, bfloat16, float32 or float64, not {wide}")
    cast = wide in HALF and torch.is_autocast_enabled(input.device.type)
    return Dtypes(compute, compute if cast else wide)


def halves(*tensors: Tensor) -> tuple[str, ...]:
    """The names of the dtypes of half precision in which numbers came that are computed in a wider one; "" for others.

    Probabilities of half precision sum to one less nearly than the same numbers would in the wider dtype.
    """
    return tuple(
        "float16" if each.dtype == torch.float16 else "bfloat16" if each.dtype == torch.bfloat16 else ""
        for each in tensors
    )


def for_kernels(target: Tensor, weight: Tensor | None, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
    """Targets and weights as the kernels take them: of half precision, and weights of whole numbers, in this dtype."""
    y = target.to(dtype) if target.dtype in HALF else target
    return y, weight if weight is None or weight.dtype in kernels.KERNEL_DTYPES else weight.to(dtype)


def differentiated(*values: object) -> bool:
    """Whether a gradient by any of these may be asked for."""
    return torch.is_grad_enabled() and any(isinstance(v, Tensor) and v.requires_grad for v in values)


def same_shape(name: str, input: Tensor, target: Tensor, broadcast: bool) -> tuple[Tensor, Tensor]:
    """Input and target of one shape: torch's silent stretching of (n, 1) against (n,) happens only if asked for."""
    if input.shape == target.shape:
        return input, target
    if not broadcast:
        raise ShapeError(
            f"{name}: target has shape {tuple(target.shape)} but input has shape {tuple(input.shape)}; they must be "
            "equal: reshape one, or pass broadcast=True to stretch them"
        )
    try:
        stretched = torch.broadcast_tensors(input, target)
    except RuntimeError:
        raise ShapeError(
            f"{name}: target of shape {tuple(target.shape)} and input of shape {tuple(input.shape)} cannot be broadcast"
        ) from None
    return stretched[0], stretched[1]


def weights(name: str, weight: Tensor | None, shape: torch.Size, what: str = "weight") -> Tensor | None:
    """Weights of the losses, stretched to their shape as torch does."""
    if weight is None:
        return None
    if not isinstance(weight, Tensor):
        raise TypeError(f"{name}: {what} must be a tensor, not {type(weight).__name__}")
    try:
        return weight.expand(shape)
    except RuntimeError:
        raise ShapeError(
            f"{name}: {what} of shape {tuple(weight.shape)} cannot be stretched to {tuple(shape)}"
        ) from None


def nonnegative(name: str, numbers: Tensor) -> None:
    """Refuse what is no weight."""
    wrong = ~(torch.isfinite(numbers) & (numbers >= 0.0))
    if bool(wrong.any()):
        at = tuple(wrong.nonzero()[0].tolist())
        place = f"{name}[{', '.join(map(str, at))}]" if at else name
        raise DomainError(f"{name} must be finite and not negative, but {place} is {float(numbers[at]):g}")


def parameters(record: Record, given: Mapping[str, Any], check: bool) -> dict[str, Any]:
    """Every parameter of the loss: numbers checked, tensors as they are (checked if they can be looked at)."""
    numbers = {name: value for name, value in given.items() if not isinstance(value, Tensor)}
    every: dict[str, Any] = {p.name: p.default for p in record.parameters}
    every |= checked(record, {**numbers, **{n: 1.0 for n in given if n not in every}})
    for name, value in given.items():
        if isinstance(value, Tensor):
            if check and not unseen(value) and kernels.takes(value):
                checked(record, {name: value.item() if value.ndim == 0 else kernels.array(value.double())})
            every[name] = value
    return every


def single(record: Record, parameters: Mapping[str, Any], dtype: torch.dtype) -> bool:
    """Whether the accuracy rule holds with float32 arithmetic: not where parameters are beyond it, or not known."""
    if dtype is not torch.float32 or needs_float64(record) or any(isinstance(v, Tensor) for v in parameters.values()):
        return False
    return not any_needs_double(record.parameters, parameters)


def as_tensors(record: Record, parameters: Mapping[str, Any], shape: torch.Size, like: Tensor) -> list[Tensor]:
    """Parameters as tensors: one number each, or one a loss.

    Those of float32 say that float32 arithmetic will do. Kernels decide for themselves, and take doubles.
    """
    wide = widest(like.device)
    dtype = torch.float32 if not kernels.takes(like) and single(record, parameters, like.dtype) else wide
    tensors = []
    for value in parameters.values():
        if isinstance(value, Tensor):
            tensors.append((value if value.ndim == 0 else value.expand(shape)).to(wide))
        else:
            tensors.append(constant(value, dtype, like.device))
    return tensors


def as_numbers(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the kernels take them: numbers, or arrays of one value an example."""
    return {
        name: value if not isinstance(value, Tensor) else value.item() if value.ndim == 0 else kernels.array(value)
        for name, value in parameters.items()
    }
