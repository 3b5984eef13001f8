"""Rowwise formulas on NumPy arrays as they stand: the plainest way to run them, and the one to read in a debugger.

Everything is computed in float64. A number a row is an array of shape (n, 1), a number a score one of shape (n, k).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from lossary.formula import Formula
from lossary.rowwise import Outer, RowLoss, Statistic, arguments

MOST_STEPS = 200
"""A threshold's iteration ends long before: it climbs, and each step lands on a double."""


class Rows:
    """A loss on rows of scores ``f`` (n, k) with target weights ``t`` (n, k + more_classes)."""

    def __init__(self, loss: RowLoss, t: np.ndarray, f: np.ndarray, parameters: Mapping[str, float]) -> None:
        self._loss = loss
        f = np.asarray(f, np.float64)
        t = np.asarray(t, np.float64)
        n, k = f.shape
        self._spoiled = np.isnan(f).any(axis=1, keepdims=True)
        ends = (np.full((n, 1), -math.inf), np.full((n, 1), math.inf))
        self.names: dict[str, object] = {
            "f": f,
            "t": t[:, :k],
            "k": float(k),
            "rank": np.arange(1.0, k + 1.0)[np.newaxis, :],
            "before": np.hstack([ends[0], f[:, :-1]]),
            "after": np.hstack([f[:, 1:], ends[1]]),
            "t_after": t[:, 1 : k + 1] if loss.more_classes else np.hstack([t[:, 1:], np.zeros((n, 1))]),
            **parameters,
        }
        self._shape = (n, k)
        with np.errstate(all="ignore"):
            for statistic in loss.statistics:
                self.names[statistic.name] = self._taken(statistic)

    def _run(self, formula: Formula, **more: object) -> np.ndarray:
        known = {**self.names, **more}
        return np.asarray(formula(*(known[name] for name in arguments(formula))), np.float64)

    def _over_scores(self, formula: Formula, **more: object) -> np.ndarray:
        return np.broadcast_to(self._run(formula, **more), self._shape)

    def _sum(self, formula: Formula, **more: object) -> np.ndarray:
        return self._over_scores(formula, **more).sum(axis=1, keepdims=True)

    def _taken(self, statistic: Statistic) -> np.ndarray:
        term = statistic.term
        match statistic.kind:
            case "row":
                return self._run(term)
            case "keep":
                return self._over_scores(term)
            case "max":
                return self._over_scores(term).max(axis=1, keepdims=True)
            case "sum":
                return self._sum(term)
            case "expect":
                t = np.asarray(self.names["t"])
                return np.where(t == 0.0, 0.0, t * self._over_scores(term)).sum(axis=1, keepdims=True)
            case "running":
                return self._over_scores(term).cumsum(axis=1)
            case "running_back":
                return self._over_scores(term)[:, ::-1].cumsum(axis=1)[:, ::-1]
            case "threshold":
                return self._threshold(statistic)
        raise ValueError(f"{self._loss.name}: no statistic is of kind {statistic.kind!r}")

    def _threshold(self, statistic: Statistic) -> np.ndarray:
        assert statistic.step is not None
        x = np.broadcast_to(self._run(statistic.term), (self._shape[0], 1))
        for _ in range(MOST_STEPS):
            current = {statistic.name: x}
            sums = {name: self._sum(formula, **current) for name, formula in statistic.sums}
            higher = self._run(statistic.step, **current, **sums)
            if not (higher > x).any():
                break
            x = np.where(higher > x, higher, x)
        return x

    @cached_property
    def value(self) -> np.ndarray:
        """The loss of every row, of shape (n,)."""
        with np.errstate(all="ignore"):
            rows = np.broadcast_to(self._run(self._loss.value), (self._shape[0], 1))
        return np.where(self._spoiled, math.nan, rows)[:, 0]

    def over_scores(self, quantity: str) -> np.ndarray:
        """The gradient ("grad") or Hessian ("hess") of every score, of shape (n, k)."""
        with np.errstate(all="ignore"):
            derivatives = self._over_scores(self._loss.quantity(quantity))
        return np.where(self._spoiled, math.nan, derivatives)

    def full_hessian(self) -> np.ndarray:
        """The second derivatives by every two scores of a row, of shape (n, k, k)."""
        n, k = self._shape
        with np.errstate(all="ignore"):
            if self._loss.cross is not None:
                upper = np.triu(self._crossed(slice(None)), 1)
                full = upper + upper.transpose(0, 2, 1)
            else:
                full = np.zeros((n, k, k))
                for outer in self._loss.outers:
                    scale, u, v = self._outer(outer)
                    uv = u[:, :, np.newaxis] * v[:, np.newaxis, :]
                    full += scale[:, :, np.newaxis] * (uv if outer.right is None else uv + uv.transpose(0, 2, 1))
        full[:, range(k), range(k)] = self.over_scores("hess")
        return np.where(self._spoiled[:, :, np.newaxis], math.nan, full)

    def _crossed(self, rows: slice) -> np.ndarray:
        """The formula ``cross`` for every two scores, of shape (n, scores in ``rows``, k)."""
        assert self._loss.cross is not None
        known: dict[str, object] = {}
        for name, number in self.names.items():
            array = np.asarray(number)
            known[name] = array if array.ndim == 0 else array[:, :, np.newaxis]
            if array.ndim == 2:
                known[f"{name}_i"] = array[:, rows, np.newaxis]
                known[f"{name}_j"] = array[:, np.newaxis, :]
        n, k = self._shape
        size = len(range(k)[rows])
        formula = self._loss.cross
        return np.broadcast_to(formula(*(known[name] for name in arguments(formula))), (n, size, k))

    def _outer(self, outer: Outer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        left = self._over_scores(outer.left)
        right = left if outer.right is None else self._over_scores(outer.right)
        return np.broadcast_to(self._run(outer.scale), (self._shape[0], 1)), left, right

    def hessian_product(self, direction: np.ndarray) -> np.ndarray:
        """The Hessian of every row times a direction (n, k), without the matrix where it is a sum of outer products."""
        v = np.asarray(direction, np.float64)
        with np.errstate(all="ignore"):
            product = self.over_scores("hess") * v
            if self._loss.cross is not None:
                product = product + self._cross_product(v)
            for outer in self._loss.outers:
                scale, left, right = self._outer(outer)
                product = product + scale * (left * _others(right * v))
                if outer.right is not None:
                    product = product + scale * (right * _others(left * v))
        return np.where(self._spoiled, math.nan, product)

    def _cross_product(self, v: np.ndarray) -> np.ndarray:
        full = self.full_hessian()
        k = self._shape[1]
        full[:, range(k), range(k)] = 0.0
        product: np.ndarray = np.einsum("nij,nj->ni", full, v)
        return product


def _others(x: np.ndarray) -> np.ndarray:
    """For each score the sum of ``x`` over the others of its row.

    The largest is left out of the sum by itself, not taken off it: it may be all of it.
    """
    n, _ = x.shape
    top = np.abs(x).argmax(axis=1)
    rows = np.arange(n)
    lesser = x.copy()
    lesser[rows, top] = 0.0
    without_top = lesser.sum(axis=1, keepdims=True)
    others = (without_top - lesser) + x[rows, top][:, np.newaxis]
    others[rows, top] = without_top[:, 0]
    return others
