"""The referee for rowwise losses: the same formulas on lists of mpmath numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import mpmath
from mpmath import mp

from lossary.backends.reference import DIGITS, TABLE
from lossary.formula import Formula, bind
from lossary.rowwise import RowLoss, Statistic, arguments

Number = Any


@cache
def _bound(formula: Formula) -> Formula:
    with mp.workdps(DIGITS + 10):
        constants = {"LOG_2": mpmath.log(2), "HALF_LOG_2PI": mpmath.log(2 * mpmath.pi) / 2}
    return bind(formula, {**TABLE, **constants})


class Row:
    """A loss at one row of target weights and scores, taken as exact. Use it inside ``mpmath.workdps``."""

    def __init__(self, loss: RowLoss, t: Sequence[Number], f: Sequence[Number], parameters: Mapping[str, Number]):
        scores = [mpmath.mpf(x) for x in f]
        weights = [mpmath.mpf(x) for x in t]
        self._loss, self._k = loss, len(scores)
        self._scores: dict[str, list[Number]] = {
            "f": scores,
            "t": weights[: self._k],
            "rank": [mpmath.mpf(i + 1) for i in range(self._k)],
            "before": [mp.ninf, *scores[:-1]],
            "after": [*scores[1:], mp.inf],
            "t_after": ([*weights[1:], mp.zero])[: self._k],
        }
        self._row: dict[str, Number] = {
            "k": mpmath.mpf(self._k),
            **{name: mpmath.mpf(p) for name, p in parameters.items()},
        }
        for statistic in loss.statistics:
            kept = self._scores if statistic.per_score else self._row
            kept[statistic.name] = self._taken(statistic)

    def _at_row(self, formula: Formula, **more: Number) -> Number:
        known = {**self._row, **more}
        return _bound(formula)(*(known[name] for name in arguments(formula)))

    def _over_scores(self, formula: Formula, only: Sequence[int] | None = None, **more: Number) -> list[Number]:
        names, bound = arguments(formula), _bound(formula)
        row = {**self._row, **more}
        columns = [(self._scores[n], True) if n in self._scores else (row[n], False) for n in names]
        places = range(self._k) if only is None else only
        return [bound(*(c[i] if each else c for c, each in columns)) for i in places]

    def _taken(self, statistic: Statistic) -> Number:
        match statistic.kind:
            case "row":
                return self._at_row(statistic.term)
            case "keep":
                return self._over_scores(statistic.term)
            case "max":
                return max(self._over_scores(statistic.term))
            case "sum":
                return mpmath.fsum(self._over_scores(statistic.term))
            case "expect":
                counted = [i for i, t in enumerate(self._scores["t"]) if t != 0]
                terms = self._over_scores(statistic.term, counted)
                return mpmath.fsum(self._scores["t"][i] * x for i, x in zip(counted, terms, strict=True))
            case "running":
                return _running(self._over_scores(statistic.term))
            case "running_back":
                return _running(self._over_scores(statistic.term)[::-1])[::-1]
            case "threshold":
                return self._threshold(statistic)
        raise ValueError(f"no statistic is of kind {statistic.kind!r}")

    def _threshold(self, statistic: Statistic) -> Number:
        assert statistic.step is not None
        x = self._at_row(statistic.term)
        for _ in range(1000):
            current = {statistic.name: x}
            sums = {name: mpmath.fsum(self._over_scores(formula, **current)) for name, formula in statistic.sums}
            higher = self._at_row(statistic.step, **current, **sums)
            if not higher > x + mpmath.mpf(10) ** (5 - mp.dps):
                return x
            x = higher
        raise ArithmeticError(f"{statistic.name} does not converge")

    @property
    def value(self) -> Number:
        """The loss of the row."""
        return mpmath.mpf(self._at_row(self._loss.value))

    def at_scores(self, quantity: str, only: Sequence[int] | None = None) -> list[Number]:
        """The gradient ("grad") or Hessian ("hess") by every score, or by some."""
        return self._over_scores(self._loss.quantity(quantity), only)

    def hessian_entry(self, i: int, j: int) -> Number:
        """The second derivative by scores i and j."""
        if i == j:
            return self.at_scores("hess", [i])[0]
        if self._loss.cross is not None:
            return self._crossed(min(i, j), max(i, j))
        total = mp.zero
        for outer in self._loss.outers:
            u = self._over_scores(outer.left, [i, j])
            v = u if outer.right is None else self._over_scores(outer.right, [i, j])
            product = u[0] * v[1] if outer.right is None else u[0] * v[1] + u[1] * v[0]
            total += self._at_row(outer.scale) * product
        return total

    def _crossed(self, i: int, j: int) -> Number:
        known = dict(self._row)
        for name, column in self._scores.items():
            known[f"{name}_i"], known[f"{name}_j"] = column[i], column[j]
        formula = self._loss.cross
        assert formula is not None
        return _bound(formula)(*(known[name] for name in arguments(formula)))


def _running(numbers: Sequence[Number]) -> list[Number]:
    total, totals = mp.zero, []
    for x in numbers:
        total += x
        totals.append(total)
    return totals
