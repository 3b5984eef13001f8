"""A kernel's text to LLVM instructions: the loops and names of a small part of Python, its expressions run as they are.

The text has assignments, ``for ... in range(...)`` (or ``independent``, of rounds that may be
done side by side), ``if``, ``break``, ``continue`` and calls. An expression is
evaluated by Python on values (``values``), which writes its instructions; a name that the text assigns is a place in
memory, which LLVM keeps in a register. ``not`` cannot be given another meaning in Python, and is put as a call.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from llvmlite import ir

from lossary.backends.cpu.arithmetic.control import Exits, place_for, rounds
from lossary.backends.cpu.arithmetic.operations import opposite
from lossary.backends.cpu.arithmetic.values import INT64, Value, builder, building, lifted, llvm_type


def translate(source: str, symbol: str, names: Mapping[str, object]) -> ir.Module:
    """A module with the one function that ``source`` defines, of 64-bit integers, called ``symbol``."""
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef)
    parameters = [each.arg for each in definition.args.args]
    module = ir.Module(symbol)
    kind = ir.FunctionType(ir.VoidType(), [INT64.llvm] * len(parameters))
    function = ir.Function(module, kind, symbol)
    with building(ir.IRBuilder(function.append_basic_block("entry"))):
        writer = _Writer(names)
        for name, given in zip(parameters, function.args, strict=True):
            writer.assign(name, Value(given, INT64))
        writer.statements(definition.body)
        builder().ret_void()
    return module


class _Variables(dict):
    """What names stand for: those that the text has assigned are read from their places."""

    def __getitem__(self, name):
        place, kind, lanes = super().__getitem__(name)
        return Value(builder().load(place), kind, lanes)


class _Negations(ast.NodeTransformer):
    """``not x`` as a call."""

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        if not isinstance(node.op, ast.Not):
            return node
        return ast.Call(ast.Name("opposite", ast.Load()), [node.operand], [])


class _Writer:
    """Writes the instructions of one function's statements."""

    def __init__(self, names):
        self._names = {**names, "opposite": opposite}
        self._variables = _Variables()
        self._places = {}
        self._loops: list[Exits] = []

    def statements(self, body):
        for statement in body:
            self._statement(statement)

    def assign(self, name, number):
        """Write a number to a name's place: the latest, if it has numbers of several kinds."""
        value = lifted(number)
        key = name, value.kind, value.lanes
        if key not in self._places:
            self._places[key] = place_for(llvm_type(value.kind, value.lanes))
        builder().store(value.ir, self._places[key])
        dict.__setitem__(self._variables, name, (self._places[key], value.kind, value.lanes))

    def _statement(self, statement):
        match statement:
            case ast.Assign(targets=[target], value=value):
                self._bind(target, self._evaluated(value))
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                self.assign(name, self._evaluated(ast.BinOp(ast.Name(name, ast.Load()), op, value)))
            case ast.Expr(value=value):
                self._evaluated(value)
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id=over), args=bounds), body=body):
                self._loop(name, [self._evaluated(each) for each in bounds], body, over == "independent")
            case ast.If(test=test, body=body, orelse=orelse):
                self._branch(lifted(self._evaluated(test)).ir, body, orelse)
            case ast.Break():
                builder().branch(self._loops[-1].over)
            case ast.Continue():
                builder().branch(self._loops[-1].onward)
            case _:
                raise SyntaxError(f"a kernel's text may not say {ast.unparse(statement)!r}")

    def _bind(self, target, result):
        match target, result:
            case ast.Name(id=name), _:
                self.assign(name, result)
            case ast.Tuple(elts=elements), tuple():
                for element, each in zip(elements, result, strict=True):
                    self.assign(element.id, each)

    def _evaluated(self, expression):
        whole = ast.fix_missing_locations(ast.Expression(_Negations().visit(expression)))
        return eval(compile(whole, "<lossary kernel>", "eval"), self._names, self._variables)

    def _loop(self, name, bounds, body, independent):
        start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
        with rounds(start, stop, step, independent) as (index, exits):
            self._loops.append(exits)
            self.assign(name, index)
            self.statements(body)
            self._loops.pop()

    def _branch(self, condition, body, orelse):
        if not orelse:
            with builder().if_then(condition):
                self.statements(body)
            return
        with builder().if_else(condition) as (then, otherwise):
            with then:
                self.statements(body)
            with otherwise:
                self.statements(orelse)
