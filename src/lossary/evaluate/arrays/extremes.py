"""Weights, denominators and products beyond what a kernel's arithmetic can hold: computed with exponents kept apart.

A kernel multiplies a loss by its weight and a gradient by weight and scale. Where such a product overflows, or is so
small that it loses digits, the call is computed again here: each number is a fraction and a power of two, products are
taken of fractions, and only the result is a double again. That takes many times as long, so calls that need not do not
come here: a kernel raises ``EXTREME`` for a weight, and a sum shows by its size whether its terms can be trusted.
"""

from __future__ import annotations

import numpy as np

from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.backends.cpu.specs.conventions import LEAST_SCALE, MOST_SCALE

_PLACES = 54
"""Binary places that hold any product of two fractions in [1/2, 1) that is rounded to a double."""
_HALF = 1 << 27


def is_moderate(scale: float) -> bool:
    """Whether a scale leaves the product with a moderate weight all its digits, in float32 as in float64."""
    return LEAST_SCALE <= scale <= MOST_SCALE


def is_doubtful(total: Total, size: int) -> bool:
    """Whether a sum of ``size`` products may have lost digits of them, or have infinite ones that are not.

    A product that is not a normal double is off by half of 2**-1074 at most: in a larger sum than here that is nothing.
    """
    if total.positive or total.negative:
        return not total.nans
    return total.units.bit_length() <= size.bit_length() + _PLACES


def numerator(losses: np.ndarray, weights: np.ndarray) -> Total:
    """The sum of weight times loss, each product rounded to 53 bits and no further; zero weights do not count."""
    kept = weights != 0.0
    x = losses[kept].astype(np.float64, copy=False)
    finite = np.isfinite(x)
    special = x[~finite]
    a, a_powers = np.frexp(x[finite])
    b, b_powers = np.frexp(weights[kept][finite].astype(np.float64, copy=False))
    whole = ((a * b) * 2.0**_PLACES).astype(np.int64)
    powers = a_powers.astype(np.int64) + b_powers - _PLACES
    exact = _shifted_sum(whole, powers)
    units, below = divmod(exact, UNIT)
    nans = int(np.isnan(special).sum())
    return Total(units, nans, int((special > 0.0).sum()), int((special < 0.0).sum()), below)


def _shifted_sum(whole: np.ndarray, powers: np.ndarray) -> int:
    """The sum of ``whole * 2**powers`` in units of 2**-2148, of which each term is a multiple."""
    total = 0
    if whole.size == 0:
        return total
    order = np.argsort(powers, kind="stable")
    powers = powers[order]
    starts = np.flatnonzero(np.diff(powers, prepend=powers[0] - 1))
    # Halves of the numbers: sums of whole ones would overflow.
    high, low = np.divmod(whole[order], _HALF)
    highs, lows = (np.add.reduceat(part, starts).tolist() for part in (high, low))
    for power, upper, lower in zip(powers[starts].tolist(), highs, lows, strict=True):
        shift = power + 2148
        part = upper * _HALF + lower
        total += part << shift if shift >= 0 else part >> -shift
    return total


def weighed(numbers: np.ndarray, weights: np.ndarray | None, divisor: int) -> np.ndarray:
    """``numbers * weights / divisor`` as doubles, the divisor in units of 2**-1074; zero where the weight is zero.

    ``weights`` are one for each of the numbers, or for each of their rows.
    """
    bits = divisor.bit_length()
    fraction, exponent = divisor / (1 << bits), bits - 1074
    fractions, exponents = np.frexp(numbers.astype(np.float64, copy=False))
    fractions, exponents = fractions / fraction, exponents.astype(np.int64) - exponent
    if weights is None:
        return _assembled(fractions, exponents)
    each = weights.reshape(weights.shape + (1,) * (numbers.ndim - 1)).astype(np.float64, copy=False)
    weight_fractions, weight_exponents = np.frexp(each)
    with np.errstate(invalid="ignore"):
        return np.where(each == 0.0, 0.0, _assembled(fractions * weight_fractions, exponents + weight_exponents))


def _assembled(fractions: np.ndarray, powers: np.ndarray) -> np.ndarray:
    # A shift by more than 2**30 could not be told from a smaller one, and these stay far below it.
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(fractions, powers.astype(np.int32)))


def settle(written: np.ndarray, computed: np.ndarray) -> None:
    """Put computed numbers where a kernel would have written them, rounded to that dtype."""
    with np.errstate(over="ignore", under="ignore"):
        written[...] = computed


def levelled(weights: np.ndarray) -> np.ndarray:
    """Weights times a power of two by which the largest comes to be about 1, if it is far from that.

    What is lost of others is less than 2**-1074 of the largest: a mean over the sum of weights stays what it is.
    """
    most = float(weights.max(initial=0.0))
    if most == 0.0 or not np.isfinite(most) or is_moderate(most):
        return weights
    return np.asarray(np.ldexp(weights, -int(np.frexp(most)[1])))
