"""What a right answer is: exact values by the referee, and the algebra of weights in fractions.

Values and derivatives come from the library's own formulas under mpmath; nothing here knows a loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import mpmath
import numpy as np

from lossary.backends import numpy as numpy_backend
from lossary.formula import Loss
from lossary.proof.accuracy import ULPS, exact_at, slack, spacing

DIGITS = {"f8": (53, -1074, 1024), "f4": (24, -149, 128), "f2": (11, -24, 16), "bf16": (8, -133, 128)}
"""Of each dtype: the bits of its fraction, the exponent of its smallest number, and that of the first too large."""

AFTER = 4
"""Ulps that weighing, dividing and rounding may cost beyond the error of the formula."""


FAR = 4000
"""The exponent beyond which a number counts as one of that size: no weight brings it back into a double's range."""


def fraction(number: mpmath.mpf) -> Fraction:
    """The same number."""
    sign, mantissa, exponent, bits = number._mpf_
    if mantissa and abs(exponent + bits) > FAR:
        mantissa, exponent = 1, math.copysign(FAR, exponent)
    whole = Fraction(int(mantissa)) * (Fraction(2) ** int(exponent))
    return -whole if sign else whole


def ulp(number: Fraction, kind: str) -> Fraction:
    """A unit in the last place of a number of that size."""
    bits, smallest, _ = DIGITS[kind]
    size = abs(number)
    if not size:
        return Fraction(2) ** smallest
    place = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** place > size:
        place -= 1
    return Fraction(2) ** max(place - bits + 1, smallest)


def largest(kind: str) -> Fraction:
    """The number from which on rounding gives infinity."""
    bits, _, beyond = DIGITS[kind]
    return Fraction(2) ** beyond * (1 - Fraction(1, 2 ** (bits + 1)))


def shown(number: Fraction) -> str:
    """In words, whatever its size."""
    return mpmath.nstr(mpmath.mpf(number.numerator) / number.denominator, 17)


@dataclass(frozen=True)
class Answer:
    """A quantity of one example: its exact value and how far off a computed one may be, or an infinity or NaN."""

    centre: Fraction = Fraction(0)
    allowed: Fraction = Fraction(0)
    special: float | None = None

    def __str__(self) -> str:
        return f"{shown(self.centre)} +- {shown(self.allowed)}" if self.special is None else f"{self.special}"


@lru_cache(maxsize=100_000)
def answer(loss: Loss, quantity: str, point: tuple[float, ...], dtype: type) -> Answer:
    """The referee's answer at ``(y, f, *parameters)`` under the accuracy rule of a dtype."""
    f = point[1]
    if math.isnan(f):
        return Answer(special=math.nan)
    formula = loss.quantity(quantity)
    if math.isinf(f):
        # The limit; at an end outside the domain, such as a predicted mean of -inf, there is none.
        if math.copysign(math.inf, f) not in (loss.prediction.low, loss.prediction.high):
            return Answer(special=math.nan)
        limit = float(numpy_backend.evaluate(formula, np.array([point[0]]), np.array([f]), *point[2:])[0])
        if not math.isfinite(limit):
            return Answer(special=limit)
        centre = Fraction(limit)
        return Answer(centre, Fraction(ULPS) * ulp(centre, "f8" if dtype is np.float64 else "f4"))
    with np.errstate(over="ignore", under="ignore"):
        return _within_the_domain(loss, quantity, point, dtype)


def _within_the_domain(loss: Loss, quantity: str, point: tuple[float, ...], dtype: type) -> Answer:
    formula = loss.quantity(quantity)
    found = exact_at(formula, point)
    if isinstance(found, mpmath.mpc) or mpmath.isnan(found):
        return Answer(special=math.nan)
    if mpmath.isinf(found):
        return Answer(special=float(found))
    allowed = Fraction(ULPS) * Fraction(spacing(found, dtype)) + fraction(mpmath.mpf(slack(formula, point, dtype)))
    return Answer(fraction(mpmath.mpf(found)), allowed)


def scaled_right(got: float, answer: Answer, factor: Fraction, kind: str, arithmetic: str) -> bool:
    """Whether ``got``, of the dtype ``kind``, may stand for the answer times ``factor``, which is not zero."""
    if answer.special is not None:
        return math.isnan(got) if math.isnan(answer.special) else got == answer.special
    if math.isnan(got):
        return False
    centre = answer.centre * factor
    allowed = answer.allowed * factor
    if factor != 1:
        allowed += AFTER * ulp(centre, arithmetic)
    if kind != arithmetic:
        allowed += ulp(centre, kind) / 2
    if math.isinf(got):
        # The quantity itself may be beyond the largest number, or only what it is multiplied to.
        beyond = abs(answer.centre) + answer.allowed >= largest(arithmetic) or abs(centre) + allowed >= largest(kind)
        return beyond and (got > 0) == (answer.centre > 0)
    return abs(Fraction(got) - centre) <= allowed


def cost_right(
    got: float, answers: Sequence[Answer], weights: Sequence[Fraction], divisor: Fraction, root: bool, arithmetic: str
) -> bool:
    """Whether ``got`` may stand for the sum of weight times answer over the divisor, rounded once."""
    counting = [(a, w) for a, w in zip(answers, weights, strict=True) if w]
    special = {a.special for a, _ in counting if a.special is not None}
    numbers = [(a, w) for a, w in counting if a.special is None]
    sure, maybe = _overflows([a for a, _ in numbers], arithmetic)
    if special or sure:
        expected = sum(special) + sum(sure)
        return math.isnan(got) if math.isnan(expected) else got == expected
    if maybe and math.isinf(got):
        return True
    total = sum((a.centre * w for a, w in numbers), Fraction(0)) / divisor
    # Each product of a weight and a loss is rounded to a double.
    off = sum(((a.allowed + abs(a.centre) / 2**52) * w for a, w in numbers), Fraction(0)) / divisor
    low, high = total - off, total + off
    if math.isnan(got):
        return False
    if root and math.isfinite(got):
        return low <= _squared(got, 1) and _squared(got, -1) <= high
    if math.isinf(got):
        return (high if got > 0 else -low) >= largest("f8")
    near = ulp(Fraction(got), "f8")
    return low - near <= Fraction(got) <= high + near


def _squared(got: float, way: int) -> Fraction:
    """The square of a root, or of its neighbour two ulps on."""
    moved = max(Fraction(got) + way * 2 * ulp(Fraction(got), "f8"), Fraction(0))
    return moved * moved


def _overflows(answers: Sequence[Answer], arithmetic: str) -> tuple[list[float], bool]:
    """The infinities that some losses surely are in their arithmetic, and whether another may be one."""
    edge = largest(arithmetic)
    sure = [math.inf if a.centre > 0 else -math.inf for a in answers if abs(a.centre) - a.allowed >= edge]
    return sure, any(abs(a.centre) + a.allowed >= edge for a in answers)
