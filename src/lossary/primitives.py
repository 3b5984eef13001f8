"""Every name a formula may use, with its meaning.

The *base* primitives are what a back end must supply. The *derived* ones are written here once, in terms of
the base, and re-bound with it: cancellation and overflow are handled in them and nowhere else. Unlike a loss's
formula, a derived primitive may hold any float64 constant. As it stands this module is the NumPy back end;
the referee has its own plain mathematical definition of each name (``backends/reference.py``).

Worst errors, in units in the last place of the exact result, are measured by ``make reference`` and committed in
``tests/reference/primitives.json``; ``docs/numerics.md`` prints them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from lossary.formula import Formula, bind

# Base: what each back end supplies in its own terms.

BASE = (
    "absolute",
    "minimum",  # a NaN on either side gives NaN
    "maximum",
    "where",  # both arms are evaluated
    "sign",  # 0 at 0
    "sqrt",
    "exp",
    "exp_nonpositive",  # exp for x <= 0, where nothing can overflow
    "expm1",
    "log",
    "log1p",
    "log1p_unit",  # log1p for 0 <= x <= 1, where a short series will do
    "power",  # x**a for x >= 0, accurate for any a
    "product_error",  # a*b as if exact, minus its rounded value
)

absolute = np.abs
minimum = np.minimum
maximum = np.maximum
where = np.where
sign = np.sign
sqrt = np.sqrt
exp = np.exp
expm1 = np.expm1
log = np.log
log1p = np.log1p
power = np.power


def exp_nonpositive(x):
    """e**x for x <= 0. A function of its own, so that it can be told from ``exp``."""
    return np.exp(x)


def log1p_unit(x):
    """log(1 + x) for 0 <= x <= 1. A function of its own, so that it can be told from ``log1p``."""
    return np.log1p(x)


def _halves(a):
    """Veltkamp's split of a double into two numbers of 26 bits."""
    c = a * 134217729.0
    high = c - (c - a)
    return high, a - high


def product_error(a, b):
    """The rounding error of ``a*b`` by Dekker's product; doi:10.1007/BF01397083."""
    (ah, al), (bh, bl) = _halves(a), _halves(b)
    return ((ah * bh - a * b) + ah * bl + al * bh) + al * bl


CONSTANTS = {
    "LOG_2": math.log(2.0),
    "HALF_LOG_2PI": 0.5 * math.log(2.0 * math.pi),
    "INFINITY": math.inf,
}
LOG_2 = CONSTANTS["LOG_2"]
HALF_LOG_2PI = CONSTANTS["HALF_LOG_2PI"]
INFINITY = CONSTANTS["INFINITY"]

# Derived: one definition for every back end but the referee.


def square(x):
    """x**2."""
    return x * x


def softplus(x):
    """log(1 + e**x)."""
    return maximum(x, 0.0) + log1p_unit(exp(-absolute(x)))


def log_sigmoid(x):
    """log(1 / (1 + e**-x))."""
    return minimum(x, 0.0) - log1p_unit(exp(-absolute(x)))


def sigmoid(x):
    """1 / (1 + e**-x), accurate in both tails."""
    e = exp(-absolute(x))
    return where(x >= 0.0, 1.0, e) / (1.0 + e)


def sigmoid_slope(x):
    """The derivative of sigmoid: sigmoid(x) * sigmoid(-x)."""
    e = exp(-absolute(x))
    return e / ((1.0 + e) * (1.0 + e))


def tanh(x):
    """The hyperbolic tangent."""
    # (1 - q) / (1 + q) for q = e**(-2|x|), with 1 - q = -e (2 + e) for e = e**-|x| - 1.
    e = expm1(-absolute(x))
    q = (1.0 + e) * (1.0 + e)
    return sign(x) * (-e * (2.0 + e) / (1.0 + q))


def log_cosh(x):
    """log(cosh(x)): x**2/2 near zero, |x| - log 2 far out, no digit lost between."""
    # log(1 + (cosh(x) - 1)) near zero, |x| + log(1 + e**(-2|x|)) - log 2 far out, of the parts that tanh is made of.
    a = absolute(x)
    e = expm1(-a)
    q = (1.0 + e) * (1.0 + e)
    near = minimum(a, 0.6) == a
    rest = log1p_unit(where(near, e * e / where(near, 2.0 + 2.0 * e, 1.0), q))
    return where(near, rest, a + (rest - LOG_2))


def hypot1(x):
    """sqrt(1 + x**2) without overflow."""
    a = absolute(x)
    m = minimum(a, 1e10)
    return where(a < 1e10, sqrt(1.0 + m * m), a)


