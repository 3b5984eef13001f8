"""A rowwise loss at fixed parameters as the referee computes it, and the domains of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import mpmath
from mpmath import mp

from lossary.backends.reference_rows import Row
from lossary.proof.rows.cases import Case
from lossary.rowwise import RowLoss, arguments

Number = Any
Numbers = tuple[Number, ...]
NEARLY = mpmath.mpf(10) ** -5
"""How far from one the sum of weights or probabilities may be: rows are rounded, in float32 too."""


class ExactRow:
    """What the referee says of one row. NaN where it cannot say: a pole without a sign, a point outside the domain."""

    def __init__(self, loss: RowLoss, t: Sequence[Number], f: Sequence[Number], parameters: dict[str, Number]) -> None:
        self._row = _attempt(lambda: Row(loss, t, f, parameters), None)

    @property
    def value(self) -> Number:
        """The loss of the row."""
        return _plain(_attempt(lambda: self._row.value, mp.nan))

    def at(self, quantity: str, j: int) -> Number:
        """A derivative by the score ``j``, or the value."""
        if quantity == "value":
            return self.value
        return _plain(_attempt(lambda: self._row.at_scores(quantity, [j])[0], mp.nan))

    def every(self, quantity: str) -> list[Number]:
        """A derivative by every score."""
        return [_plain(x) for x in _attempt(lambda: self._row.at_scores(quantity), [])]

    def entry(self, i: int, j: int) -> Number:
        """An entry of the Hessian."""
        return _plain(_attempt(lambda: self._row.hessian_entry(i, j), mp.nan))


def _attempt(compute: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return compute()
    except (ArithmeticError, TypeError, ValueError, AttributeError):
        return otherwise


def _plain(number: Any) -> Number:
    return mp.nan if isinstance(number, mpmath.mpc) else mpmath.mpf(number)


@lru_cache(maxsize=256)
def valued(loss: RowLoss) -> RowLoss:
    """The loss with those statistics only that its value needs: those of its derivatives cost most of the time."""
    needed, statistics = set(arguments(loss.value)), []
    for statistic in reversed(loss.statistics):
        if statistic.name in needed:
            statistics.append(statistic)
            formulas = [statistic.term, *(formula for _, formula in statistic.sums)]
            formulas += [] if statistic.step is None else [statistic.step]
            needed |= {name for formula in formulas for name in arguments(formula)}
    return replace(loss, statistics=tuple(reversed(statistics)))


@dataclass(frozen=True, eq=False)
class ExactRowLoss:
    """A loss and its parameters; to be used within ``mpmath.workdps``."""

    record: RowLoss
    parameters: tuple[float, ...]

    def exact(self, t: Sequence[Number], f: Sequence[Number]) -> ExactRow:
        parameters = {p.name: mpmath.mpf(x) for p, x in zip(self.record.parameters, self.parameters, strict=True)}
        return ExactRow(self.record, t, f, parameters)

    def value(self, t: Sequence[Number], f: Sequence[Number]) -> Number:
        return ExactRowLoss(valued(self.record), self.parameters).exact(t, f).value

    def takes(self, t: Sequence[Number], f: Sequence[Number]) -> bool:
        """Whether target and row are in the domain."""
        sizes = len(t) == len(f) + self.record.more_classes
        return sizes and _is_target(self.record.targets, t) and _is_prediction(self.record.prediction, f)

    def precise(self, case: Case) -> tuple[Numbers, Numbers]:
        """Weights and scores of a case, where need be scaled so that they sum to one to the last digit."""
        t = tuple(mpmath.mpf(x) for x in case.weights(self.record))
        f = tuple(mpmath.mpf(x) for x in case.f)
        return (
            shared(t) if self.record.targets == "distribution" else t,
            settled(self.record.prediction, f),
        )

    def __str__(self) -> str:
        stated = zip(self.record.parameters, self.parameters, strict=True)
        parameters = ", ".join(f"{parameter.name}={x:.10g}" for parameter, x in stated)
        return f"{self.record.name}({parameters})" if parameters else self.record.name


def shared(row: Numbers) -> Numbers:
    """The row over its sum."""
    total = mpmath.fsum(row)
    return tuple(x / total for x in row)


def settled(kind: str, f: Numbers) -> Numbers:
    """Predictions that obey to the last digit the equation that their kind demands."""
    if kind == "probabilities":
        return shared(f)
    if kind == "log_probabilities":
        total = mpmath.log(mpmath.fsum(mpmath.exp(x) for x in f))
        return tuple(x - total for x in f)
    return f


def _is_target(kind: str, t: Sequence[Number]) -> bool:
    if kind == "scores":
        return all(not mpmath.isnan(x) and x != mp.inf for x in t)
    inside = all(mpmath.isfinite(x) and x >= 0 for x in t)
    if kind == "distribution":
        return inside and bool(abs(mpmath.fsum(t) - 1) < NEARLY)
    return inside and (kind == "relevance" or all(x <= 1 for x in t))


def _is_prediction(kind: str, f: Sequence[Number]) -> bool:
    if kind == "scores":
        return all(not mpmath.isnan(x) and x != mp.inf for x in f)
    if kind == "increasing":
        finite = all(mpmath.isfinite(x) for x in f)
        return finite and all(a < b for a, b in pairwise(f))
    if kind == "log_probabilities":
        return all(x <= 0 for x in f) and bool(abs(mpmath.fsum(mpmath.exp(x) for x in f) - 1) < NEARLY)
    inside = all(0 <= x <= 1 for x in f)
    return inside and (kind != "probabilities" or bool(abs(mpmath.fsum(f) - 1) < NEARLY))


def short(row: Sequence[Number], digits: int = 17) -> str:
    """A row of numbers in words."""
    shown = ", ".join(mpmath.nstr(mpmath.mpf(x), digits) for x in row[:8])
    return f"({shown}{', ...' if len(row) > 8 else ''})"
