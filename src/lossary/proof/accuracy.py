"""The accuracy rule: how far a computed number may be from the exact one.

``|got - exact| <= 4 ulp(exact) + 2 * sum |d exact / d input| * ulp(input)``

for inputs taken as exact. The first term asks for accuracy; the second forgives only what the inputs cannot resolve.
The derivative is taken as the change of the exact value when an input moves by one ulp either way, which also says what
a jump at a kink may do: within one ulp of it, either side's value will pass, elsewhere none but the right one.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import mpmath
import numpy as np

from lossary.backends import reference
from lossary.formula import QUANTITIES, Formula, Loss
from lossary.proof.points import Point, sweep

ULPS = 4.0
DTYPES: dict[str, type] = {"float64": np.float64, "float32": np.float32}


def quantities(loss: Loss) -> list[str]:
    """The formulas that a loss has."""
    return [q for q in QUANTITIES if getattr(loss, q) is not None]


@dataclass(frozen=True)
class Worst:
    """The worst error of a quantity: in ulps of what the rule allows (4 is the limit), and where."""

    ulps: float
    point: Point
    got: float
    exact: float

    def __str__(self) -> str:
        at = ", ".join(f"{x!r}" for x in self.point)
        return f"{self.ulps:.3g} of 4 ulp at (y, f, *parameters) = ({at}): got {self.got!r}, exact {self.exact!r}"


@lru_cache(maxsize=200_000)
def exact_at(formula: Formula, point: Point) -> mpmath.mpf:
    """The referee's value, kept: every back end is compared with it."""
    return reference.exact(formula, point)


def spacing(number: mpmath.mpf, dtype: type) -> float:
    """One unit in the last place of ``number`` in ``dtype``."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = min(abs(dtype(float(number))), np.finfo(dtype).max)
        below = np.nextafter(rounded, dtype(0))
        return float(np.spacing(below if rounded == np.finfo(dtype).max else rounded))


def slack(formula: Formula, point: Point, dtype: type) -> mpmath.mpf:
    """Twice the change of the exact value when each input in turn moves by one ulp."""
    centre = exact_at(formula, point)
    total = mpmath.mpf(0)
    for i, x in enumerate(point):
        changes = []
        for towards in (math.inf, -math.inf):
            moved = float(np.nextafter(dtype(x), dtype(towards)))
            # One ulp may lead out of the domain, where the exact formula is complex.
            with mpmath.workdps(reference.DIGITS), contextlib.suppress(TypeError):
                exact_moved = exact_at(formula, (*point[:i], moved, *point[i + 1 :]))
                if mpmath.isfinite(exact_moved):
                    changes.append(abs(exact_moved - centre))
        total += max(changes, default=mpmath.mpf(0))
    return 2 * total


def plain_error(exact: mpmath.mpf, got: float, dtype: type) -> float:
    """The distance from the exact number in its ulps; 0 for the right infinity or NaN, infinite for a wrong one."""
    if mpmath.isnan(exact) or math.isnan(got):
        return 0.0 if mpmath.isnan(exact) and math.isnan(got) else math.inf
    largest = float(np.finfo(dtype).max)
    if mpmath.isinf(exact) or abs(exact) > largest + spacing(mpmath.mpf(largest), dtype) / 2:
        overflows = math.isinf(got) and (got > 0) == (exact > 0)
        if overflows or mpmath.isinf(exact):
            return 0.0 if overflows else math.inf
    if math.isinf(got):
        # Right only if the rule's interval reaches past the largest number.
        reaches = (got > 0) == (exact > 0) and abs(exact) * (1 + 8 * np.finfo(dtype).eps) >= largest
        return 0.0 if reaches else math.inf
    with mpmath.workdps(reference.DIGITS):
        return float(abs(mpmath.mpf(got) - exact) / spacing(exact, dtype))


def error(formula: Formula, point: Point, got: float, dtype: type) -> float:
    """The error in ulps of the rule: at most 4 where it holds."""
    exact = exact_at(formula, point)
    plain = plain_error(exact, got, dtype)
    if plain <= ULPS or not (math.isfinite(got) and mpmath.isfinite(exact)):
        return plain
    with mpmath.workdps(reference.DIGITS):
        distance = abs(mpmath.mpf(got) - exact)
        return float(ULPS * distance / (ULPS * spacing(exact, dtype) + slack(formula, point, dtype)))


Evaluate = Callable[[Loss, str, list[Point], type], np.ndarray]
"""Computes a quantity of a loss at points, each ``(y, f, *parameters)``, in a dtype."""


def worst(
    loss: Loss,
    quantity: str,
    dtype: type,
    evaluate: Evaluate,
    points: Iterable[Point] | None = None,
    floor: float = 0.0,
) -> Worst:
    """The worst error of a back end over the sweep; one of no more than ``floor`` counts as none."""
    tested = list(sweep(loss, dtype) if points is None else points)
    computed = evaluate(loss, quantity, tested, dtype)
    formula = loss.quantity(quantity)
    errors = (
        Worst(
            0.0 if _is_within(floor, formula, p, float(got)) else error(formula, p, float(got), dtype),
            p,
            float(got),
            float(exact_at(formula, p)),
        )
        for p, got in zip(tested, computed, strict=True)
    )
    return max(errors, key=lambda w: w.ulps)


def _is_within(floor: float, formula: Formula, point: Point, got: float) -> bool:
    return floor > 0.0 and math.isfinite(got) and bool(abs(exact_at(formula, point) - mpmath.mpf(got)) <= floor)


def worst_plain(loss: Loss, quantity: str, dtype: type, evaluate: Evaluate, points: Iterable[Point]) -> Worst:
    """The same without the rule's allowance for what the inputs cannot resolve."""
    tested = list(points)
    exact = [exact_at(loss.quantity(quantity), p) for p in tested]
    computed = evaluate(loss, quantity, tested, dtype)
    errors = (
        Worst(plain_error(e, float(got), dtype), p, float(got), float(e))
        for p, e, got in zip(tested, exact, computed, strict=True)
    )
    return max(errors, key=lambda w: w.ulps)
