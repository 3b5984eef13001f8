"""A formula of a row as one function of JAX's, whose derivatives are formulas too.

JAX would look into the formula, and where one arm of a ``where`` has no slope, or a factor of zero meets an infinite
one, would find NaN, or the slope of the wrong arm: at a target weight of zero, say.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from lossary.backends import trace
from lossary.backends.jax.tables import bound
from lossary.formula import Formula
from lossary.rowwise import arguments


@functools.cache
def derivable(formula: Formula, arithmetic: str) -> Formula:
    """A formula on JAX arrays of this arithmetic, which JAX differentiates by the formula's own derivatives."""
    names = arguments(formula)
    if not names:
        return bound(formula, arithmetic)

    def plain(*numbers: Any) -> Any:
        return jnp.asarray(bound(formula, arithmetic)(*numbers))

    evaluate: Any = jax.custom_jvp(plain)

    def rule(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        result = evaluate(*primals)
        change = jnp.zeros_like(result)
        for name, moved in zip(names, tangents, strict=True):
            slope = None if isinstance(moved, SymbolicZero) else _slope(formula, name)
            if slope is not None:
                change = change + derivable(slope, arithmetic)(*primals) * moved
        return result, change

    evaluate.defjvp(rule, symbolic_zeros=True)
    return evaluate


@functools.cache
def _slope(formula: Formula, name: str) -> Formula | None:
    """The derivative by an argument of this name; None where the formula does not depend on it."""
    names = list(arguments(formula))
    slope = trace.derivative(trace.trace(formula, names), name)
    if slope.operation == "literal" and slope.leaf == 0.0:
        return None
    return trace.function(slope, names, f"{formula.__name__}_by_{name}")