def hypot1_ratio(x):
    """x / (1 + sqrt(1 + x**2)): x/2 near zero, sign(x) far out."""
    a = absolute(x)
    m = minimum(a, 1e18)
    return where(a < 1e18, sign(x) * (m / (1.0 + hypot1(m))), sign(x))


def sqrt1pm1(x):
    """sqrt(1 + x) - 1 for x >= -1."""
    m = minimum(x, 1e30)
    return where(x < 1e30, m / (1.0 + sqrt(1.0 + m)), sqrt(x))


def log1p_square(x):
    """log(1 + x**2) without overflow."""
    # Beyond 1e18 the 1 no longer counts, neither beside x**2 nor beside |x|.
    a = absolute(x)
    m = minimum(a, 1e18)
    rest = log1p(where(a < 1e18, m * m, a))
    return where(a < 1e18, rest, 2.0 * rest)


def over_1p_square(r, c):
    """r / (1 + (r/c)**2) for c > 0, without overflow."""
    # Beyond 1e18 the 1 no longer counts: c (c/r).
    x = absolute(r / c)
    m = minimum(x, 1e18)
    near = x < 1e18
    return where(near, r, c) / where(near, 1.0 + m * m, r) * where(near, 1.0, c)


def log1p_over(x):
    """log(1 + x) / x for x > -1, 1 at zero."""
    safe = where(x == 0.0, 1.0, x)
    return where(x == 0.0, 1.0, log1p(safe) / safe)


def expm1_over(x):
    """(e**x - 1) / x, 1 at zero."""
    # Near the overflow of e**x by two halves, of which the first is divided in time.
    big = x > 700.0
    safe = where((x == 0.0) | big, 1.0, x)
    h = exp(0.5 * where(big, x, 0.0))
    far = h / minimum(maximum(x, 1.0), 1e4) * h
    return where(big, far, where(x == 0.0, 1.0, expm1(safe) / safe))


def expm1mx(x):
    """e**x - 1 - x: x**2/2 near zero, where the plain difference loses every digit."""
    m = minimum(maximum(x, -1.0), 1.0)
    # The Taylor series; what is left out is 2/20! = 8e-19 of the sum at |x| = 1.
    s = 1.0 / 6402373705728000.0 + m / 121645100408832000.0
    s = 1.0 / 355687428096000.0 + m * s
    s = 1.0 / 20922789888000.0 + m * s
    s = 1.0 / 1307674368000.0 + m * s
    s = 1.0 / 87178291200.0 + m * s
    s = 1.0 / 6227020800.0 + m * s
    s = 1.0 / 479001600.0 + m * s
    s = 1.0 / 39916800.0 + m * s
    s = 1.0 / 3628800.0 + m * s
    s = 1.0 / 362880.0 + m * s
    s = 1.0 / 40320.0 + m * s
    s = 1.0 / 5040.0 + m * s
    s = 1.0 / 720.0 + m * s
    s = 1.0 / 120.0 + m * s
    s = 1.0 / 24.0 + m * s
    s = 1.0 / 6.0 + m * s
    s = 1.0 / 2.0 + m * s
    return where(x == m, m * m * s, expm1(x) - minimum(x, 1e4))


def log1pmx(x):
    """log(1 + x) - x for x > -1: -x**2/2 near zero, where the plain difference loses every digit."""
    # Where log1p(x) and x still cancel, log(2 (1 + u)) or log((1 + u) / 2) leaves a difference that does not.
    low = (x < -0.4) & (x > -0.7)
    high = (x > 0.7) & (x < 1.8)
    u = where(low, 2.0 * (x + 0.5), where(high, 0.5 * (x - 1.0), x))
    rest = where(low, (x + 0.5) - 0.19314718055994531, -0.3068528194400547 - u)
    m = minimum(maximum(u, -0.4), 0.7)
    w = m / (2.0 + m)
    z = w * w
    # 2 atanh(w) = log1p(m) as a series; |w| <= 0.26, so z**14/31 is below half an ulp.
    s = 1.0 / 29.0
    s = 1.0 / 27.0 + z * s
    s = 1.0 / 25.0 + z * s
    s = 1.0 / 23.0 + z * s
    s = 1.0 / 21.0 + z * s
    s = 1.0 / 19.0 + z * s
    s = 1.0 / 17.0 + z * s
    s = 1.0 / 15.0 + z * s
    s = 1.0 / 13.0 + z * s
    s = 1.0 / 11.0 + z * s
    s = 1.0 / 9.0 + z * s
    s = 1.0 / 7.0 + z * s
    s = 1.0 / 5.0 + z * s
    s = 1.0 / 3.0 + z * s
    near = w * (2.0 * z * s - m)
    return where(u == m, near + where(low | high, rest, 0.0), log1p(minimum(x, 1e30)) - x)


