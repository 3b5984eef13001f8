"""Formulas as functions that JAX differentiates by the formulas which come next, not by looking into them.

The value's derivative by the prediction is the gradient's formula, whose own is the Hessian's. Every other derivative
(a third one, one by the target or by a parameter) is a formula derived from them symbolically when it is first asked
for: so no derivative ever runs through a ``where`` whose other arm has none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from lossary.backends import trace
from lossary.backends.jax.spoiling import is_spoiled_by
from lossary.backends.jax.tables import DTYPES, arithmetic_of, bound, working
from lossary.formula import Formula, Loss
from lossary.losses import scores


@dataclass(frozen=True)
class Chain:
    """A formula, its derivative by the variable ``by``, the derivative of that ...: what is known of them.

    ``names`` are the formula's arguments. Where the one called ``guard`` is NaN, so is every one of them. ``fixed`` are
    numbers by name that stand for what is passed under these: float32 arguments could not hold them.
    """

    formulas: tuple[Formula, ...]
    names: tuple[str, ...]
    by: str
    guard: str
    wide: bool
    fixed: tuple[tuple[str, float], ...] = ()


@functools.cache
def chain_of(loss: Loss, fixed: tuple[tuple[str, float], ...] = ()) -> Chain:
    """A pointwise loss's value, gradient and Hessian; computed in float64 if parameters are ``fixed``."""
    names = ("y", "f", *(p.name for p in loss.parameters))
    return Chain((loss.value, loss.grad, loss.hess), names, "f", "y", loss.wide or bool(fixed), fixed)


SOFT_CAP = Chain((scores.capped, scores.slope, scores.bend), ("f", "soft_cap"), "f", "f", False)
"""What ``soft_cap`` makes of the scores of a rowwise loss."""


@functools.cache
def differentiable(chain: Chain, order: int = 0, further: tuple[str, ...] = ()) -> Callable[..., Any]:
    """A chain's formula of some order, derived further by the named arguments in turn, as a function of arrays.

    It takes floating-point arrays of one dtype, float32 or float64, that fit together, in the order of the chain's
    names, and returns an array of that dtype.
    """
    formula = _formula(chain, order, further)

    def plain(*arguments: Any) -> Any:
        return _run(formula, chain, arguments)

    evaluate: Callable[..., Any] = jax.custom_jvp(plain)

    def rule(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        result = evaluate(*primals)
        change = jnp.zeros_like(result)
        for name, moved in zip(chain.names, tangents, strict=True):
            if not isinstance(moved, SymbolicZero):
                change = change + _slope(chain, order, further, name)(*primals) * moved
        return result, change

    evaluate.defjvp(rule, symbolic_zeros=True)  # type: ignore[attr-defined]
    return evaluate


def _slope(chain: Chain, order: int, further: tuple[str, ...], name: str) -> Callable[..., Any]:
    if name == chain.by and not further and order + 1 < len(chain.formulas):
        return differentiable(chain, order + 1)
    return differentiable(chain, order, (*further, name))


def _formula(chain: Chain, order: int, further: tuple[str, ...]) -> Formula:
    formula = chain.formulas[order]
    if not further:
        return formula
    expression = trace.trace(formula, list(chain.names))
    for name in further:
        expression = trace.derivative(expression, name)
    return trace.function(expression, list(chain.names), f"{formula.__name__}_by_{'_'.join(further)}")


def _run(formula: Formula, chain: Chain, arguments: Sequence[Any]) -> Any:
    """The formula in its arithmetic; the result has the dtype of the arguments."""
    given = [jnp.asarray(x) for x in arguments]
    dtype = jnp.result_type(*given)
    arithmetic = arithmetic_of(dtype, chain.wide)
    with working(arithmetic):
        fixed = dict(chain.fixed)
        lifted = [
            jnp.asarray(fixed[name], DTYPES[arithmetic]) if name in fixed else x.astype(DTYPES[arithmetic])
            for name, x in zip(chain.names, given, strict=True)
        ]
        result = jnp.asarray(bound(formula, arithmetic)(*lifted))
        if not is_spoiled_by(formula, chain.names, chain.guard):
            result = jnp.where(jnp.isnan(lifted[chain.names.index(chain.guard)]), jnp.nan, result)
        return jnp.broadcast_to(result, jnp.broadcast_shapes(*(x.shape for x in given))).astype(dtype)
