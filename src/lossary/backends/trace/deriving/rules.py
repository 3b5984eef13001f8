"""The derivative of each primitive by each of its operands, one row a primitive.

Rules are written in other primitives, chosen so that the derivative keeps its digits where the function keeps its own:
the slope of ``softplus`` is ``sigmoid``, never ``exp(x) / (1 + exp(x))``. At a kink the derivative is that of one side,
and that of a jump is zero: what a gradient method expects.
"""

from __future__ import annotations

from collections.abc import Callable

from lossary.backends.trace.expression.simplify import ONE, ZERO, add, call, div, mul, neg, square, sub, value_of, where
from lossary.backends.trace.expression.symbols import Expression, literal

Rule = Callable[..., Expression]
HALF, TWO = literal(0.5), literal(2.0)
TINY = literal(2.0**-60)  # nearer to zero than this, a smooth function's slope is that at zero


def _power(x: Expression, a: Expression) -> Expression:
    exponent = value_of(a)
    return x if exponent == 1.0 else ONE if exponent == 0.0 else call("power", x, a)


def _log1p_over(x: Expression) -> Expression:
    s = where(call("absolute", x) < TINY, TINY, x)
    return neg(add(div(ONE, add(ONE, x)), div(div(call("log1pmx", s), s), s)))


def _expm1_over(x: Expression) -> Expression:
    # Near zero the textbook form (1 + (x - 1) e**x) / x**2 cancels; further out it loses nothing.
    near = call("absolute", x) < ONE
    s = where(near, where(call("absolute", x) < TINY, TINY, x), ONE)
    w = where(near, ONE, x)
    close = call("expm1_over", s) - div(div(call("expm1mx", s), s), s)
    return where(near, close, div(1.0 + (w - 1.0) * call("exp", w), square(w)))


def _over_hypot1(x: Expression) -> Expression:
    return div(x, call("hypot1", x))


def _log_hypot1(x: Expression) -> Expression:
    return mul(HALF, call("log1p_square", x))


RULES: dict[str, tuple[Rule, ...]] = {  # the partial derivative by each operand
    "negative": (lambda x: literal(-1.0),),
    "add": (lambda a, b: ONE, lambda a, b: ONE),
    "subtract": (lambda a, b: ONE, lambda a, b: literal(-1.0)),
    "multiply": (lambda a, b: b, lambda a, b: a),
    "divide": (lambda a, b: div(ONE, b), lambda a, b: neg(div(div(a, b), b))),
    "absolute": (lambda x: call("sign", x),),
    "sign": (lambda x: ZERO,),
    "sqrt": (lambda x: div(HALF, call("sqrt", x)),),
    "exp": (lambda x: call("exp", x),),
    "exp_nonpositive": (lambda x: call("exp_nonpositive", x),),
    "expm1": (lambda x: call("exp", x),),
    "log": (lambda x: div(ONE, x),),
    "log1p": (lambda x: div(ONE, add(ONE, x)),),
    "log1p_unit": (lambda x: div(ONE, add(ONE, x)),),
    "power": (
        lambda x, a: mul(a, _power(x, sub(a, ONE))),
        lambda x, a: call("xlogy", call("power", x, a), x),
    ),
    "square": (lambda x: mul(TWO, x),),
    "softplus": (lambda x: call("sigmoid", x),),
    "log_sigmoid": (lambda x: call("sigmoid", neg(x)),),
    "sigmoid": (lambda x: call("sigmoid_slope", x),),
    "sigmoid_slope": (lambda x: neg(mul(call("sigmoid_slope", x), call("tanh", mul(HALF, x)))),),
    "tanh": (lambda x: mul(literal(4.0), call("sigmoid_slope", mul(TWO, x))),),
    "log_cosh": (lambda x: call("tanh", x),),
    "hypot1": (_over_hypot1,),
    "hypot1_ratio": (lambda x: div(div(ONE, call("hypot1", x)), add(ONE, call("hypot1", x))),),
    "sqrt1pm1": (lambda x: div(HALF, call("sqrt", add(ONE, x))),),
    "log1p_square": (lambda x: mul(TWO, div(_over_hypot1(x), call("hypot1", x))),),
    "over_1p_square": (
        lambda r, c: div(sub(ONE, square(div(r, c))), square(add(ONE, square(div(r, c))))),
        lambda r, c: mul(mul(TWO, div(r, c)), square(div(call("over_1p_square", r, c), c))),
    ),
    "log1p_over": (_log1p_over,),
    "expm1_over": (_expm1_over,),
    "log1pmx": (lambda x: neg(div(x, add(ONE, x))),),
    "expm1mx": (lambda x: call("expm1", x),),
    "xlogy": (lambda x, y: call("log", y), lambda x, y: call("ratio0", x, y)),
    "xlog1py": (lambda x, y: call("log1p", y), lambda x, y: call("ratio0", x, add(ONE, y))),
    "ratio0": (lambda x, y: div(ONE, y), lambda x, y: neg(call("ratio0", call("ratio0", x, y), y))),
    "one_minus_ratio": (lambda x, y: neg(div(ONE, y)), lambda x, y: div(div(x, y), y)),
    # Its third operand repeats y - x, so the slope lies in the first two; the third keeps the digits of 1 - x/y.
    "relative_entropy": (
        lambda x, y, gap: call("log_ratio", x, y),
        lambda x, y, gap: where(x == ZERO, ONE, div(gap, y)),
        lambda x, y, gap: ZERO,
    ),
    "log_ratio": (lambda x, y: div(ONE, x), lambda x, y: neg(div(ONE, y))),
    "log1p_difference": (lambda a, b: div(ONE, add(ONE, a)), lambda a, b: neg(div(ONE, add(ONE, b)))),
    "hypot1_power": (
        lambda x, a: mul(mul(a, _over_hypot1(x)), call("hypot1_power", x, sub(a, ONE))),
        lambda x, a: mul(mul(HALF, call("log1p_square", x)), call("hypot1_power", x, a)),
    ),
    "hypot1_boxcox": (
        lambda x, a: mul(_over_hypot1(x), call("hypot1_power", x, sub(a, ONE))),
        lambda x, a: mul(square(_log_hypot1(x)), _expm1_over(mul(a, _log_hypot1(x)))),
    ),
    "sigmoid_power": (
        lambda x, a: mul(mul(a, call("sigmoid_power", x, a)), call("sigmoid", neg(x))),
        lambda x, a: mul(call("log_sigmoid", x), call("sigmoid_power", x, a)),
    ),
    "scaled_exp": (
        lambda c, k, x: call("scaled_exp", ONE, k, x),
        lambda c, k, x: call("scaled_exp", c, ONE, x),
        lambda c, k, x: call("scaled_exp", c, k, x),
    ),
    "scaled_exp_product": (
        lambda c, k, a, x: call("scaled_exp_product", ONE, k, a, x),
        lambda c, k, a, x: call("scaled_exp_product", c, ONE, a, x),
        lambda c, k, a, x: mul(x, call("scaled_exp_product", c, k, a, x)),
        lambda c, k, a, x: mul(a, call("scaled_exp_product", c, k, a, x)),
    ),
    "shifted_softplus": (
        lambda a, x: div(call("sigmoid", add(x, call("log", a))), a),
        lambda a, x: call("sigmoid", add(x, call("log", a))),
    ),
    "exp_product": (
        lambda a, x: mul(x, call("exp_product", a, x)),
        lambda a, x: mul(a, call("exp_product", a, x)),
    ),
}