def xlogy(x, y):
    """x * log(y), 0 where x is 0."""
    return x * log(where(x == 0.0, 1.0, y))


def xlog1py(x, y):
    """x * log(1 + y), 0 where x is 0."""
    return x * log1p(where(x == 0.0, 0.0, y))


def product0(x, y):
    """x * y, 0 where x is 0 (also at infinite y)."""
    return x * where(x == 0.0, 0.0, y)


def ratio0(x, y):
    """x / y, 0 where x is 0 (also at y = 0)."""
    return x / where(x == 0.0, 1.0, y)


def with_slope_of(x, same):
    """x, which is ``same`` written with more digits, or at its limit; its derivatives are those of ``same``."""
    return x


def log_ratio(x, y):
    """log(x / y) for positive x and y, with every digit when they are close."""
    close = (x < 2.0 * y) & (y < 2.0 * x)
    q = where(close, x - y, x) / y
    # Where the quotient overflows or loses digits, the difference of the logarithms is so large that it loses none.
    plain = (q > 1e-290) & (q < 1e290)
    far = log(where(plain, q, x)) - log(where(plain, 1.0, y))
    return where(close, log1p(where(close, q, 0.0)), far)


def one_minus_ratio(x, y):
    """1 - x/y for x >= 0 and y > 0, with every digit when they are close."""
    far = x < 0.5 * y
    return where(far, 1.0 - x / y, (y - where(far, y, x)) / y)


def relative_entropy(x, y, gap):
    """x log(x/y) - x + y for x >= 0 and y > 0, given ``gap`` = y - x; y itself is read only below 0.3 x."""
    safe = where(x == 0.0, 1.0, x)
    bounded = gap < 3.0 * x
    t = where(bounded, gap, 0.0) / safe
    close = bounded & (t > -0.7)
    # An infinite y must not meet its own logarithm.
    other = where(close | (x == 0.0) | (gap == INFINITY), safe, where(bounded, y, x + gap))
    slope = where(close, -log1pmx(where(close, t, 0.0)), t + log_ratio(safe, other))
    return x * slope + where(bounded, 0.0, gap)


def log1p_difference(a, b):
    """log(1 + a) - log(1 + b) for a and b above -1, with every digit when they are close."""
    low = minimum(a, b)
    high = maximum(a, b)
    # With zero between them the two logarithms differ in sign and nothing cancels, but the quotient could overflow.
    astride = (low < 0.0) & (high > 0.0)
    size = where(astride, log1p(high) - log1p(low), log1p((high - low) / (1.0 + where(astride, 0.0, low))))
    return where(a < b, -size, size)


def hypot1_power(x, a):
    """(1 + x**2)**(a/2): by a logarithm near zero, where hypot1 rounds to 1, by a power far out."""
    m = minimum(absolute(x), 1.0)
    return where(absolute(x) < 1.0, exp(0.5 * a * log1p(m * m)), power(hypot1(x), a))


def hypot1_boxcox(x, a):
    """((1 + x**2)**(a/2) - 1) / a, which is log(1 + x**2)/2 at a = 0."""
    # Where the power is within a factor e of 1, subtracting 1 would cancel; elsewhere it does not. The power is
    # taken by halves, as the whole may overflow before it is divided.
    size = 0.5 * log1p_square(x)
    p = where(a == 0.0, 0.0, a * size)
    h = power(hypot1(x), 0.5 * a)
    safe = where(a == 0.0, 1.0, a)
    return where(absolute(p) < 1.0, size * expm1_over(p), h / safe * h - 1.0 / safe)


def exp_product(a, x):
    """e**(a*x), exact to the rounding of a*x, which plain exp magnifies |a*x| times."""
    p = minimum(maximum(a * x, -1000.0), 1000.0)
    inside = (p == a * x) & (absolute(a) < 1e290) & (absolute(x) < 1e290)
    e = product_error(where(inside, a, 0.0), where(inside, x, 0.0))
    main = exp(p)
    return where(inside & (main < INFINITY), main + main * e, main)


