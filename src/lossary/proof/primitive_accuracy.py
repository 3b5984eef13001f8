"""The worst error of every primitive, in units in the last place of the exact result, over wide sweeps of arguments.

Each primitive is wrapped as the value of a loss of its own, so that the very kernels that run losses run it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache

import numpy as np

from lossary import primitives
from lossary.formula import REALS, Claims, Formula, Loss, Parameter
from lossary.proof.accuracy import Worst, worst_plain
from lossary.proof.points import Point
from lossary.proof.pointwise.evaluators import EVALUATORS

POINTS = 400

Arguments = tuple[float, ...]


class Draws:
    """Random arguments of a dtype: from subnormal to nearly infinite, or where a primitive has its trouble."""

    def __init__(self, dtype: type, seed: int) -> None:
        self.random = random.Random(seed)
        limits = np.finfo(dtype)
        self.decades = (math.log10(float(limits.smallest_subnormal)), math.log10(float(limits.max)))
        self.top = math.log(float(limits.max))
        self.bits = limits.nmant

    def positive(self, low: float | None = None, high: float | None = None) -> float:
        """Log-uniform between powers of ten; by default over all positive numbers."""
        return 10.0 ** self.random.uniform(
            self.decades[0] if low is None else low, self.decades[1] if high is None else high
        )

    def real(self, low: float | None = None, high: float | None = None) -> float:
        return self.random.choice((-1.0, 1.0)) * self.positive(low, high)

    def exponent(self, share: float = 1.0) -> float:
        """An argument of exp: over the range where it is finite, or tiny."""
        if self.random.random() < 0.3:
            return self.real(-20.0, 0.0)
        return share * self.random.uniform(-self.top - 14.0, self.top)

    def above_minus_one(self) -> float:
        kind = self.random.random()
        if kind < 0.3:
            return self.random.uniform(-1.0 + 2.0**-20, 3.0)
        if kind < 0.5:
            return -1.0 + 2.0 ** -self.random.uniform(1.0, self.bits)
        return self.positive(high=self.decades[1] - 1.0) if kind < 0.75 else self.real(high=-1.0)

    def near(self, x: float) -> float:
        """A positive number like ``x``, from a few ulps to a factor of many away."""
        kind = self.random.random()
        if kind < 0.5:
            return x * (1.0 + self.real(-self.bits / 3.3, 0.0) * 0.9)
        return x * 10.0 ** self.random.uniform(-8.0, 8.0)

    def coarse(self, x: float) -> float:
        """The number rounded to a few bits, so that sums of two such are exact."""
        mantissa, exponent = math.frexp(x)
        return math.ldexp(round(mantissa * 1024.0), exponent - 10)


def _pair(d: Draws) -> Arguments:
    x = d.positive(-8.0, 8.0)
    return x, d.near(x)


def _gap(d: Draws) -> Arguments:
    x = d.coarse(d.positive(-3.0, 3.0))
    gap = d.coarse(x * d.random.choice((-0.9, -0.3, 0.01, 0.5, 2.0, 50.0)) * d.random.random())
    return x, x + gap, gap


def _power(d: Draws) -> Arguments:
    """A base, and an exponent of at most 64 that keeps the power in range."""
    x = d.positive()
    most = 0.97 * d.top / max(abs(math.log(x)), 1e-3)
    return x, d.random.uniform(-1.0, 1.0) * min(64.0, most)


def _product(d: Draws) -> Arguments:
    a = d.real(-3.0, 3.0)
    return a, d.exponent(0.9) / a


ARGUMENTS: dict[str, Callable[[Draws], Arguments]] = {
    "sqrt": lambda d: (d.positive(),),
    "exp": lambda d: (d.exponent(),),
    "exp_nonpositive": lambda d: (-abs(d.exponent()),),
    "expm1": lambda d: (d.exponent(),),
    "log": lambda d: (d.positive() if d.random.random() < 0.5 else d.near(1.0),),
    "log1p": lambda d: (d.above_minus_one(),),
    "log1p_unit": lambda d: (d.random.random() if d.random.random() < 0.5 else d.positive(high=0.0),),
    "power": _power,
    "square": lambda d: (d.real(d.decades[0] / 2, d.decades[1] / 2),),
    "softplus": lambda d: (d.exponent(),),
    "log_sigmoid": lambda d: (d.exponent(),),
    "sigmoid": lambda d: (d.exponent(),),
    "sigmoid_slope": lambda d: (d.exponent(),),
    "tanh": lambda d: (d.real(high=2.0),),
    "log_cosh": lambda d: (d.real(d.decades[0] / 2),),
    "hypot1": lambda d: (d.real(),),
    "hypot1_ratio": lambda d: (d.real(),),
    "sqrt1pm1": lambda d: (d.above_minus_one(),),
    "log1p_square": lambda d: (d.real(d.decades[0] / 2),),
    "over_1p_square": lambda d: (d.real(d.decades[0] / 2), d.positive(-3.0, 4.0)),
    "log1p_over": lambda d: (d.above_minus_one(),),
    "expm1_over": lambda d: (d.exponent(),),
    "expm1mx": lambda d: (d.exponent() if d.random.random() < 0.5 else d.real(d.decades[0] / 2, 0.5),),
    "log1pmx": lambda d: (d.above_minus_one() if d.random.random() < 0.5 else d.random.uniform(-0.999, 3.0),),
    "xlogy": lambda d: (d.positive(-8.0, 8.0), d.positive()),
    "xlog1py": lambda d: (d.positive(-8.0, 8.0), d.above_minus_one()),
    "product0": lambda d: (d.real(-8.0, 8.0), d.real(-8.0, 8.0)),
    "ratio0": lambda d: (d.real(-8.0, 8.0), d.real(-8.0, 8.0)),
    "log_ratio": _pair,
    "one_minus_ratio": _pair,
    "relative_entropy": _gap,
    "log1p_difference": lambda d: (a := d.positive(-6.0, 6.0), d.near(a)),
    "hypot1_power": lambda d: (d.real(-12.0, 4.0), d.random.uniform(-4.0, 2.0)),
    "hypot1_boxcox": lambda d: (d.real(-12.0, 4.0), d.random.uniform(-4.0, 2.0)),
    "exp_product": _product,
    "scaled_exp": lambda d: (d.real(-6.0, 6.0), d.random.choice((0.5, 1.0, 2.0)), d.exponent(0.8)),
    "scaled_exp_product": lambda d: (d.real(-6.0, 6.0), d.random.choice((0.5, 1.0, 2.0)), *_product(d)),
    "shifted_softplus": lambda d: (d.positive(-3.0, 3.0), d.exponent(0.9)),
    "sigmoid_power": lambda d: (d.exponent(0.5), d.positive(-3.0, 0.7)),
    "sqrt_ratio_gamma": lambda d: (d.positive(-6.0, 6.0),),
}
"""How to draw arguments for each primitive whose result is rounded."""

EXACT = ("absolute", "minimum", "maximum", "where", "sign", "product_error", "with_slope_of")
"""The primitives that round nothing."""


@cache
def _wrapped(name: str, count: int) -> Loss:
    """The primitive as the value of a loss: its arguments are the prediction, the target and two parameters."""
    arguments = ("f", "y", "a", "b")[:count]
    names = {**vars(primitives), "__name__": __name__}
    exec(f"def value(y, f, a, b):\n    return {name}({', '.join(arguments)})", names)  # the names are ours
    value: Formula = names["value"]
    parameters = (Parameter("a", 1.0, REALS, ""), Parameter("b", 1.0, REALS, ""))
    return Loss(f"primitive_{name}", value, value, value, Claims(), "none", (), (), parameters=parameters)


def points(name: str, dtype: type, count: int = POINTS) -> list[Point]:
    """Arguments exact in the dtype, as the points ``(y, f, a, b)`` of the wrapping loss."""
    draws = Draws(dtype, seed=len(name) * 1009 + ord(name[0]))
    drawn = []
    with np.errstate(over="ignore", under="ignore"):
        for _ in range(count):
            first, second, *rest = (*(float(dtype(x)) for x in ARGUMENTS[name](draws)), *(1.0,) * 3)[:4]
            drawn.append((second, first, *rest))
    return drawn


def worst_of(name: str, backend: str, dtype: type) -> Worst:
    """The worst plain error of a primitive on a back end."""
    tested = points(name, dtype)
    count = len(ARGUMENTS[name](Draws(dtype, 0)))
    return worst_plain(_wrapped(name, count), "value", dtype, EVALUATORS[backend], tested)
