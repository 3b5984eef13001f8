"""Formulas and primitives as JavaScript: the same operations in the same order, so that a page computes our numbers.

Both languages compute in IEEE doubles, so only the functions of JavaScript's ``Math`` differ, by an ulp or so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lossary import primitives
from lossary.backends.trace.expression.source import Writer
from lossary.backends.trace.expression.symbols import ARITHMETIC, COMPARISONS, Expression, number, variable
from lossary.backends.trace.expression.table import trace
from lossary.formula import QUANTITIES, Formula, Loss

MATH = {
    "absolute": "abs",
    "minimum": "min",
    "maximum": "max",
    "sign": "sign",
    "sqrt": "sqrt",
    "exp": "exp",
    "exp_nonpositive": "exp",
    "expm1": "expm1",
    "log": "log",
    "log1p": "log1p",
    "log1p_unit": "log1p",
    "power": "pow",
}
"""Base primitives that JavaScript has, by its names for them."""


class _Script(Writer):
    signs: ClassVar = {**ARITHMETIC, **COMPARISONS, "equal": "===", "not_equal": "!==", "both": "&&", "either": "||"}
    negation = "!"
    naming = "const {name} = {text};"

    def called(self, name: str, operands: Sequence[str]) -> str:
        if name == "where":
            condition, a, b = operands
            return f"(({condition}) ? ({a}) : ({b}))"
        return super().called(name, operands)


def arrow(expression: Expression, names: Sequence[str]) -> str:
    """The expression as an arrow function of these names, which calls primitives by ours."""
    writer = _Script(expression, names)
    return f"({', '.join(writer.locals.values())}) => {{ {' '.join([*writer.lines, f'return {writer.result};'])} }}"


def primitives_script() -> str:
    """All primitives and constants as JavaScript's ``const``s, each made of those before it."""
    lines = [f"const {{ {', '.join(f'{theirs}: {ours}' for ours, theirs in MATH.items())} }} = Math;"]
    lines += [f"const {name} = {_number(value)};" for name, value in primitives.CONSTANTS.items()]
    # Dekker's product is plain arithmetic, and no primitive stands in it.
    error = number(primitives.product_error(variable("a"), variable("b")))
    lines.append(f"const product_error = {arrow(error, ('a', 'b'))};")
    for formula in primitives.DERIVED:
        lines.append(f"const {formula.__name__} = {_formula(formula)};")
    return "\n".join(lines)


def lacking_script() -> list[str]:
    """The base primitives that JavaScript has no way to say."""
    return [name for name in primitives.BASE if name not in (*MATH, "where", "product_error")]


def loss_script(loss: Loss) -> str:
    """A loss's formulas as the members of an object literal, functions of ``(y, f, ...parameters)``."""
    names = ["y", "f", *(p.name for p in loss.parameters)]
    has = [q for q in QUANTITIES if getattr(loss, q) is not None]
    return "{ " + ",\n    ".join(f"{q}: {arrow(trace(loss.quantity(q), names), names)}" for q in has) + " }"


def _formula(formula: Formula) -> str:
    code = formula.__code__
    return arrow(trace(formula), code.co_varnames[: code.co_argcount])


def _number(value: float) -> str:
    return "Infinity" if value == float("inf") else repr(value)