def scaled_exp(c, k, x):
    """c * k * e**x, 0 where c is 0, for a constant k of ordinary size; nothing overflows on the way."""
    # Far out in four steps: their few ulps are less than one ulp of x does there.
    t = where(c == 0.0, 0.0, x)
    near = absolute(t) < 64.0
    q = exp(where(near, t, 0.25 * t))
    r = where(near, 1.0, q)
    return c * (k * q) * r * r * r


def scaled_exp_product(c, k, a, x):
    """c * k * e**(a*x), 0 where c is 0, as exact as ``exp_product`` and as safe as ``scaled_exp``."""
    t = where(c == 0.0, 0.0, x)
    near = absolute(a * t) < 64.0
    q = exp_product(where(near, a, 0.25 * a), t)
    r = where(near, 1.0, q)
    return c * (k * q) * r * r * r


def shifted_softplus(a, x):
    """log(1 + a e**x) for a > 0: softplus(x + log(a)) without the rounding of that sum, which e**x would magnify."""
    u = scaled_exp(a, 1.0, x)
    fits = u < 1e300
    return where(fits, log1p(where(fits, u, 0.0)), x + log(a))


def sigmoid_power(x, a):
    """sigmoid(x)**a for a >= 0, 1 where a is 0: a log sigmoid(x) is off by an ulp or two of itself, never more."""
    return exp_product(a, where(a == 0.0, 0.0, log_sigmoid(x)))


def sqrt_ratio_gamma(x):
    """Gamma(x + 1/2) / (Gamma(x) sqrt(x)) for x > 0, the constant of a Student density."""
    # (Gamma(z + 1/2) / Gamma(z))**2 = w + (1/4)/(8w + 9/(8w + 25/(8w + ...))) at w = z - 1/4, a continued fraction of
    # Ramanujan's; cut here it is good to 4e-18 from z = 8 on. A smaller x is first moved up by 8 with the recurrence,
    # whose product (x + 1)...(x + 7) / ((x + 1/2)...(x + 15/2)) is, in partial fractions, a sum of positive terms.
    near = x < 8.0
    a = minimum(x, 8.0)
    r = 3432.0 / (a + 0.5) + 1848.0 / (a + 1.5)
    r = r + (1512.0 / (a + 2.5) + 1400.0 / (a + 3.5))
    r = r + ((1400.0 / (a + 4.5) + 1512.0 / (a + 5.5)) + (1848.0 / (a + 6.5) + 3432.0 / (a + 7.5)))
    w = where(near, x + 7.75, x - 0.25)
    t = 8.0 * w
    t = 8.0 * w + 225.0 / t
    t = 8.0 * w + 169.0 / t
    t = 8.0 * w + 121.0 / t
    t = 8.0 * w + 81.0 / t
    t = 8.0 * w + 49.0 / t
    t = 8.0 * w + 25.0 / t
    t = 8.0 * w + 9.0 / t
    squared = w + 0.25 / t
    return where(near, sqrt(a) * sqrt(squared) * (r / 16384.0), sqrt(squared / maximum(x, 8.0)))


DERIVED: tuple[Formula, ...] = (
    square,
    softplus,
    log_sigmoid,
    sigmoid,
    sigmoid_slope,
    tanh,
    log_cosh,
    hypot1,
    hypot1_ratio,
    sqrt1pm1,
    log1p_square,
    over_1p_square,
    log1p_over,
    expm1_over,
    expm1mx,
    log1pmx,
    xlogy,
    xlog1py,
    product0,
    ratio0,
    with_slope_of,
    log_ratio,
    one_minus_ratio,
    relative_entropy,
    log1p_difference,
    hypot1_power,
    hypot1_boxcox,
    exp_product,
    scaled_exp,
    scaled_exp_product,
    shifted_softplus,
    sigmoid_power,
    sqrt_ratio_gamma,
)

NAMES = (*BASE, *(f.__name__ for f in DERIVED), *CONSTANTS)


def table(
    base: Mapping[str, object],
    compiled: Callable = lambda f: f,
    literal: Callable[[float], object] | None = None,
) -> dict[str, object]:
    """A back end's whole table: its base, the constants, and the derived primitives bound to them.

    ``compiled`` wraps each bound function before the next one may call it (a JIT decorator); ``literal`` converts
    constants to the back end's arithmetic.
    """
    constants = {name: literal(c) if literal else c for name, c in CONSTANTS.items()}
    names: dict[str, object] = {**base, **constants}
    for formula in DERIVED:
        # A back end may have a better one of its own.
        if formula.__name__ not in base:
            names[formula.__name__] = compiled(bind(formula, names, literal))
    return names
