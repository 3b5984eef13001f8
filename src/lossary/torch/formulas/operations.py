"""The primitives on torch operations, and formulas bound to them.

What is computed of float32 predictions is computed in float32 where the accuracy rule holds with that, as in the
compiled kernels: torch's functions are good to an ulp or two. Everything else is computed in the widest arithmetic that
the device has, and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossary import primitives
from lossary.formula import Formula, bind


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


def _importing(formula: Formula) -> Formula:
    """The formula, in whose midst torch may import: at a process's first comparison it does, by the caller's names."""
    formula.__globals__["__builtins__"] = {"__import__": __import__}
    return formula


@lru_cache(maxsize=2)
def table(double: bool = True) -> dict[str, object]:
    """The primitives in float64 arithmetic, or in float32."""
    base = {
        **BASE,
        "where": _where_of(torch.float64 if double else torch.float32),
        "product_error": _product_error_of(134217729.0 if double else 4097.0),
    }
    return primitives.table(base, _importing, None if double else _single)


@cache
def bound(formula: Formula, double: bool = True) -> Formula:
    """A formula on torch operations."""
    return _importing(bind(formula, table(double), None if double else _single))


def constant(number: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A number as a tensor, which a parameter or an option of a formula may be; beyond a float infinite."""
    return torch.full((), number if dtype is torch.float64 else _single(number), dtype=dtype, device=device)


def widest(device: torch.device) -> torch.dtype:
    """The widest arithmetic that a device has."""
    return torch.float32 if device.type == "mps" else torch.float64


def arithmetic(wide: bool, f: Tensor, others: Sequence[Tensor]) -> torch.dtype:
    """The arithmetic for predictions ``f`` of a loss that needs float64 if ``wide``.

    A target or a parameter of float64 says that float32 would not do for it, or that nobody knows.
    """
    single = f.dtype is torch.float32 and not wide and all(each.dtype is torch.float32 for each in others)
    return torch.float32 if single else widest(f.device)
