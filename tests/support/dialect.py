"""What in a formula lies outside the dialect, and what in a rowwise loss refers to something that is not there."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

import numpy as np

from lossary.formula import Formula
from lossary.primitives import NAMES
from lossary.rowwise import PER_SCORE, ROW_KINDS, SCORE_KINDS, RowLoss, arguments

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitAnd, ast.BitOr)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
BOTH = {*ROW_KINDS, *SCORE_KINDS}

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
"""Bodies of formulas that break the dialect, each in one way."""


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


def strangers(loss: RowLoss) -> Iterator[str]:
    """Names that a formula takes and that are not there, or not yet, or not where it runs."""
    row = {"k", *(p.name for p in loss.parameters)}
    score = set(PER_SCORE)
    of_target = {"t", "t_after"}
    for s in loss.statistics:
        taken = s.name in row | score or s.name in NAMES
        if taken:
            yield f"{s.name} is a name already"
        if s.kind not in BOTH or (s.kind == "threshold") != (s.step is not None):
            yield f"{s.name} is of kind {s.kind}, which has no step, or of none"
            continue
        yield from unknown(s.name, s.term, row if s.kind in ("row", "threshold") else row | score)
        if s.kind == "expect" and set(arguments(s.term)) & of_target:
            yield f"{s.name} expects what depends on the target itself"
        for name, formula in s.sums:
            yield from unknown(f"{s.name}.{name}", formula, row | score | {s.name})
        if s.step is not None:
            yield from unknown(f"{s.name}.step", s.step, row | {s.name} | {name for name, _ in s.sums})
        if s.per_score and set(arguments(s.term)) & of_target:
            of_target.add(s.name)
        (score if s.per_score else row).add(s.name)
    yield from unknown("value", loss.value, row)
    for name in ("grad", "hess"):
        yield from unknown(name, loss.quantity(name), row | score)
    for i, outer in enumerate(loss.outers):
        yield from unknown(f"outer{i}.scale", outer.scale, row)
        for part in (outer.left, outer.right):
            if part is not None:
                yield from unknown(f"outer{i}", part, row | score)
    if loss.cross is not None:
        yield from unknown("cross", loss.cross, row | {f"{name}_{end}" for name in score for end in "ij"})
        if loss.outers:
            yield "the Hessian is stated twice, by outers and by cross"


def unknown(what: str, formula: Formula, known: set[str]) -> Iterator[str]:
    for name in arguments(formula):
        if name not in known:
            yield f"{what} takes {name}, which is not there"


def idle(loss: RowLoss) -> set[str]:
    """Statistics and parameters that no formula uses."""
    used = {name.removesuffix("_i").removesuffix("_j") for f in loss.formulas().values() for name in arguments(f)}
    used |= {name for f in loss.formulas().values() for name in arguments(f)}
    return {*(s.name for s in loss.statistics), *(p.name for p in loss.parameters)} - used
