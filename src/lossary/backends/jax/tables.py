"""The primitives on jax.numpy, in float32 and in float64 arithmetic.

XLA's own log1p and expm1 lose up to a hundred units in the last place, so both are made of its exp and log here. Worst
errors measured on the CPU, in ulps: log1p 1.6, expm1 2.1, exp 1.1, log 1.0. What XLA flushes to zero (float32
subnormals on the CPU) stays zero here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lossary import primitives
from lossary.formula import Formula, bind

DTYPES: dict[str, np.dtype] = {"f4": np.dtype(np.float32), "f8": np.dtype(np.float64)}
"""The arithmetic of a formula: float32 or float64."""

_SPLIT = {"f4": 4097.0, "f8": 134217729.0}
_EXP_TERMS = {"f4": 12, "f8": 19}
_LOG_TERMS = {"f4": 8, "f8": 17}
"""Terms of the series of e**x and of atanh in the ranges below: what is left out is less than a tenth of an ulp."""


def arithmetic_of(dtype: np.dtype, wide: bool) -> str:
    """The arithmetic of a result: as wide as it, and float64 for a loss that needs float64's range or digits."""
    return "f8" if wide or dtype == np.float64 else "f4"


def working(arithmetic: str) -> AbstractContextManager[Any]:
    """The context in which JAX holds numbers of this arithmetic: float64 needs one where ``jax_enable_x64`` is off."""
    if arithmetic == "f4" or jax.config.jax_enable_x64:
        return nullcontext()
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64  # noqa: PLC0415  its place in older JAX

    return enable_x64()


def literal(arithmetic: str, number: float) -> Any:
    """A constant; thresholds beyond float32's range become infinite, which is what they mean there."""
    with np.errstate(over="ignore", under="ignore"):
        return DTYPES[arithmetic].type(number)


def _log1p_unit(terms: int) -> Callable[[Any], Any]:
    coefficients = [2.0 / (2 * i + 1) for i in range(terms, 0, -1)]

    def log1p_unit(x: Any) -> Any:
        """log(1 + x) for -1/2 <= x <= 1, as 2 atanh(x / (2 + x))."""
        s = x / (2.0 + x)
        z = s * s
        series = functools.reduce(lambda total, c: c + z * total, coefficients)
        return 2.0 * s + s * z * series

    return log1p_unit


def _log1p(terms: int) -> Callable[[Any], Any]:
    near = _log1p_unit(terms)

    def log1p(x: Any) -> Any:
        """log(1 + x): beyond 1 the rounding of 1 + x no longer matters.

        Adding what that rounding lost is not possible here: XLA turns (1 + x) - 1 into x.
        """
        m = jnp.clip(x, -0.5, 1.0)
        return jnp.where(x == m, near(m), jnp.log(1.0 + x))

    return log1p


def _expm1(terms: int) -> Callable[[Any], Any]:
    coefficients = [1.0 / math.factorial(i) for i in range(terms, 1, -1)]

    def expm1(x: Any) -> Any:
        """e**x - 1: its series up to 1, beyond which the difference loses a digit or two in binary."""
        m = jnp.clip(x, -1.0, 1.0)
        s = functools.reduce(lambda total, c: c + m * total, coefficients)
        return jnp.where(x == m, m + m * m * s, jnp.exp(x) - 1.0)

    return expm1


def _product_error(factor: float) -> Callable[[Any, Any], Any]:
    def halves(a: Any) -> tuple[Any, Any]:
        c = a * factor
        high = c - (c - a)
        return high, a - high

    def product_error(a: Any, b: Any) -> Any:
        """What rounding lost of a*b, by Dekker's product; nothing where its parts overflow."""
        (ah, al), (bh, bl) = halves(a), halves(b)
        error = ((ah * bh - a * b) + ah * bl + al * bh) + al * bl
        return jnp.where(jnp.isfinite(error), error, 0.0)

    return product_error


@functools.cache
def table(arithmetic: str) -> dict[str, object]:
    """All primitives for formulas in this arithmetic ("f4" or "f8")."""
    base = {
        "absolute": jnp.abs,
        "minimum": jnp.minimum,
        "maximum": jnp.maximum,
        "where": jnp.where,
        "sign": jnp.sign,
        "sqrt": jnp.sqrt,
        "exp": jnp.exp,
        "exp_nonpositive": jnp.exp,
        "expm1": _expm1(_EXP_TERMS[arithmetic]),
        "log": jnp.log,
        "log1p": _log1p(_LOG_TERMS[arithmetic]),
        "log1p_unit": _log1p_unit(_LOG_TERMS[arithmetic]),
        "power": jnp.power,
        "product_error": _product_error(_SPLIT[arithmetic]),
    }
    return primitives.table(base, literal=functools.partial(literal, arithmetic))


@functools.cache
def bound(formula: Formula, arithmetic: str) -> Formula:
    """A loss's formula on JAX arrays of this arithmetic."""
    return bind(formula, table(arithmetic), functools.partial(literal, arithmetic))
