"""From an exact numerator and denominator to a cost."""

from __future__ import annotations

import math

import numpy as np

from lossary.backends.cpu.runtime.total import Total
from lossary.evaluate.arrays.weights import Denominator, Divisor

REDUCTIONS = ("mean", "sum")


def known(reduction: str, denominator: Denominator = "weights") -> None:
    """Raise ValueError for a reduction that is none, or a sum that is to be divided."""
    if reduction not in REDUCTIONS:
        advice = "; call the loss itself for one number an example" if reduction == "none" else ""
        raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}{advice}")
    if reduction == "sum" and denominator != "weights":
        raise ValueError(f"a sum has no denominator, but denominator={denominator!r} was given; use reduction='mean'")


def reduced(label: object, total: Total, divisor: Divisor, reduction: str, empty: float | None) -> float:
    """The sum, or the mean; ``empty`` where nothing counts."""
    if divisor.units == 0:
        if empty is None:
            raise ValueError(
                f"{label}: no example counts (none given, or all masked); pass empty= to give the cost then"
            )
        return float(empty)
    return total.over(divisor.units) if reduction == "mean" else float(total)


def factor(divisor: Divisor, reduction: str) -> float:
    """What each example's gradient is multiplied by, besides its weight."""
    return divisor.reciprocal if reduction == "mean" and divisor.units else 1.0


def rooted(gradient: np.ndarray, cost: float, counting: np.ndarray | None) -> None:
    """Turn the gradient of a mean m into that of its root in place: d sqrt(m) = dm / (2 sqrt(m)).

    Where the root is zero so is every residual, and zero is a subgradient. A root that is not finite has no gradient:
    NaN, but still zero where nothing counts.
    """
    slope = 0.5 / cost if 0.0 < cost < math.inf else 0.0 if cost == 0.0 else math.nan
    np.multiply(gradient, gradient.dtype.type(slope), out=gradient, where=True if counting is None else counting)
