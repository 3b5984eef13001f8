"""The formulas of the losses on torch operations: for tensors and derivatives that no compiled kernel takes.

Arithmetic is that of float64 wherever the device has it, rounded once at the end, as in the NumPy back end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossary import discovery, primitives
from lossary.backends.trace import derivative, function, trace
from lossary.formula import Formula, Loss, bind
from lossary.rowwise import RowLoss

Record = Loss | RowLoss

# Which loss an operator means: the compiler can only be handed its name.
_known: dict[str, Record] = {}
_numbers = count(1)


@dataclass(frozen=True, eq=False)
class Handle:
    """A loss, and the name by which the operators know it."""

    record: Record
    key: str


@cache
def handle(record: Record) -> Handle:
    """A loss with its name in the catalogue, a user's loss with a fresh one. To be made before a compiler looks on."""
    name = record.name
    own = name in discovery.names() and discovery.record(name) is record
    made = Handle(record, name if own else f"{name}#{next(_numbers)}")
    _known[made.key] = record
    return made


def record_of(key: str) -> Record:
    """The loss of this name; in a process that only loads a compiled graph, those of the catalogue."""
    return _known[key] if key in _known else discovery.record(key)


# The primitives.


def _where_of(dtype: torch.dtype) -> Formula:
    """The choice between two numbers; of two constants, in this dtype, which torch could not guess."""

    def where(condition: Tensor | bool, a: Any, b: Any) -> Any:
        if not isinstance(condition, Tensor):  # a question about constants
            return a if condition else b
        if not isinstance(a, Tensor) and not isinstance(b, Tensor):
            a = torch.full((), a, dtype=dtype, device=condition.device)
        return torch.where(condition, a, b)

    return where


def _minimum(a: Any, b: Any) -> Tensor:
    if not isinstance(b, Tensor):
        return torch.clamp(a, max=b)
    return torch.minimum(a, b) if isinstance(a, Tensor) else torch.clamp(b, max=a)


def _maximum(a: Any, b: Any) -> Tensor:
    if not isinstance(b, Tensor):
        return torch.clamp(a, min=b)
    return torch.maximum(a, b) if isinstance(a, Tensor) else torch.clamp(b, min=a)


def _on_tensors(operation: Callable[[Tensor], Tensor]) -> Callable[[Any], Any]:
    """The operation, which constants of a formula may also be put through."""

    def apply(x: Any) -> Any:
        return operation(x) if isinstance(x, Tensor) else operation(torch.tensor(x, dtype=torch.float64)).item()

    return apply


BASE: dict[str, object] = {
    "absolute": _on_tensors(torch.abs),
    "minimum": _minimum,
    "maximum": _maximum,
    # torch.sign makes a NaN 0.
    "sign": _on_tensors(lambda x: torch.where(torch.isnan(x), x, torch.sign(x))),
    "sqrt": _on_tensors(torch.sqrt),
    "exp": _on_tensors(torch.exp),
    "exp_nonpositive": _on_tensors(torch.exp),
    "expm1": _on_tensors(torch.expm1),
    "log": _on_tensors(torch.log),
    "log1p": _on_tensors(torch.log1p),
    "log1p_unit": _on_tensors(torch.log1p),
    "power": torch.pow,
}


def _single(number: float) -> float:
    """A constant within the range of a float, or infinite: torch refuses to compare a float with a larger one."""
    with np.errstate(over="ignore"):
        return float(np.float32(number))


def _product_error_of(splitter: float) -> Formula:
    """The rounding error of a product by Dekker's algorithm, for the precision that this splits."""

    def halves(a: Any) -> tuple[Any, Any]:
        c = a * splitter
        high = c - (c - a)
        return high, a - high

    def product_error(a: Any, b: Any) -> Any:
        (ah, al), (bh, bl) = halves(a), halves(b)
        return ((ah * bh - a * b) + ah * bl + al * bh) + al * bl

    return product_error


@lru_cache(maxsize=2)
def table(double: bool = True) -> dict[str, object]:
    """The primitives in float64 arithmetic, or in float32 for a device that has no other."""
    base = {
        **BASE,
        "where": _where_of(torch.float64 if double else torch.float32),
        "product_error": _product_error_of(134217729.0 if double else 4097.0),
    }
    return primitives.table(base, literal=None if double else _single)


@cache
def bound(formula: Formula, double: bool = True) -> Formula:
    """A formula on torch operations."""
    return bind(formula, table(double), None if double else _single)


def arithmetic(device: torch.device) -> torch.dtype:
    """The dtype in which a device computes formulas."""
    return torch.float32 if device.type == "mps" else torch.float64


# The derivatives.

QUANTITIES = ("value", "grad", "hess")


def names(loss: Loss) -> tuple[str, ...]:
    """What a pointwise formula may be differentiated by."""
    return ("y", "f", *(p.name for p in loss.parameters))


@cache
def partial(loss: Loss, along: str) -> Formula:
    """The derivative of a loss by the variables in ``along``, joined by commas.

    By the prediction once and twice it is the loss's own formula. Others are derived from it: by target, by
    parameters, and all of higher order.
    """
    wanted = [name for name in along.split(",") if name]
    by_prediction = min(wanted.count("f"), len(QUANTITIES) - 1)
    for _ in range(by_prediction):
        wanted.remove("f")
    own = loss.quantity(QUANTITIES[by_prediction])
    if not wanted:
        return own
    variables = names(loss)
    expression = trace(own, variables)
    for name in wanted:
        expression = derivative(expression, name)
    return function(expression, variables, label=f"{loss.name} by {along}")


def joined(along: str, name: str) -> str:
    """One derivative more; the order in which they are taken does not matter."""
    return ",".join(sorted([*(each for each in along.split(",") if each), name]))


def pointwise(loss: Loss, along: str, y: Tensor, f: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """A derivative of a loss (itself for ``along=""``) for every example, in the dtype of ``f``."""
    dtype = arithmetic(f.device)
    formula = partial(loss, along)
    wide = f.to(dtype)
    result = bound(formula, dtype is torch.float64)(y.to(dtype), wide, *(p.to(f.device, dtype) for p in parameters))
    if not isinstance(result, Tensor):
        result = torch.full_like(wide, result)
    guarded: Tensor = torch.where(torch.isnan(wide), math.nan, result)
    return guarded.to(f.dtype)
