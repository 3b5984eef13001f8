"""Rowwise formulas on JAX arrays: the statistics of ``lossary.rowwise`` as reductions along the last axis.

A number a row is an array of shape (..., 1), a number a score one of shape (..., k).

XLA reads the scores anew for every reduction. So all sums that can be taken at once are one reduction, and what is
expected under a class index is read at the index instead of summed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lossary.backends.jax.derivable import derivable
from lossary.backends.jax.tables import bound, working
from lossary.formula import Formula
from lossary.rowwise import Outer, RowLoss, Statistic, arguments

SUMS = ("sum", "expect")
MOST_STEPS = 200
"""A threshold's iteration ends long before: it climbs, and each step lands on a number of the dtype."""


class Rows:
    """A loss on rows of scores ``f`` (..., k), in one arithmetic.

    ``t`` holds target weights (..., k + more_classes), or class indices (...) that are all valid. ``differentiated``
    says that JAX takes derivatives of what is computed here.
    """

    def __init__(
        self,
        loss: RowLoss,
        t: Any,
        f: Any,
        parameters: Mapping[str, Any],
        arithmetic: str,
        differentiated: bool = False,
    ) -> None:
        self._loss, self._shape = loss, f.shape
        self._bound = functools.partial(derivable if differentiated else bound, arithmetic=arithmetic)
        k = f.shape[-1]
        self._index = t[..., jnp.newaxis] if t.ndim < f.ndim else None
        if self._index is not None:
            t = (self._index == jnp.arange(k + loss.more_classes)).astype(f.dtype)
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
        self._kept = {s.name: s.term for s in loss.statistics if s.kind == "keep"}
        for together in schedule(loss, frozenset(self.names)):
            first = together[0]
            self.names |= self._summed(together) if first.kind in SUMS else {first.name: self._taken(first)}

    def _run(self, formula: Formula, **more: Any) -> Any:
        known = {**self.names, **more}
        return jnp.asarray(self._bound(formula)(*(known[name] for name in arguments(formula))))

    def _over_scores(self, formula: Formula, **more: Any) -> Any:
        return jnp.broadcast_to(self._run(formula, **more), self._shape)

    def _over_rows(self, formula: Formula, **more: Any) -> Any:
        return jnp.broadcast_to(self._run(formula, **more), (*self._shape[:-1], 1))

    def _taken(self, statistic: Statistic) -> Any:
        term = statistic.term
        match statistic.kind:
            case "row":
                return self._over_rows(term)
            case "keep":
                return self._over_scores(term)
            case "max":
                return self._over_scores(term).max(axis=-1, keepdims=True)
            case "running":
                return self._over_scores(term).cumsum(axis=-1)
            case "running_back":
                return jax.lax.cumsum(self._over_scores(term), axis=len(self._shape) - 1, reverse=True)
            case "threshold":
                return self._threshold(statistic)
        raise ValueError(f"{self._loss.name}: no statistic is of kind {statistic.kind!r}")

    def _summed(self, together: Sequence[Statistic]) -> dict[str, Any]:
        """Sums and expectations, in one reduction."""
        indexed = self._index is not None
        picked = {s.name: self._at_index(s.term) for s in together if indexed and s.kind == "expect"}
        summed = [s for s in together if s.name not in picked]
        terms = tuple(self._over_scores(s.term) if s.kind == "sum" else self._weighted(s.term) for s in summed)
        return picked | dict(zip((s.name for s in summed), totals(*terms), strict=True))

    def _weighted(self, term: Formula) -> Any:
        # No term where t is 0, whatever stands there; yet a finite one is the slope by t there.
        t, x = self.names["t"], self._over_scores(term)
        return t * jnp.where((t == 0.0) & ~jnp.isfinite(x), 0.0, x)

    def _at_index(self, term: Formula) -> Any:
        """A score formula at the class index; 0 for the class beyond the last score, where there is one."""
        at_index = self._there(term)
        return jnp.where(self._index < self._shape[-1], at_index, 0.0) if self._loss.more_classes else at_index

    def _there(self, term: Formula) -> Any:
        return self._bound(term)(*(self._name_there(name) for name in arguments(term)))

    def _name_there(self, name: str) -> Any:
        if name in self._kept:
            return self._there(self._kept[name])
        numbers = self.names[name]
        if jnp.ndim(numbers) == 0 or numbers.shape[-1] == 1:
            return numbers
        return jnp.take_along_axis(jnp.broadcast_to(numbers, self._shape), self._index, axis=-1, mode="clip")

    def _threshold(self, statistic: Statistic) -> Any:
        """Climb until no row climbs any further."""

        def climbed(x: Any) -> Any:
            assert statistic.step is not None
            current = {statistic.name: x}
            terms = (self._over_scores(formula, **current) for _, formula in statistic.sums)
            sums = dict(zip((name for name, _ in statistic.sums), totals(*terms), strict=True))
            higher = self._over_rows(statistic.step, **current, **sums)
            return jnp.where(higher > x, higher, x)

        def onward(state: tuple[Any, Any, Any]) -> Any:
            steps, moving, _ = state
            return moving & (steps < MOST_STEPS)

        def stepped(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            steps, _, x = state
            new = climbed(x)
            return steps + 1, (new > x).any(), new

        # The first step is taken outside: under shard_map what goes round must vary with the data from the start.
        start = stepped((jnp.zeros((), jnp.int32), jnp.ones((), bool), self._over_rows(statistic.term)))
        highest: Any = jax.lax.while_loop(onward, stepped, start)[2]
        return highest

    def value(self) -> Any:
        """The loss of every row, without the last axis."""
        return self._over_rows(self._loss.value)[..., 0]

    def over_scores(self, quantity: str) -> Any:
        """The gradient ("grad") or the Hessian's diagonal ("hess"), a number a score."""
        return self._over_scores(self._loss.quantity(quantity))

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
        return product

    def _outer(self, outer: Outer) -> tuple[Any, Any, Any]:
        left = self._over_scores(outer.left)
        right = left if outer.right is None else self._over_scores(outer.right)
        return self._over_rows(outer.scale), left, right

    def _crossed(self) -> Any:
        """The formula ``cross`` for every two scores, both ways round, with zeros on the diagonal: (..., k, k)."""
        assert self._loss.cross is not None
        known: dict[str, Any] = {}
        for name, numbers in self.names.items():
            if jnp.ndim(numbers) == 0:
                known[name] = numbers
                continue
            known[name] = numbers[..., jnp.newaxis]
            known[f"{name}_i"], known[f"{name}_j"] = numbers[..., :, jnp.newaxis], numbers[..., jnp.newaxis, :]
        formula = self._loss.cross
        entries = self._bound(formula)(*(known[name] for name in arguments(formula)))
        upper = jnp.triu(jnp.broadcast_to(entries, (*self._shape, self._shape[-1])), 1)
        return upper + jnp.swapaxes(upper, -1, -2)


@functools.cache
def schedule(loss: RowLoss, available: frozenset[str]) -> tuple[tuple[Statistic, ...], ...]:
    """The statistics in an order in which each has what it takes: sums and expectations in groups, late."""
    known, waiting, order = set(available), list(loss.statistics), []
    while waiting:
        ready = [s for s in waiting if _needs(s) <= known]
        together = tuple(next(([s] for s in ready if s.kind not in SUMS), ready))
        order.append(together)
        known |= {s.name for s in together}
        waiting = [s for s in waiting if s not in together]
    return tuple(order)


def _needs(statistic: Statistic) -> set[str]:
    formulas = [statistic.term, *(formula for _, formula in statistic.sums)]
    if statistic.step is not None:
        formulas.append(statistic.step)
    own = {statistic.name, *(name for name, _ in statistic.sums)}
    return {name for formula in formulas for name in arguments(formula)} - own


def _totals(*terms: Any) -> tuple[Any, ...]:
    """``totals``: the sum of each along the last axis, kept as an axis of one.

    Carried in float64: XLA adds one number after the other, and a long row of float32 loses digits so.
    """
    if not terms:
        return ()
    dtype, axis = terms[0].dtype, terms[0].ndim - 1
    with working("f8"):
        wide = tuple(x.astype(jnp.float64) for x in terms)
        if len(wide) == 1:
            found = [wide[0].sum(axis=-1)]
        else:
            zeros = (np.float64(0.0),) * len(wide)
            found = jax.lax.reduce(wide, zeros, _added, (axis,))
        return tuple(x[..., jnp.newaxis].astype(dtype) for x in found)


def _added(left: Sequence[Any], right: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _totals_along(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    return totals(*primals), tuple(x.sum(axis=-1, keepdims=True) for x in tangents)


totals: Any = jax.custom_jvp(_totals)  # JAX transposes no reduction of several arrays
totals.defjvp(_totals_along)


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
