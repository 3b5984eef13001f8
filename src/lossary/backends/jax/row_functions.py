"""A rowwise loss as functions that JAX differentiates by the loss's own gradient and Hessian.

The value's derivative by the scores is the gradient, whose own is the full Hessian, as a product with a direction.
Derivatives by the targets and the parameters, and all third ones, are JAX's, taken through the statistics.

All functions take targets ``t``, either weights (..., classes) or valid class indices (...), scores ``f`` (..., k) and
further arguments; all that is not an index is of one dtype.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from lossary.backends.jax.rows import Rows
from lossary.backends.jax.tables import DTYPES, arithmetic_of, working
from lossary.rowwise import RowLoss

Function = Callable[..., Any]
"""``(t, f, *parameters)`` to a number a row or a number a score."""


@functools.cache
def row_value(loss: RowLoss) -> Function:
    """``(t, f, *parameters)`` to the loss of every row (...)."""

    def plain(t: Any, f: Any, *parameters: Any, differentiated: bool = False) -> Any:
        return _taken(loss, t, f, parameters, lambda rows: rows.value(), differentiated)

    def along(moved: Any, t: Any, f: Any, *parameters: Any) -> Any:
        return (row_gradient(loss)(t, f, *parameters) * moved).sum(axis=-1)

    return _with_rule(loss, plain, 1, along)


@functools.cache
def row_gradient(loss: RowLoss) -> Function:
    """``(t, f, *parameters)`` to the gradient of every row by its scores (..., k)."""

    def plain(t: Any, f: Any, *parameters: Any, differentiated: bool = False) -> Any:
        return _taken(loss, t, f, parameters, lambda rows: rows.over_scores("grad"), differentiated)

    def along(moved: Any, t: Any, f: Any, *parameters: Any) -> Any:
        return row_product(loss)(t, f, moved, *parameters)

    return _with_rule(loss, plain, 1, along)


@functools.cache
def row_product(loss: RowLoss) -> Function:
    """``(t, f, direction, *parameters)`` to the Hessian of every row times the direction (..., k)."""

    def plain(t: Any, f: Any, direction: Any, *parameters: Any, differentiated: bool = False) -> Any:
        dtype = DTYPES[arithmetic_of(f.dtype, loss.wide)]
        return _taken(
            loss, t, f, parameters, lambda rows: rows.hessian_product(direction.astype(dtype)), differentiated
        )

    def along(moved: Any, t: Any, f: Any, direction: Any, *parameters: Any) -> Any:
        return plain(t, f, moved, *parameters)

    return _with_rule(loss, plain, 2, along)


def _taken(
    loss: RowLoss, t: Any, f: Any, parameters: Sequence[Any], what: Callable[[Rows], Any], differentiated: bool
) -> Any:
    """Something of the rows, in the loss's arithmetic; the result has the dtype of the scores."""
    arithmetic = arithmetic_of(f.dtype, loss.wide)
    dtype = DTYPES[arithmetic]
    with working(arithmetic):
        given = {p.name: jnp.asarray(x).astype(dtype) for p, x in zip(loss.parameters, parameters, strict=True)}
        t = t.astype(dtype) if t.ndim == f.ndim else t
        return what(Rows(loss, t, f.astype(dtype), given, arithmetic, differentiated)).astype(f.dtype)


def _with_rule(loss: RowLoss, plain: Function, place: int, along: Function) -> Function:
    """``plain`` with ``along`` for its change with the argument at ``place``, and JAX's own for the rest."""
    evaluate = jax.custom_jvp(plain)

    def rule(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        result = evaluate(*primals)
        change = jnp.zeros_like(result)
        if not isinstance(tangents[place], SymbolicZero):
            change = change + along(tangents[place], *primals)
        moving = [i for i, moved in enumerate(tangents) if i != place and not isinstance(moved, SymbolicZero)]
        if moving:
            # JAX writes float64 into the derivative of float64 only where that is enabled.
            with working(arithmetic_of(result.dtype, loss.wide)):
                change = change + _by_the_rest(plain, primals, tangents, moving)
        return result, change

    evaluate.defjvp(rule, symbolic_zeros=True)
    return evaluate


def _by_the_rest(plain: Function, primals: Sequence[Any], tangents: Sequence[Any], moving: Sequence[int]) -> Any:
    def of_the_moving(*moved: Any) -> Any:
        arguments = list(primals)
        for i, x in zip(moving, moved, strict=True):
            arguments[i] = x
        return plain(*arguments, differentiated=True)

    return jax.jvp(of_the_moving, tuple(primals[i] for i in moving), tuple(tangents[i] for i in moving))[1]
