"""From an expression back to a Python function in the dialect, with its text kept for tracebacks and compilers."""

from __future__ import annotations

import hashlib
import linecache
import math
import types
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from lossary import primitives
from lossary.backends.trace.expression.symbols import (
    ARITHMETIC,
    COMPARISONS,
    LEAVES,
    LOGIC,
    Expression,
    variables,
    walk,
)
from lossary.formula import Formula, Remade

WIDTH = 96  # a longer sub-expression gets a line and a name of its own

# How tightly an operation binds, from loose to tight, as in Python's grammar.
_BINDS = (
    dict.fromkeys(COMPARISONS, 1)
    | {"either": 2, "both": 3, "add": 4, "subtract": 4, "multiply": 5, "divide": 5}
    | {"negative": 6, "invert": 6}
)
_CALL = 7


def _leaf(at: Expression, names: Mapping[str, str]) -> str:
    if at.operation != "literal":
        return names.get(str(at.leaf), str(at.leaf))
    value = float(at.leaf or 0.0)
    if math.isinf(value):
        return "INFINITY" if value > 0 else "(-INFINITY)"
    return repr(value) if math.copysign(1.0, value) > 0 else f"({value!r})"


def _local_names(expression: Expression, names: Sequence[str]) -> dict[str, str]:
    """A parameter called like a primitive that the expression uses must not hide it."""
    used = {at.operation for at in walk(expression)} | {
        at.leaf for at in walk(expression) if at.operation == "constant"
    }
    return {name: f"{name}_" if name in used else name for name in names}


class Writer:
    """Writes nodes in order, naming those that are used again or have grown too long for a line.

    Another language has other signs, and its own way to give a name and to write a call.
    """

    signs: ClassVar[Mapping[str, str]] = {**ARITHMETIC, **COMPARISONS, **LOGIC}
    negation = "~"
    naming = "{name} = {text}"

    def __init__(self, expression: Expression, names: Sequence[str]) -> None:
        self.locals = _local_names(expression, names)
        self.uses = Counter(argument for at in walk(expression) for argument in at.arguments)
        self.written: dict[Expression, tuple[str, int]] = {}
        self.lines: list[str] = []
        self.fresh: Iterator[str] = (t for t in (f"t{i}" for i in range(10**9)) if t not in self.locals.values())
        for at in walk(expression):
            self._write(at)
        self.result = self.written[expression][0]

    def _write(self, at: Expression) -> None:
        leaf = at.operation in LEAVES
        text = _leaf(at, self.locals) if leaf else self._operation(at)
        binds = _BINDS.get(at.operation, _CALL)
        cheap = leaf or (at.operation == "negative" and at.arguments[0].operation in LEAVES)
        if (self.uses[at] > 1 and not cheap) or (len(text) > WIDTH and self.uses[at]):
            name = next(self.fresh)
            self.lines.append(self.naming.format(name=name, text=text))
            text, binds = name, _CALL
        self.written[at] = text, binds

    def _operation(self, at: Expression) -> str:
        name = at.operation
        if name in self.signs:
            left, right = at.arguments
            return f"{self._operand(left, name)} {self.signs[name]} {self._operand(right, name, tighter=True)}"
        if name in ("negative", "invert"):
            sign = "-" if name == "negative" else self.negation
            return f"{sign}{self._operand(at.arguments[0], name, tighter=True)}"
        return self.called(name, [self.written[a][0] for a in at.arguments])

    def called(self, name: str, operands: Sequence[str]) -> str:
        """A primitive of operands; what stands in brackets needs no others."""
        return f"{name}({', '.join(operands)})"

    def _operand(self, at: Expression, of: str, tighter: bool = False) -> str:
        text, binds = self.written[at]
        # A comparison beside another, and & beside |, read better in parentheses even where Python needs none.
        loose = binds < _BINDS[of] + tighter or binds <= 3
        return f"({text})" if loose else text


def source(expression: Expression, names: Sequence[str], name: str = "value") -> str:
    """The text of a function ``name(*names)`` in the dialect that computes the expression, operation by operation."""
    unknown = variables(expression) - set(names)
    if unknown:
        raise ValueError(f"{name}({', '.join(names)}) does not know {', '.join(sorted(unknown))}")
    writer = Writer(expression, names)
    body = "".join(f"    {line}\n" for line in writer.lines)
    return f"def {name}({', '.join(writer.locals.values())}):\n{body}    return {writer.result}\n"


@lru_cache(maxsize=1)
def _globals() -> dict[str, object]:
    return {name: getattr(primitives, name) for name in primitives.NAMES}


def function(expression: Expression, names: Sequence[str], name: str = "value", label: str = "derived") -> Formula:
    """The expression as a function that runs under NumPy as it is and that ``bind`` takes elsewhere.

    The text appears in tracebacks under ``<lossary label ...>`` and ``inspect.getsource`` finds it.
    """
    return from_text(source(expression, names, name), name, label)


def from_text(text: str, name: str, label: str) -> Formula:
    """The function ``name`` that the text defines; it pickles, as its text, within its loss."""
    digest = hashlib.sha256(f"{label}\n{text}".encode()).hexdigest()[:12]
    filename = f"<lossary {label} {name} {digest}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    space: dict[str, object] = {**_globals(), "__builtins__": {}, "__name__": __name__}
    exec(compile(text, filename, "exec"), space)
    made = space.pop(name)
    assert isinstance(made, types.FunctionType)
    made.travels_as = Remade(from_text, text, name, label)  # type: ignore[attr-defined]
    return made
