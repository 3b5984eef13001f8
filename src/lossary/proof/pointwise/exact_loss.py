"""A loss at fixed parameters as the referee computes it: what the attacks in this package attack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mpmath
from mpmath import mp

from lossary.backends import reference
from lossary.formula import Choice, Domain, Loss

SLIVER = mpmath.mpf(10) ** -30
"""A step so small that on either side of a kink it stands for the limit."""

INVERSE_LINKS: dict[str, Callable] = {
    "identity": lambda f: f,
    "log": mpmath.exp,
    "logit": lambda f: 1 / (1 + mpmath.exp(-f)),
    "half_logit": lambda f: 1 / (1 + mpmath.exp(-2 * f)),
}
"""From a raw prediction to the mean or probability that it stands for."""


def within(domain: Domain, number: mpmath.mpf) -> bool:
    """Membership, for numbers beyond the range of doubles too."""
    if isinstance(domain, Choice):
        return number in domain.values
    above = number >= domain.low if domain.low_closed else number > domain.low
    below = number <= domain.high if domain.high_closed else number < domain.high
    return bool(above and below and mpmath.isfinite(number))


@dataclass(frozen=True, eq=False)
class ExactLoss:
    """A loss and its parameters; calls give exact values, NaN where the formula has a pole of no sign."""

    record: Loss
    parameters: tuple[float, ...]

    def __call__(self, quantity: str, y: mpmath.mpf, f: mpmath.mpf) -> mpmath.mpf:
        return reference.exact(self.record.quantity(quantity), (y, f, *self.parameters))

    def value(self, y: mpmath.mpf, f: mpmath.mpf) -> mpmath.mpf:
        return self("value", y, f)

    def slope(self, quantity: str, y: mpmath.mpf, f: mpmath.mpf) -> mpmath.mpf:
        """The derivative of a formula by the prediction, from differences at high precision."""
        return reference.derivative(self.record.quantity(quantity), (y, f, *self.parameters), index=1)

    def takes(self, y: mpmath.mpf, f: mpmath.mpf) -> bool:
        return within(self.record.target, y) and within(self.record.prediction, f)

    def kinks(self, y: mpmath.mpf) -> tuple[mpmath.mpf, ...]:
        """Where a derivative jumps, for one target."""
        if self.record.kinks is None:
            return ()
        with mp.workdps(reference.DIGITS):
            return tuple(mpmath.mpf(k) for k in self.record.kinks(mpmath.mpf(y), *map(mpmath.mpf, self.parameters)))

    @property
    def mean_of(self) -> Callable:
        return INVERSE_LINKS[self.record.link]

    def __str__(self) -> str:
        parameters = ", ".join(f"{p.name}={x:g}" for p, x in zip(self.record.parameters, self.parameters, strict=True))
        return f"{self.record.name}({parameters})" if parameters else self.record.name


def minimum(cost: Callable, grid: list[mpmath.mpf], steps: int = 90) -> mpmath.mpf:
    """Where a function is least: the best of a grid, then golden sections between its neighbours."""
    with mp.workdps(reference.DIGITS):
        numbers = sorted(grid)
        best = min(range(len(numbers)), key=lambda i: cost(numbers[i]))
        low, high = numbers[max(best - 1, 0)], numbers[min(best + 1, len(numbers) - 1)]
        ratio = (mpmath.sqrt(5) - 1) / 2
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        cost_a, cost_b = cost(a), cost(b)
        for _ in range(steps):
            if cost_a <= cost_b:
                high, b, cost_b = b, a, cost_a
                a = high - ratio * (high - low)
                cost_a = cost(a)
            else:
                low, a, cost_a = a, b, cost_b
                b = low + ratio * (high - low)
                cost_b = cost(b)
        return min((numbers[best], low, high, (low + high) / 2), key=cost)
