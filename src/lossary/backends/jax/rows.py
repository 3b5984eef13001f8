"""Rowwise formulas on JAX arrays: the statistics of ``lossary.rowwise`` as reductions along the last axis.

A number a row is an array of shape (..., 1), a number a score one of shape (..., k).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from lossary.backends.jax.tables import bound, working
from lossary.formula import Formula
from lossary.rowwise import Outer, RowLoss, Statistic, arguments

MOST_STEPS = 200
"""A threshold's iteration ends long before: it climbs, and each step lands on a number of the dtype."""


class Rows:
    """A loss on rows of scores ``f`` (..., k) with target weights ``t`` (..., k + more_classes), in one arithmetic."""

    def __init__(self, loss: RowLoss, t: Any, f: Any, parameters: Mapping[str, Any], arithmetic: str) -> None:
        self._loss, self._arithmetic, self._shape = loss, arithmetic, f.shape
        k = f.shape[-1]
        self._spoiled = jnp.isnan(f).any(axis=-1, keepdims=True) | jnp.isnan(t).any(axis=-1, keepdims=True)
        for number in parameters.values():
            self._spoiled = self._spoiled | jnp.isnan(number)
        self.names: dict[str, Any] = {
            "f": f,
            "t": t[..., :k],
            "k": jnp.asarray(k, f.dtype),
            "rank": jnp.arange(1, k + 1, dtype=f.dtype),
            "before": _shifted(f, 1, -math.inf),
            "after": _shifted(f, -1, math.inf),
            "t_after": t[..., 1 : k + 1] if loss.more_classes else _shifted(t, -1, 0.0),
            **parameters,
        }
        for statistic in loss.statistics:
            self.names[statistic.name] = self._taken(statistic)

    def _run(self, formula: Formula, **more: Any) -> Any:
        known = {**self.names, **more}
        return jnp.asarray(bound(formula, self._arithmetic)(*(known[name] for name in arguments(formula))))

    def _over_scores(self, formula: Formula, **more: Any) -> Any:
        return jnp.broadcast_to(self._run(formula, **more), self._shape)

    def _over_rows(self, formula: Formula, **more: Any) -> Any:
        return jnp.broadcast_to(self._run(formula, **more), (*self._shape[:-1], 1))

    def _sum(self, formula: Formula, **more: Any) -> Any:
        return _total(self._over_scores(formula, **more))

    def _taken(self, statistic: Statistic) -> Any:
        term = statistic.term
        match statistic.kind:
            case "row":
                return self._over_rows(term)
            case "keep":
                return self._over_scores(term)
            case "max":
                return self._over_scores(term).max(axis=-1, keepdims=True)
            case "sum":
                return self._sum(term)
            case "expect":
                t = self.names["t"]
                counts = t != 0.0
                found = jnp.where(counts, self._over_scores(term), 0.0)
                return _total(jnp.where(counts, t * found, 0.0))
            case "running":
                return self._over_scores(term).cumsum(axis=-1)
            case "running_back":
                return jax.lax.cumsum(self._over_scores(term), axis=len(self._shape) - 1, reverse=True)
            case "threshold":
                return self._threshold(statistic)
        raise ValueError(f"{self._loss.name}: no statistic is of kind {statistic.kind!r}")

    def _threshold(self, statistic: Statistic) -> Any:
        """Climb until no row climbs any further."""

        def climbed(x: Any) -> Any:
            assert statistic.step is not None
            here = {statistic.name: x}
            sums = {name: self._sum(formula, **here) for name, formula in statistic.sums}
            higher = self._over_rows(statistic.step, **here, **sums)
            return jnp.where(higher > x, higher, x)

        def onward(state: tuple[Any, Any, Any]) -> Any:
            steps, moving, _ = state
            return moving & (steps < MOST_STEPS)

        def stepped(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            steps, _, x = state
            new = climbed(x)
            return steps + 1, (new > x).any(), new

        first = self._over_rows(statistic.term)
        start = (jnp.zeros((), jnp.int32), jnp.ones((), bool), first)
        found: Any = jax.lax.while_loop(onward, stepped, start)[2]
        return found

    def value(self) -> Any:
        """The loss of every row, without the last axis."""
        return jnp.where(self._spoiled, math.nan, self._over_rows(self._loss.value))[..., 0]

    def over_scores(self, quantity: str) -> Any:
        """The gradient ("grad") or the Hessian's diagonal ("hess"), a number a score."""
        return jnp.where(self._spoiled, math.nan, self._over_scores(self._loss.quantity(quantity)))

    def hessian_product(self, v: Any) -> Any:
        """The Hessian of every row times a direction (..., k); linear in it, for JAX to transpose."""
        product = self._over_scores(self._loss.hess) * v
        if self._loss.cross is not None:
            product = product + (self._crossed() * v[..., jnp.newaxis, :]).sum(axis=-1)
        for outer in self._loss.outers:
            scale, left, right = self._outer(outer)
            product = product + scale * (left * _others(right * v))
            if outer.right is not None:
                product = product + scale * (right * _others(left * v))
        return jnp.where(self._spoiled, math.nan, 1.0) * product

    def _outer(self, outer: Outer) -> tuple[Any, Any, Any]:
        left = self._over_scores(outer.left)
        right = left if outer.right is None else self._over_scores(outer.right)
        return self._over_rows(outer.scale), left, right

    def _crossed(self) -> Any:
        """The formula ``cross`` for every two scores, both ways round, with zeros on the diagonal: (..., k, k)."""
        assert self._loss.cross is not None
        known: dict[str, Any] = {}
        for name, found in self.names.items():
            if jnp.ndim(found) == 0:
                known[name] = found
                continue
            known[name] = found[..., jnp.newaxis]
            known[f"{name}_i"], known[f"{name}_j"] = found[..., :, jnp.newaxis], found[..., jnp.newaxis, :]
        formula = self._loss.cross
        entries = bound(formula, self._arithmetic)(*(known[name] for name in arguments(formula)))
        upper = jnp.triu(jnp.broadcast_to(entries, (*self._shape, self._shape[-1])), 1)
        return upper + jnp.swapaxes(upper, -1, -2)


def _total(x: Any) -> Any:
    """The sum of a row, carried in float64: XLA adds one number after the other, and a long row loses digits so."""
    with working("f8"):
        return x.astype(jnp.float64).sum(axis=-1, keepdims=True).astype(x.dtype)


def _shifted(x: Any, by: int, filling: float) -> Any:
    """``x`` moved along the last axis by one place."""
    end = jnp.full((*x.shape[:-1], 1), filling, x.dtype)
    parts = [end, x[..., :-1]] if by > 0 else [x[..., 1:], end]
    return jnp.concatenate(parts, axis=-1)


def _others(x: Any) -> Any:
    """For each score the sum of ``x`` over the others of its row: those left of it and those right of it.

    Taking a score off the whole sum would lose the digits of all others where it is the largest by far.
    """
    axis = x.ndim - 1
    left = jax.lax.cumsum(x, axis=axis)
    right = jax.lax.cumsum(x, axis=axis, reverse=True)
    return _shifted(left, 1, 0.0) + _shifted(right, -1, 0.0)
