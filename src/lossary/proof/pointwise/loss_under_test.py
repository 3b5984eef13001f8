"""A loss at fixed parameters, and the points at which its claims are attacked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

import mpmath
from mpmath import mp

from lossary.formula import Choice, Interval
from lossary.proof.points import generic
from lossary.proof.pointwise.exact_loss import ExactLoss, within

Number: TypeAlias = mpmath.mpf

NEAR = tuple(mpmath.mpf(r) for r in ("1e-4", "0.01", "0.1", "0.3", "1", "2", "5", "20", "300"))
WINDOWS = tuple(mpmath.mpf(10) ** (10**k) for k in range(4))


class LossUnderTest(ExactLoss):
    """A loss at fixed parameters, and the points ``(target, prediction)`` it is attacked at."""

    @cached_property
    def ordinary(self) -> list[tuple[Number, Number]]:
        """Points of moderate size: generic ones, and every target with predictions around its kinks."""
        points = [(mpmath.mpf(y), mpmath.mpf(f)) for y, f, *_ in generic(self.record, self.parameters, 60)]
        for y in self._targets((0.3, 1.0, 3.7)):
            points += [(y, f) for f in self._predictions(y, NEAR)]
        return points

    @cached_property
    def windows(self) -> list[list[tuple[Number, Number]]]:
        """Points ever farther out, and ever nearer to kinks and to the ends of the domain."""
        return [
            [
                (y, f)
                for y in self._targets((window, 1 / window, 1.0))
                for f in self._predictions(y, (window, 1 / window, 1 / window / 3))
            ]
            for window in WINDOWS
        ]

    @property
    def everywhere(self) -> list[tuple[Number, Number]]:
        """The ordinary points, then those of all windows."""
        return [*self.ordinary, *(point for window in self.windows for point in window)]

    def _targets(self, sizes: tuple[float, ...]) -> list[Number]:
        domain = self.record.target
        if isinstance(domain, Choice):
            return [mpmath.mpf(y) for y in domain.values]
        return [y for y in _spread(domain, [mp.zero], sizes) if within(domain, y)]

    def _predictions(self, y: Number, sizes: tuple[float, ...]) -> list[Number]:
        """Predictions at these distances from zero, from kinks, and from the prediction that hits the target."""
        domain = self.record.prediction
        centres = [mp.zero, *self.kinks(y)]
        if self.record.link == "identity" and isinstance(self.record.target, Interval):
            centres.append(y)
        if self.record.link == "log" and y > 0:
            centres.append(mpmath.log(y))
        assert isinstance(domain, Interval)
        return [f for f in _spread(domain, centres, sizes) if within(domain, f)]

    def size(self, quantity: str) -> Callable[[Number, Number], Number]:
        """A function of a point: the quantity, of the gradient its absolute value; NaN at kinks."""

        def measured(y: Number, f: Number) -> Number:
            if quantity != "value" and f in self.kinks(y):
                return mp.nan
            number = self(quantity, y, f)
            return abs(number) if quantity == "grad" else number

        return measured


def _spread(domain: Interval, centres: list[Number], sizes: tuple[float, ...]) -> list[Number]:
    """Some centres, the finite ends of a domain, and the numbers at these distances from each."""
    ends = [mpmath.mpf(end) for end in (domain.low, domain.high) if mpmath.isfinite(end)]
    around = [mpmath.mpf(centre) + sign * size for centre in [*centres, *ends] for size in sizes for sign in (1, -1)]
    return sorted({*around, *centres, *ends})
