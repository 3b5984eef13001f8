"""The base primitives in float32 arithmetic, sixteen to a vector: the methods of ``double``, with fewer terms.

All are below 1 ulp but expm1 (1.4). ``power`` is computed in float64.
"""

from numpy import float32, int32

from lossary.backends.cpu.arithmetic import double
from lossary.backends.cpu.arithmetic.operations import (
    as_f32,
    as_f64,
    as_i32,
    bits,
    fma,
    from_bits_32,
    magnitude,
    select,
)

INFINITY = float32(double.INFINITY)
NAN = float32(double.NAN)
ZERO, ONE, TWO, HALF = float32(0.0), float32(1.0), float32(2.0), float32(0.5)

LN2_HIGH = float32(0.693145751953125)
LN2_LOW = float32(1.428606765330187e-06)
INVERSE_LN2 = float32(1.4426950216293335)
ROUNDER = float32(12582912.0)  # 1.5 * 2**23
ROUNDER_BITS = int32(0x4B400000)
ONE_BITS = int32(0x3F800000)
ROOT_HALF_BITS = int32(0x3F3504F3)
FRACTION_MASK = int32(0x007FFFFF)
BIAS = int32(127)
SHIFT = int32(23)
NOTHING, ONE_STEP, TWENTY_FIVE, HUNDRED = int32(0), int32(1), int32(25), int32(100)
LEAST_NORMAL = float32(1.1754943508222875e-38)

E0, E1, E2, E3, E4 = (
    float32(0.1666666716337204),
    float32(0.04166655242443085),
    float32(0.00833332072943449),
    float32(0.0013926250394433737),
    float32(0.00019882773631252348),
)
L0, L1, L2, L3 = (
    float32(0.6666666865348816),
    float32(0.4000012278556824),
    float32(0.28550779819488525),
    float32(0.23331613838672638),
)
U0, U1, U2, U3, U4, U5 = (
    float32(0.6666666865348816),
    float32(0.40000009536743164),
    float32(0.28570306301116943),
    float32(0.22264711558818817),
    float32(0.1746470183134079),
    float32(0.20787617564201355),
)
S0, S1, S2, S3 = (
    float32(0.1666651964187622),
    float32(0.04166640713810921),
    float32(0.008368808776140213),
    float32(0.0013940311037003994),
)
LIFTED, LOWERING = int32((127 + 64) << 23), float32(2.0**-64)
FURTHEST = float32(190.0)
SMALL = float32(1e-25)
HIGHEST, LOWEST, LOWEST_M1, TINY_SCALE, TINY_STEPS = (
    float32(89.0),
    float32(-104.0),
    float32(-20.0),
    float32(33554432.0),
    float32(25.0),
)


def _tail(r):
    """(e**r - 1 - r) for |r| <= log(2)/2; error 1e-9 of r."""
    r2 = r * r
    q = fma(r2, fma(r2, E4, fma(r, E3, E2)), fma(r, E1, E0))
    return r2 * fma(r, q, HALF)


def _reduced(x):
    shifted = fma(x, INVERSE_LN2, ROUNDER)
    k = shifted - ROUNDER
    r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, x))
    return as_i32(bits(shifted) - ROUNDER_BITS), r


def _two_to(k):
    return from_bits_32(as_i32(k + BIAS) << SHIFT)


def _scaled(x, k):
    half = as_i32(k >> ONE_STEP)
    return x * _two_to(half) * _two_to(as_i32(k - half))


def exp(x):
    k, r = _reduced(select(x > HIGHEST, HIGHEST, select(x < LOWEST, LOWEST, x)))
    return _scaled(ONE + (r + _tail(r)), k)


