"""What a reader may type in a formula of their own, with its derivatives by the tracer's rules, as JavaScript."""

from __future__ import annotations

import json
import keyword

from lossary.backends import trace
from lossary.backends.trace.expression.symbols import Expression, node, variable
from lossary.definition import RESERVED

OPERATORS = ("add", "subtract", "multiply", "divide", "negative", "power")
TYPED = {
    "abs": "absolute",
    "min": "minimum",
    "max": "maximum",
    **{
        name: name
        for name in ("sqrt", "exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus", "log_cosh", "sign")
    },
}
"""As they are typed, and the primitives' names."""

OPERANDS = ("a", "b")
OF_TWO = ("add", "subtract", "multiply", "divide", "power", "minimum", "maximum")


def functions_script() -> str:
    """``FUNCTIONS``: for each primitive its value, slopes and curvatures by its operands, and the words around them.

    ``slopes[i]`` is the derivative by operand i, and ``curvatures[i][j]`` that of it by operand j. They are what
    ``lossary.define`` derives with, so that the page and the library agree, also at kinks.
    """
    functions = ",\n".join(f"{name}: {_function(name)}" for name in (*OPERATORS, *TYPED.values()))
    return (
        f"const FUNCTIONS = {{\n{functions}\n}};\nconst TYPED = {json.dumps(TYPED)};\n"
        f"const TAKEN = {json.dumps(sorted({*RESERVED, *keyword.kwlist}))};\n"
    )


def _function(name: str) -> str:
    operands = OPERANDS if name in OF_TWO else OPERANDS[:1]
    value = node(name, *map(variable, operands))
    slopes = [trace.derivative(value, each) for each in operands]
    curvatures = [[trace.derivative(slope, each) for each in operands] for slope in slopes]

    def arrows(expressions: list[Expression]) -> str:
        return f"[{', '.join(trace.arrow(each, operands) for each in expressions)}]"

    bent = f"[{', '.join(map(arrows, curvatures))}]"
    members = {"count": len(operands), "value": trace.arrow(value, operands), "slopes": arrows(slopes)}
    return f"{{ {', '.join(f'{name}: {text}' for name, text in members.items())}, curvatures: {bent} }}"
