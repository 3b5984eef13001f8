"""The base primitives as straight-line code that LLVM turns into vector instructions.

Each is a range reduction, a polynomial (near-minimax, fitted with mpmath at 60 digits) and a reassembly by integer
arithmetic on the exponent: no table, no branch, no libm call. Measured errors are in ``docs/numerics.md``: below 1 ulp
but for ``expm1`` (1.3) and ``log1p_unit`` (1.6). Nothing is contracted or reordered, so that no compensation is undone.
"""

import math

from lossary.backends.cpu.arithmetic.operations import as_f64, bits, fma, from_bits, magnitude, root, select

INFINITY = math.inf
NAN = math.nan

# ln 2 in two parts; the first has 22 trailing zeros, so that its product with an exponent is exact.
LN2_HIGH = 0.6931471801362932
LN2_LOW = 4.236521365809284e-10
INVERSE_LN2 = 1.4426950408889634
ROUNDER = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer, held in the low bits
ROUNDER_BITS = 0x4338000000000000
ONE_BITS = 0x3FF0000000000000
ROOT_HALF_BITS = 0x3FE6A09E667F3BCD
FRACTION_MASK = 0x000FFFFFFFFFFFFF
LIFTED, LOWERING = (1023 + 64) << 52, 2.0**-64


def absolute(x):
    return magnitude(x)


def where(condition, a, b):
    return select(condition, a, b)


# One instruction each, at a price: a NaN survives in the first operand only. The kernels guard the predictions
# themselves, and a test compares every loss at NaN and infinity with NumPy, whose minimum and maximum keep either.
def minimum(a, b):
    return select(b < a, b, a)


def maximum(a, b):
    return select(b > a, b, a)


def sign(x):
    return select(x > 0.0, 1.0, select(x < 0.0, -1.0, x))


def sqrt(x):
    return root(x)


def product_error(a, b):
    return fma(a, b, -(a * b))


def _tail(r):
    """(e**r - 1 - r) for |r| <= log(2)/2; error 1e-18 of r."""
    r2 = r * r
    r4 = r2 * r2
    a = fma(r, 0.041666666666666664, 0.16666666666666669)
    b = fma(r, 0.0013888888888886552, 0.008333333333330062)
    c = fma(r, 2.4801587317144498e-05, 0.00019841269863053618)
    d = fma(r, 2.755728296954995e-07, 2.7557268459997064e-06)
    e = fma(r, 2.0911236630261545e-09, 2.510038549551032e-08)
    low = fma(r2, b, a)
    high = fma(r2, d, c)
    q = fma(r4, fma(r4, e, high), low)
    return r2 * fma(r, q, 0.5)


def _reduced(x):
    """x = k log(2) + r: k in the low bits of the first result, k as a double, and r."""
    shifted = fma(x, INVERSE_LN2, ROUNDER)
    k = shifted - ROUNDER
    r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, x))
    return bits(shifted) - ROUNDER_BITS, k, r


def _scaled(x, k):
    """x * 2**k for |k| < 2046, rounding once where the result is subnormal."""
    half = k >> 1
    return x * from_bits((half + 1023) << 52) * from_bits((k - half + 1023) << 52)


def _clamped(x):
    """x within the range where e**x is neither 0 nor infinite, and a little past it."""
    return select(x > 710.0, 710.0, select(x < -746.0, -746.0, x))


def exp(x):
    k, _, r = _reduced(_clamped(x))
    return _scaled(1.0 + (r + _tail(r)), k)


def exp_nonpositive(x):
    """e**x for x <= 0: nothing to clamp above, and the power of two in one piece."""
    x = select(x < -746.0, -746.0, x)
    shifted = fma(x, INVERSE_LN2, ROUNDER)
    k = shifted - ROUNDER
    r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, x))
    # 2**64 too much keeps the power of two normal, and taking it back rounds once where the result is subnormal.
    return (1.0 + (r + _tail(r))) * from_bits((bits(shifted) << 52) + LIFTED) * LOWERING


def expm1(x):
    k, _, r = _reduced(select(x > 710.0, 710.0, select(x < -60.0, -60.0, x)))
    missing = 1.0 - from_bits((1023 - _at_most_1000(k)) << 52)
    tail = _tail(r)
    return select(k == 0, r + tail, _scaled((missing + r) + tail, k))


def _at_most_1000(k):
    """k, at most 1000: 2**-k no longer matters beyond."""
    return select(k > 1000, 1000, k)


def _series(s):
    """(2 atanh(s) - 2 s) / s for |s| <= 3 - 2 sqrt(2); error 9e-18."""
    z = s * s
    z2 = z * z
    a = fma(z, 0.3999999999989889, 0.666666666666667)
    b = fma(z, 0.22222211089379496, 0.28571428626253836)
    c = fma(z, 0.15331611722055008, 0.1818289243253687)
    q = fma(z2, fma(z2, fma(z2, 0.14617807153417325, c), b), a)
    return z * q


def _split(x):
    """x = 2**k m with m in [sqrt(1/2), sqrt(2)), for normal x > 0: k and m."""
    pattern = bits(x) + (ONE_BITS - ROOT_HALF_BITS)
    k = (pattern >> 52) - 1023
    return k, from_bits((pattern & FRACTION_MASK) + ROOT_HALF_BITS)


