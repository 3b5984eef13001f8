"""The referee for textbook forms: rows of mpmath numbers, with as many digits as a form needs to keep forty.

A textbook form cancels where the computed one does not: the difference of nearly equal numbers costs it hundreds of
digits. So it is taken with more and more until it agrees with the value, or there are none left to blame.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import mpmath
from mpmath import mp

from lossary.backends.reference import TABLE
from lossary.formula import Formula, bind

AGREED = 40
"""Digits that value and textbook form must share."""
NOTHING = mpmath.mpf(10) ** -1000
PRECISIONS = (80, 200, 800, 2400)

Number = Any


class Numbers:
    """A row of numbers, or one number that goes with any row; arithmetic is class by class, and x/0 is infinite."""

    def __init__(self, numbers: Iterable[Number]) -> None:
        self.row = tuple(numbers)

    def __add__(self, other: object) -> Numbers:
        return _each(operator.add, self, other)

    def __radd__(self, other: object) -> Numbers:
        return _each(operator.add, other, self)

    def __sub__(self, other: object) -> Numbers:
        return _each(operator.sub, self, other)

    def __rsub__(self, other: object) -> Numbers:
        return _each(operator.sub, other, self)

    def __mul__(self, other: object) -> Numbers:
        return _each(operator.mul, self, other)

    def __rmul__(self, other: object) -> Numbers:
        return _each(operator.mul, other, self)

    def __truediv__(self, other: object) -> Numbers:
        return _each(_quotient, self, other)

    def __rtruediv__(self, other: object) -> Numbers:
        return _each(_quotient, other, self)

    def __pow__(self, other: object) -> Numbers:
        return _each(mpmath.power, self, other)

    def __neg__(self) -> Numbers:
        return _each(operator.neg, self)

    def __lt__(self, other: object) -> Numbers:
        return _each(operator.lt, self, other)

    def __le__(self, other: object) -> Numbers:
        return _each(operator.le, self, other)

    def __gt__(self, other: object) -> Numbers:
        return _each(operator.gt, self, other)

    def __ge__(self, other: object) -> Numbers:
        return _each(operator.ge, self, other)

    def __eq__(self, other: object) -> Numbers:  # type: ignore[override]
        return _each(operator.eq, self, other)

    __hash__ = object.__hash__

    def __and__(self, other: object) -> Numbers:
        return _each(operator.and_, self, other)

    def __or__(self, other: object) -> Numbers:
        return _each(operator.or_, self, other)


def _each(function: Callable[..., Number], *operands: object) -> Numbers:
    """The function of each class's numbers; NaN where it has none that is real."""
    rows = [x.row if isinstance(x, Numbers) else (mpmath.mpf(x),) for x in operands]
    size = max(map(len, rows))
    return Numbers(_real(function, *(row[i if len(row) > 1 else 0] for row in rows)) for i in range(size))


def _real(function: Callable[..., Number], *numbers: Number) -> Number:
    try:
        answer = function(*numbers)
    except (ArithmeticError, ValueError):
        return mp.nan
    return mp.nan if isinstance(answer, mpmath.mpc) else answer


def _quotient(a: Number, b: Number) -> Number:
    return a / b if b != 0 else mpmath.sign(a) * mp.inf


# The words of ``lossary.textbook``.


def _total(x: Numbers) -> Numbers:
    return Numbers([mpmath.fsum(x.row)])


def _running(x: Numbers) -> Numbers:
    return Numbers(mpmath.fsum(x.row[: i + 1]) for i in range(len(x.row)))


def _running_back(x: Numbers) -> Numbers:
    return Numbers(_running(Numbers(x.row[::-1])).row[::-1])


def _softmax(x: Numbers) -> Numbers:
    e = _each(mpmath.exp, x)
    return e / _total(e)


def _threshold(x: Numbers, a: float) -> Numbers:
    tau = max(x.row) - 1
    for _ in range(10_000):
        over = [number - tau for number in x.row if number > tau]
        step = (mpmath.fsum(o**a for o in over) - 1) / mpmath.fsum(a * o ** (a - 1) for o in over)
        tau += step
        if abs(step) <= mpmath.mpf(10) ** (5 - mp.dps) * max(1, abs(tau)):
            return Numbers([tau])
    raise ArithmeticError("the threshold is not found")


def _words() -> dict[str, object]:
    return {
        "total": _total,
        "largest": lambda x: Numbers([max(x.row)]),
        "running": _running,
        "running_back": _running_back,
        "softmax": _softmax,
        "threshold": _threshold,
        "previous": lambda x, first: Numbers([*_each(operator.pos, first).row, *x.row]),
        "extended": lambda x, last: Numbers([*x.row, *_each(operator.pos, last).row]),
        "classes": lambda x: Numbers([mpmath.mpf(len(x.row))]),
        "named": lambda x, letter: x,
        "lgamma": lambda x: _each(mpmath.loggamma, x),
        "PI": Numbers([+mp.pi]),
        "LOG_2": Numbers([mpmath.log(2)]),
        "HALF_LOG_2PI": Numbers([mpmath.log(2 * mp.pi) / 2]),
    }


def _lifted(primitive: object) -> object:
    if not callable(primitive) or isinstance(primitive, mpmath.mpf):
        return primitive
    function = primitive
    return lambda *operands: _each(function, *operands)


def textbook_values(
    formula: Formula, y: object, f: object, parameters: Sequence[float] = (), digits: int = PRECISIONS[0]
) -> tuple[Number, ...]:
    """A textbook form at a target and a prediction, numbers or rows, taken as exact: its number, or one a class."""
    rows = [x if isinstance(x, Sequence) else (x,) for x in (y, f, *parameters)]
    with mp.workdps(digits):
        table = {name: _lifted(primitive) for name, primitive in TABLE.items()} | _words()
        answer = bind(formula, table)(*(Numbers(mpmath.mpf(x) for x in row) for row in rows))
        return _each(operator.pos, answer).row


def contradicts(
    values: Sequence[Number], formula: Formula, y: object, f: object, parameters: Sequence[float] = ()
) -> str | None:
    """What the textbook form gives where values are not the same to forty digits; None where they are."""
    for digits in PRECISIONS:
        textbook = textbook_values(formula, y, f, parameters, digits)
        if len(textbook) == len(values) and all(map(agree, values, textbook)):
            return None
    return ", ".join(mpmath.nstr(number, 17) for number in textbook)


def agree(a: Number, b: Number, digits: int = AGREED) -> bool:
    """Whether two numbers are the same to so many digits; what differs by less than any float is the same, too."""
    if not (mpmath.isfinite(a) and mpmath.isfinite(b)):
        return bool(a == b or (mpmath.isnan(a) and mpmath.isnan(b)))
    with mp.workdps(digits + 20):
        return bool(abs(a - b) <= max(mpmath.mpf(10) ** -digits * max(abs(a), abs(b)), NOTHING))
