"""The referee: every primitive as plain mathematics on mpmath numbers, never optimised, never used outside checks.

Each definition is independent of the algorithm in ``primitives``: it is the textbook expression, evaluated with so many
digits (``DIGITS``) that its cancellation does not matter, or an identity without cancellation where no number would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import mpmath
from mpmath import mp

from lossary.formula import Formula, bind

DIGITS = 60


def _where(condition: bool, a: object, b: object) -> object:
    return a if condition else b


def _sign(x):
    return mpmath.sign(x)


def _minimum(a, b):
    return b if b < a else a


def _maximum(a, b):
    return b if b > a else a


def _log(x):
    return mpmath.log(x) if x != 0 else mp.ninf


def _log1p(x):
    return mpmath.log1p(x) if x != -1 else mp.ninf


def _power(x, a):
    return mpmath.power(x, a)


def _log1pmx(x):
    if abs(x) < mpmath.mpf(10) ** -20:
        return -x * x / 2 + x**3 / 3 - x**4 / 4 + x**5 / 5 - x**6 / 6
    return mpmath.log1p(x) - x


def _expm1mx(x):
    if abs(x) < mpmath.mpf(10) ** -20:
        return x * x / 2 + x**3 / 6 + x**4 / 24 + x**5 / 120 + x**6 / 720
    return mpmath.expm1(x) - x


def _log_ratio(x, y):
    return mpmath.log1p((x - y) / y) if abs(x - y) < y / 2 else _log(x) - _log(y)


def _relative_entropy(x, y, gap):
    if x == 0 or gap == mp.inf:
        return gap
    t = gap / x
    return -x * _log1pmx(t) if abs(t) < 0.5 else x * _log_ratio(x, y) + gap


def _scaled_exp(c, k, x):
    return c * k * mpmath.exp(x) if c != 0 else mp.zero


def _log_cosh(x):
    # log(cosh x) = log1p(2 sinh(x/2)**2) exactly.
    return (
        mpmath.log1p(2 * mpmath.sinh(x / 2) ** 2)
        if abs(x) < 10
        else abs(x) + mpmath.log1p(mpmath.exp(-2 * abs(x))) - mpmath.log(2)
    )


def _softplus(x):
    return mpmath.log1p(mpmath.exp(x)) if x < 0 else x + mpmath.log1p(mpmath.exp(-x))


def _ratio0(x, y):
    if x == 0:
        return mp.zero
    return x / y if y != 0 else mpmath.sign(x) * mp.inf


def _sqrt_ratio_gamma(x):
    return mpmath.exp(mpmath.loggamma(x + mpmath.mpf(1) / 2) - mpmath.loggamma(x)) / mpmath.sqrt(x)


TABLE = {
    "absolute": abs,
    "minimum": _minimum,
    "maximum": _maximum,
    "where": _where,
    "sign": _sign,
    "sqrt": mpmath.sqrt,
    "exp": mpmath.exp,
    "exp_nonpositive": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": _log,
    "log1p": _log1p,
    "log1p_unit": _log1p,
    "power": _power,
    "product_error": lambda a, b: mp.zero,
    "square": lambda x: x * x,
    "softplus": _softplus,
    "log_sigmoid": lambda x: -_softplus(-x),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "sigmoid_slope": lambda x: mpmath.exp(-abs(x)) / (1 + mpmath.exp(-abs(x))) ** 2,
    "tanh": mpmath.tanh,
    "log_cosh": _log_cosh,
    "hypot1": lambda x: mpmath.sqrt(1 + x * x),
    "hypot1_ratio": lambda x: x / (1 + mpmath.sqrt(1 + x * x)),
    "sqrt1pm1": lambda x: x / (1 + mpmath.sqrt(1 + x)),
    "log1p_square": lambda x: mpmath.log1p(x * x),
    "over_1p_square": lambda r, c: r / (1 + (r / c) ** 2),
    "log1p_over": lambda x: mpmath.log1p(x) / x if x != 0 else mp.one,
    "expm1_over": lambda x: mpmath.expm1(x) / x if x != 0 else mp.one,
    "expm1mx": _expm1mx,
    "log1pmx": _log1pmx,
    "xlogy": lambda x, y: x * mpmath.log(y) if x != 0 else mp.zero,
    "xlog1py": lambda x, y: x * mpmath.log1p(y) if x != 0 else mp.zero,
    "product0": lambda x, y: x * y if x != 0 else mp.zero,
    "ratio0": _ratio0,
    "with_slope_of": lambda x, same: x,
    "log_ratio": _log_ratio,
    "one_minus_ratio": lambda x, y: (y - x) / y if y != mp.inf else mp.one,
    "relative_entropy": _relative_entropy,
    "log1p_difference": lambda a, b: mpmath.log1p(a) - mpmath.log1p(b),
    "hypot1_power": lambda x, a: mpmath.power(1 + x * x, a / 2),
    "hypot1_boxcox": lambda x, a: mpmath.expm1(a / 2 * mpmath.log1p(x * x)) / a if a != 0 else mpmath.log1p(x * x) / 2,
    "exp_product": lambda a, x: mpmath.exp(a * x),
    "scaled_exp": _scaled_exp,
    "scaled_exp_product": lambda c, k, a, x: _scaled_exp(c, k, a * x),
    "shifted_softplus": lambda a, x: mpmath.log1p(a * mpmath.exp(x)),
    "sigmoid_power": lambda x, a: mpmath.exp(-a * _softplus(-x)) if a != 0 else mp.one,
    "sqrt_ratio_gamma": _sqrt_ratio_gamma,
    "LOG_2": mpmath.ln2,
    "HALF_LOG_2PI": None,
    "INFINITY": mp.inf,
}


@cache
def _bound(formula: Formula) -> Formula:
    with mp.workdps(DIGITS + 10):
        constants = {"LOG_2": mpmath.log(2), "HALF_LOG_2PI": mpmath.log(2 * mpmath.pi) / 2}
    return bind(formula, {**TABLE, **constants})


def exact(formula: Formula, arguments: Sequence[float], digits: int = DIGITS) -> mpmath.mpf:
    """The formula at these arguments, taken as exact, to about ``digits`` digits.

    A pole is returned as the infinity of its sign where mpmath gives one, else as NaN.
    """
    with mp.workdps(digits):
        try:
            result = _bound(formula)(*(mpmath.mpf(a) for a in arguments))
        except ZeroDivisionError:
            return mp.nan
        return mpmath.mpf(result)


def derivative(formula: Formula, arguments: Sequence[float], index: int, digits: int = DIGITS) -> mpmath.mpf:
    """The derivative of a formula by its argument number ``index``, by differences at high precision."""
    point = [mpmath.mpf(a) for a in arguments]
    bound = _bound(formula)

    def along(t):
        return bound(*point[:index], t, *point[index + 1 :])

    with mp.workdps(digits):
        return mpmath.diff(along, point[index], relative=point[index] != 0, h=mpmath.mpf(10) ** (-digits // 3))