def _log_parts(f, lost, k):
    """k log(2) + log(1 + f + lost), for 1 + f in [sqrt(1/2), sqrt(2)] and a tiny ``lost``."""
    s = f / (2.0 + f)
    half_square = 0.5 * f * f
    correction = fma(s, half_square + _series(s), fma(k, LN2_LOW, lost))
    return fma(k, LN2_HIGH, f - (half_square - correction))


def log(x):
    tiny = x < 2.2250738585072014e-308
    k, m = _split(select(tiny, x * 18014398509481984.0, x))
    result = _log_parts(m - 1.0, 0.0, as_f64(k) - select(tiny, 54.0, 0.0))
    return select(x > 0.0, select(x < INFINITY, result, x), select(x == 0.0, -INFINITY, NAN))


def log1p(x):
    u = 1.0 + x
    k, m = _split(u)
    lost = select(x > 1.0, 1.0 - (u - x), x - (u - 1.0))
    lost = lost * from_bits((1023 - _at_most_1000(k)) << 52)
    f = (m - 1.0) + lost
    result = _log_parts(f, lost - (f - (m - 1.0)), as_f64(k))
    return select(x > -1.0, select(x < INFINITY, result, x), select(x == -1.0, -INFINITY, NAN))


def log1p_unit(x):
    """log(1 + x) for 0 <= x <= 1 as 2 atanh(x / (2 + x)): no exponent to split off, nothing to compensate; 1.6 ulp."""
    s = x / (2.0 + x)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    a = fma(z2, fma(z, 0.2222222219823677, 0.285714285716001), fma(z, 0.39999999999999525, 0.6666666666666666))
    b = fma(z2, fma(z, 0.11734279061303197, 0.13335178631449257), fma(z, 0.1538454396486055, 0.18181819897962714))
    c = fma(z2, 0.1563057780092285, fma(z, 0.07492143795550767, 0.10845178394880015))
    return fma(s * z, fma(z4, fma(z4, c, b), a), 2.0 * s)


def power(x, a):
    """x**a for x >= 0 by a logarithm in two doubles; below 1 ulp while |a| <= 64."""
    tiny = x < 2.2250738585072014e-308
    k, m = _split(select(tiny, x * 18014398509481984.0, x))
    n = as_f64(k) - select(tiny, 54.0, 0.0)
    f = m - 1.0
    d = 2.0 + f
    inverse = 1.0 / d
    s = f * inverse
    s_low = (fma(-s, d, f) - s * (f - (d - 2.0))) * inverse
    z = s * s
    z2 = z * z
    c0 = fma(z, 0.40000000000000885, 0.6666666666666666)
    c1 = fma(z, 0.22222222392581045, 0.28571428570799784)
    c2 = fma(z, 0.15386244737621665, 0.18181795547521137)
    c3 = fma(z, 0.13088034850927555, 0.13268638369266825)
    q = fma(z2, fma(z2, fma(z2, c3, c2), c1), c0)
    big = n * LN2_HIGH
    high = big + 2.0 * s
    carry = select(magnitude(big) >= magnitude(2.0 * s), 2.0 * s - (high - big), big - (high - 2.0 * s))
    low = carry + fma(n, LN2_LOW, fma(s * z, q, 2.0 * s_low))
    product = a * high
    clamped = _clamped(product)
    error = select(clamped == product, fma(a, high, -product) + a * low, 0.0)
    j, _, r = _reduced(clamped)
    r = r + error
    result = _scaled(1.0 + (r + _tail(r)), j)
    at_end = select(a == 0.0, 1.0, select((a > 0.0) == (x > 1.0), INFINITY, 0.0))
    inside = (x > 0.0) & (x < INFINITY)
    return select(inside, result, select((x == 0.0) | (x == INFINITY), at_end, NAN))


def exp_product(a, x):
    """e**(a*x): what rounding a*x loses is added back once the exponent is reduced; 1 ulp."""
    product = a * x
    clamped = _clamped(product)
    error = select(clamped == product, fma(a, x, -product), 0.0)
    k, _, r = _reduced(clamped)
    r = r + error
    return _scaled(1.0 + (r + _tail(r)), k)


def scaled_exp_product(c, k, a, x):
    """c * k * e**(a*x), 0 where c is 0; the power of two comes last, in four parts, so nothing overflows on the way."""
    product = a * x
    clamped = select(product > 1480.0, 1480.0, select(product < -1480.0, -1480.0, product))
    error = select(clamped == product, fma(a, x, -product), 0.0)
    n, _, r = _reduced(clamped)
    r = r + error
    # A subnormal factor is lifted first: multiplied as it is, it would lose digits.
    tiny = magnitude(c) < 1e-250
    n = n - select(tiny, 100, 0)
    half = n >> 1
    factor = select(tiny, c * 1.2676506002282294e30, c) * (k * (1.0 + (r + _tail(r))))
    return select(c == 0.0, 0.0, _scaled(_scaled(factor, half), n - half))


def scaled_exp(c, k, x):
    return scaled_exp_product(c, k, 1.0, x)


BASE = {
    "absolute": absolute,
    "minimum": minimum,
    "maximum": maximum,
    "where": where,
    "sign": sign,
    "sqrt": sqrt,
    "exp": exp,
    "exp_nonpositive": exp_nonpositive,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "log1p_unit": log1p_unit,
    "power": power,
    "exp_product": exp_product,
    "scaled_exp": scaled_exp,
    "scaled_exp_product": scaled_exp_product,
    "product_error": product_error,
}
