"""Formulas keep to the dialect that every back end understands; each rule is shown to refuse what breaks it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

import numpy as np
import pytest

from lossary.formula import QUANTITIES, Formula, Loss
from lossary.primitives import NAMES

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitAnd, ast.BitOr)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def offences(function: ast.FunctionDef) -> Iterator[str]:
    """What in a formula lies outside the dialect."""
    arguments = [a.arg for a in function.args.args]
    others = (function.args.posonlyargs, function.args.kwonlyargs, function.args.vararg, function.args.kwarg)
    if any(others) or function.args.defaults or function.decorator_list:
        yield "takes plain arguments only, and no decorator"
    assigned: list[str] = []
    for statement in function.body:
        if isinstance(statement, ast.Assign):
            name = statement.targets[0]
            if len(statement.targets) != 1 or not isinstance(name, ast.Name):
                yield f"line {statement.lineno}: one name per assignment"
                continue
            yield from expression(statement.value, [*arguments, *assigned])
            assigned.append(name.id)
        elif isinstance(statement, ast.Return) and statement.value is not None:
            yield from expression(statement.value, [*arguments, *assigned])
        else:
            yield f"line {statement.lineno}: {type(statement).__name__} is not an assignment or a return"
    if not isinstance(function.body[-1], ast.Return):
        yield "does not end in a return"
    shadowed = sorted({*arguments, *assigned} & set(NAMES))
    if shadowed:
        yield f"{shadowed[0]} is the name of a primitive"


def expression(node: ast.expr, known: list[str]) -> Iterator[str]:
    """What in an expression lies outside the dialect."""
    place = f"line {node.lineno}: "
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            if not isinstance(op, ARITHMETIC):
                yield f"{place}the operator {type(op).__name__}"
            yield from expression(left, known)
            yield from expression(right, known)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield from expression(operand, known)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            if not isinstance(op, COMPARISONS):
                yield f"{place}the comparison {type(op).__name__}"
            yield from expression(left, known)
            yield from expression(right, known)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in NAMES:
                yield f"{place}{name} is not a primitive"
            for argument in arguments:
                yield from expression(argument, known)
        case ast.Name(id=name):
            if name not in known and name not in NAMES:
                yield f"{place}{name} is neither an argument nor a primitive"
        case ast.Constant(value=number):
            if not isinstance(number, float):
                yield f"{place}{number!r} is not a float"
            elif float(np.float16(number)) != number:
                yield f"{place}{number!r} is not exact in float16: name it among the primitives' constants"
        case _:
            yield f"{place}{type(node).__name__}: {ast.unparse(node)}"


def parsed(formula: Formula) -> ast.FunctionDef:
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(formula))).body
    assert isinstance(function, ast.FunctionDef)
    return function


def test_formulas_keep_to_the_dialect(each_loss: Loss) -> None:
    for quantity in QUANTITIES:
        formula = getattr(each_loss, quantity)
        if formula is not None:
            found = list(offences(parsed(formula)))
            assert not found, f"{each_loss.name}.{quantity}: {found[0]}"


def test_formulas_take_target_prediction_and_the_parameters_in_order(each_loss: Loss) -> None:
    expected = ["y", "f", *(p.name for p in each_loss.parameters)]
    for quantity in QUANTITIES:
        formula = getattr(each_loss, quantity)
        if formula is not None:
            assert list(inspect.signature(formula).parameters) == expected, f"{each_loss.name}.{quantity}"


BAD = {
    "power operator": "return f ** 2.0",
    "modulo": "return f % y",
    "chained comparison": "return where(0.0 < f < y, 1.0, 0.0)",
    "and": "return where(f > 0.0 and y > 0.0, 1.0, 0.0)",
    "not": "return where(not f > 0.0, 1.0, 0.0)",
    "invert": "return where(~(f > 0.0), 1.0, 0.0)",
    "conditional expression": "return 1.0 if f > 0.0 else 0.0",
    "if": "if f > 0.0:\n        return 1.0\n    return 0.0",
    "loop": "for i in y:\n        f = f + i\n    return f",
    "attribute": "return f.real",
    "subscript": "return f[0]",
    "builtin": "return max(f, y)",
    "method of a module": "return np.exp(f)",
    "keyword argument": "return maximum(a=f, b=y)",
    "unknown name": "return f * scale",
    "two names": "a, b = f, y\n    return a - b",
    "chained assignment": "a = b = f\n    return a - b",
    "augmented assignment": "f += y\n    return f",
    "inexact literal": "return 0.1 * f",
    "integer literal": "return 2 * f",
    "lambda": "return (lambda x: x)(f)",
    "shadowed primitive": "exp = f\n    return exp",
    "nothing returned": "a = f - y",
    "string": 'return "f"',
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_breaks_the_dialect_is_refused(body: str) -> None:
    (function,) = ast.parse(f"def value(y, f):\n    {body}\n").body
    assert isinstance(function, ast.FunctionDef)
    assert list(offences(function))


@pytest.mark.parametrize("signature", ["y, f, *rest", "y, f=0.0", "y, *, f", "y, f, **rest"])
def test_odd_arguments_are_refused(signature: str) -> None:
    (function,) = ast.parse(f"def value({signature}):\n    return f - y\n").body
    assert isinstance(function, ast.FunctionDef)
    assert list(offences(function))
