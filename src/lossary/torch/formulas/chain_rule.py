"""A formula of a row as one operation of torch's, whose derivatives are formulas too.

torch would look into the formula, and where one arm of a ``where`` has no slope, or a factor of zero meets an infinite
one, would find NaN, or the slope of the wrong arm: at a target weight of zero, say.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, wraps
from typing import Any

import torch
from torch import Tensor

from lossary.backends.trace import derivative, function, trace
from lossary.formula import Formula
from lossary.rowwise import arguments
from lossary.torch.formulas.operations import bound
from lossary.torch.formulas.products import product


@cache
def differentiable(formula: Formula, double: bool = True) -> Formula:
    """A formula on torch operations, of tensors, that torch differentiates as often as asked by its own derivatives."""

    @wraps(formula)
    def apply(*numbers: Tensor) -> Any:
        if not numbers:
            return bound(formula, double)()
        return _Formula.apply(formula, double, *numbers)

    return apply


@cache
def _slope(formula: Formula, name: str) -> Formula | None:
    """The derivative by an argument of this name; None where the formula does not depend on it."""
    names = arguments(formula)
    slope = derivative(trace(formula, names), name)
    if slope.operation == "literal" and slope.leaf == 0.0:
        return None
    return function(slope, names, label=f"{formula.__name__} by {name}")


class _Formula(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(formula: Formula, double: bool, *numbers: Tensor) -> Tensor:
        result = bound(formula, double)(*numbers)
        if isinstance(result, Tensor):
            # One of its own: an argument that comes back as it is would be its own derivative twice.
            return result.clone() if any(result is each for each in numbers) else result
        return torch.full((), result, dtype=numbers[0].dtype, device=numbers[0].device)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        ctx.formula, ctx.double, *numbers = inputs
        ctx.shape = output.shape
        ctx.save_for_backward(*numbers)
        ctx.save_for_forward(*numbers)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple:
        gradients = [
            None if slope is None else product(g, slope).sum_to_size(number.shape)
            for number, slope in zip(ctx.saved_tensors, _slopes(ctx, ctx.needs_input_grad[2:]), strict=True)
        ]
        return None, None, *gradients

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        moving = tangents[2:]
        total = ctx.saved_tensors[0].new_zeros(ctx.shape)
        for tangent, slope in zip(moving, _slopes(ctx, [each is not None for each in moving]), strict=True):
            if slope is not None:
                total = total + product(tangent, slope)
        return total


def _slopes(ctx: Any, wanted: Sequence[bool]) -> list[Tensor | None]:
    """The derivatives by the arguments that are wanted; None for those, too, on which the formula does not depend."""
    numbers = ctx.saved_tensors
    slopes: list[Tensor | None] = []
    for name, each in zip(arguments(ctx.formula), wanted, strict=True):
        slope = _slope(ctx.formula, name) if each else None
        slopes.append(None if slope is None else differentiable(slope, ctx.double)(*numbers))
    return slopes
