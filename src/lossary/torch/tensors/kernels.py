"""Tensors in the processor's memory, taken to the compiled kernels without a copy."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from lossary.evaluate import registry
from lossary.evaluate.arrays.precision import Widened
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.formulas.records import Record
from lossary.torch.tensors.reduction import Reduction

KERNEL_DTYPES = (torch.float32, torch.float64)
HOST_NAMES = {
    "y_true": "target",
    "y_pred": "input",
    "sample_weight": "weight",
    "class_weight": "weight",
}
_pointwise = re.compile("y_true|y_pred|sample_weight")
_rowwise = re.compile("y_true|y_pred|class_weight")


@cache
def public(record: Record) -> LossFunction | RowLossFunction:
    """The loss on NumPy arrays."""
    return registry.of_record(record)


@contextlib.contextmanager
def host_names(record: Record) -> Iterator[None]:
    """Errors about ``y_true`` and ``y_pred`` speak of target and input, as torch calls them."""
    try:
        yield
    except (ValueError, TypeError) as error:
        names = _rowwise if isinstance(record, RowLoss) else _pointwise
        message = str(error)
        if not names.search(message):
            raise
        raise type(error)(names.sub(lambda match: HOST_NAMES[match[0]], message)) from None


def array(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory as an array.

    Only a view that stands for other numbers (negated, all zero) is copied, and bfloat16, as float32.
    """
    if tensor.untyped_storage().nbytes() == 0 and tensor.numel() and not tensor._is_zerotensor():
        raise ValueError("a tensor whose memory was given back, by resize_(0) of its storage, cannot be read")
    if tensor.dtype == torch.bfloat16:  # NumPy has none
        tensor = tensor.float()
    return cast(np.ndarray, tensor.numpy(force=True))


def rows(tensor: Tensor, origin: str) -> np.ndarray | Widened:
    """Rows of numbers as an array that knows the half precision in which they came, if they did."""
    return Widened(array(tensor), origin) if origin else array(tensor)


def takes(*tensors: Tensor | None) -> bool:
    """Whether the kernels can read these: they lie in the processor's memory, one number beside the other."""
    return all(t is None or (t.device.type == "cpu" and t.layout == torch.strided) for t in tensors)


def quantity(record: Loss, name: str, y: Tensor, f: Tensor, parameters: Sequence[Tensor], check: bool) -> Tensor:
    """One of a loss's own formulas for every example."""
    given: dict[str, Any] = {
        p.name: (v.item() if v.ndim == 0 else array(v)) for p, v in zip(record.parameters, parameters, strict=True)
    }
    loss = cast(LossFunction, public(record))
    with host_names(record):
        found = loss.quantity(name, array(y), array(f), check=check, **given)
    return torch.as_tensor(found, dtype=f.dtype, device="cpu")


@dataclass(eq=False)  # made at every call, and a frozen one takes a microsecond more
class Examples:
    """A loss and the tensors that it is to be computed of; ``options`` are its parameters and options.

    ``halves`` are the dtypes of half precision in which rows of targets and of predictions came, "" for others.
    """

    record: Record
    y: Tensor
    f: Tensor
    weight: Tensor | None
    options: Mapping[str, Any]
    halves: tuple[str, ...] = ("", "")

    @property
    def shape(self) -> torch.Size:
        """The shape of their losses: one an example, or one a row."""
        return self.f.shape[:-1] if isinstance(self.record, RowLoss) else self.f.shape


def cost(examples: Examples, reduction: Reduction, check: bool, gradient: bool) -> tuple[Tensor, Tensor | None]:
    """The cost and, if asked for, its gradient, in one pass over memory."""
    record, given, dtype = examples.record, examples.options, examples.f.dtype
    loss = public(record)
    a, b = rows(examples.y, examples.halves[0]), rows(examples.f, examples.halves[1])
    w = None if examples.weight is None else array(examples.weight)
    kind = reduction.kind
    with host_names(record):
        if kind == "none":
            return _each(loss, a, b, w, check, gradient, given)
        options = {**reduction.on_arrays(examples.shape), "check": check, **given}
        if not gradient:
            return torch.scalar_tensor(loss.cost(a, b, w, None, kind, **options), dtype=dtype, device="cpu"), None
        number, slope = loss.cost_and_gradient(a, b, w, None, kind, **options)
    return torch.scalar_tensor(number, dtype=dtype, device="cpu"), torch.as_tensor(slope, device="cpu")


def _each(
    loss: LossFunction | RowLossFunction,
    y: np.ndarray | Widened,
    f: np.ndarray | Widened,
    w: np.ndarray | None,
    check: bool,
    gradient: bool,
    given: Mapping[str, Any],
) -> tuple[Tensor, Tensor | None]:
    """The losses one by one, times their weights, and their gradients."""
    call = loss.prepared(y, f, given)
    call.weigh(w, None, check)
    quantities = loss.weighted(call, ("value", "grad") if gradient else ("value",), check)
    losses, *slopes = (torch.as_tensor(each, device="cpu") for each in quantities)
    return losses, slopes[0] if slopes else None
