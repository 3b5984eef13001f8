"""Half precision in losses made of several steps: all of them in float32, and one rounding at the end."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import torch
from torch import Tensor

from lossary.torch.interface.functions import Function
from lossary.torch.tensors.arguments import HALF, dtypes


def rounded_once(function: Function) -> Function:
    """The function, which sees float32 where the tensors that it takes by their place are of half precision."""
    names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]

    @functools.wraps(function)
    def wide(*arguments: Any, **options: Any) -> Tensor:
        data = {**options, **dict(zip(names, arguments, strict=False))}
        # Weights have no say in the dtype of the result.
        given = [data.get(name) for name in names if name != "weight"]
        floating = [x for x in given if isinstance(x, Tensor) and x.is_floating_point()]
        if not any(x.dtype in HALF for x in floating):
            return function(*arguments, **options)
        widest = functools.reduce(lambda a, b: a if torch.promote_types(a.dtype, b.dtype) == a.dtype else b, floating)
        if widest.dtype in HALF and len({x.dtype for x in floating if x.dtype in HALF}) == 2:
            widest = widest.float()  # float16 and bfloat16 have no half precision in common
        result = dtypes(widest, widest).result
        return function(*map(_wide, arguments), **{name: _wide(x) for name, x in options.items()}).to(result)

    return wide


def _wide(value: Any) -> Any:
    return value.float() if isinstance(value, Tensor) and value.dtype in HALF else value