def exp_nonpositive(x):
    x = select(x < LOWEST, LOWEST, x)
    shifted = fma(x, INVERSE_LN2, ROUNDER)
    k = shifted - ROUNDER
    r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, x))
    r2 = r * r
    q = fma(r2, fma(r, S3, S2), fma(r, S1, S0))
    # 2**64 too much keeps the power of two normal, and taking it back rounds once where the result is subnormal.
    power_of_two = from_bits_32(as_i32(as_i32(bits(shifted) << SHIFT) + LIFTED))
    return (ONE + fma(r2, fma(r, q, HALF), r)) * power_of_two * LOWERING


def expm1(x):
    k, r = _reduced(select(x > HIGHEST, HIGHEST, select(x < LOWEST_M1, LOWEST_M1, x)))
    missing = ONE - _two_to(-_at_most_100(k))
    tail = _tail(r)
    return select(k == NOTHING, r + tail, _scaled((missing + r) + tail, k))


def _at_most_100(k):
    return select(k > HUNDRED, HUNDRED, k)


def _split(x):
    pattern = as_i32(bits(x) + as_i32(ONE_BITS - ROOT_HALF_BITS))
    k = as_i32((pattern >> SHIFT) - BIAS)
    return k, from_bits_32(as_i32(as_i32(pattern & FRACTION_MASK) + ROOT_HALF_BITS))


def _log_parts(f, lost, k):
    s = f / (TWO + f)
    z = s * s
    series = z * fma(z * z, fma(z, L3, L2), fma(z, L1, L0))
    half_square = HALF * f * f
    correction = fma(s, half_square + series, fma(k, LN2_LOW, lost))
    return fma(k, LN2_HIGH, f - (half_square - correction))


def log(x):
    tiny = x < LEAST_NORMAL
    k, m = _split(select(tiny, x * TINY_SCALE, x))
    result = _log_parts(m - ONE, ZERO, as_f32(k) - select(tiny, TINY_STEPS, ZERO))
    return select(x > ZERO, select(x < INFINITY, result, x), select(x == ZERO, -INFINITY, NAN))


def log1p(x):
    u = ONE + x
    k, m = _split(u)
    lost = select(x > ONE, ONE - (u - x), x - (u - ONE))
    lost = lost * _two_to(-_at_most_100(k))
    f = (m - ONE) + lost
    result = _log_parts(f, lost - (f - (m - ONE)), as_f32(k))
    return select(x > -ONE, select(x < INFINITY, result, x), select(x == -ONE, -INFINITY, NAN))


def log1p_unit(x):
    s = x / (TWO + x)
    z = s * s
    z2 = z * z
    q = fma(z2, fma(z2, fma(z, U5, U4), fma(z, U3, U2)), fma(z, U1, U0))
    return fma(s * z, q, TWO * s)


def sign(x):
    return select(x > ZERO, ONE, select(x < ZERO, -ONE, x))


def exp_product(a, x):
    product = a * x
    clamped = select(product > HIGHEST, HIGHEST, select(product < LOWEST, LOWEST, product))
    error = select(clamped == product, fma(a, x, -product), ZERO)
    k, r = _reduced(clamped)
    r = r + error
    return _scaled(ONE + (r + _tail(r)), k)


def scaled_exp_product(c, k, a, x):
    product = a * x
    clamped = select(product > FURTHEST, FURTHEST, select(product < -FURTHEST, -FURTHEST, product))
    error = select(clamped == product, fma(a, x, -product), ZERO)
    n, r = _reduced(clamped)
    r = r + error
    tiny = magnitude(c) < SMALL
    n = as_i32(n - select(tiny, TWENTY_FIVE, NOTHING))
    half = as_i32(n >> ONE_STEP)
    factor = select(tiny, c * TINY_SCALE, c) * (k * (ONE + (r + _tail(r))))
    return select(c == ZERO, ZERO, _scaled(_scaled(factor, half), as_i32(n - half)))


def scaled_exp(c, k, x):
    return scaled_exp_product(c, k, ONE, x)


def power(x, a):
    return as_f32(double.power(as_f64(x), as_f64(a)))


BASE = {
    **double.BASE,
    "sign": sign,
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
}
