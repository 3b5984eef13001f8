"""A loss in LaTeX and as text as a textbook has it: the record's ``textbook`` if it has one.

Rows get an index for each sum they stand in, and what a word such as ``softmax`` means is said after the formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from lossary.backends.trace.expression.symbols import Expression, literal, node, number, variable
from lossary.backends.trace.expression.table import table
from lossary.backends.trace.printing.latex import latex
from lossary.backends.trace.printing.text import text
from lossary.formula import Formula, Loss, bind
from lossary.rowwise import RowLoss

Definition = tuple[Expression, Expression]

INDICES = "jilm"


def _word(name: str) -> Callable[..., Expression]:
    return lambda *operands: node(name, *map(number, operands))


def traced(formula: Formula, names: Sequence[str]) -> Expression:
    """The textbook form as an expression, in which words are operations on rows."""
    words: dict[str, object] = {
        name: _word(name)
        for name in (
            *("total", "largest", "running", "running_back", "softmax", "threshold", "previous", "extended", "lgamma"),
        )
    }
    words |= {
        "PI": literal(math.pi),
        "classes": lambda x: variable("k"),
        "named": lambda x, letter: node("named", number(x), variable(letter)),
    }
    return number(bind(formula, table() | words)(*map(variable, names)))


class Indexed:
    """An expression of rows with indices in their place: the sum of x becomes that of x_j over j."""

    def __init__(self, taken: Sequence[str], rows: bool) -> None:
        self._rows = ("y", "f") if rows else ()
        self.definitions: list[Definition] = []
        self._letters = [letter for letter in "pqsu" if letter not in taken]
        self._named: dict[Expression, str] = {}

    def row_free(self, at: Expression) -> Expression:
        """A number, made of rows in sums alone."""
        return self._at(at, 0)

    def of_class(self, at: Expression) -> Expression:
        """A number for each class: that of class j."""
        return self._at(at, 1)

    def _at(self, at: Expression, depth: int) -> Expression:
        """The expression inside ``depth`` sums."""
        index = INDICES[depth - 1] if depth else ""
        match at.operation:
            case "variable" if at.leaf in self._rows:
                return variable(f"{at.leaf}_{self._index(index)}")
            case "total" | "largest":
                return node(at.operation, self._at(at.arguments[0], depth + 1), variable(INDICES[depth]))
            case "running" | "running_back":
                inner = self._at(at.arguments[0], depth + 1)
                return node(at.operation, inner, variable(INDICES[depth]), variable(self._index(index)))
            case "softmax":
                return variable(f"{self._softmax(at.arguments[0])}_{self._index(index)}")
            case "named":
                meant, letter = at.arguments
                return self._called(meant, letter, index)
            case "threshold":
                return self._threshold(*at.arguments)
            case "previous":
                self._define(variable("f_0"), lambda: at.arguments[1])
                return variable(f"f_({self._index(index)}-1)")
            case "extended":
                self._define(variable("f_(k+1)"), lambda: at.arguments[1])
                return self._at(at.arguments[0], depth)
        return node(at.operation, *(self._at(a, depth) for a in at.arguments)) if at.arguments else at

    def _called(self, meant: Expression, letter: Expression, index: str) -> Expression:
        """A part by its letter: with an index if it is a row."""
        if meant.operation == "softmax":
            return variable(f"{self._softmax(meant.arguments[0], str(letter.leaf))}_{self._index(index)}")
        row = bool(self._rows) and _is_row(meant)
        self._define(variable(f"{letter.leaf}_j") if row else letter, lambda: self._at(meant, 1 if row else 0))
        return variable(f"{letter.leaf}_{self._index(index)}") if row else letter

    @staticmethod
    def _index(index: str) -> str:
        if not index:
            raise ValueError("a textbook form has a row outside of total, largest and their like")
        return index

    def _define(self, name: Expression, meaning: Callable[[], Expression]) -> None:
        """Say what a name means, before the names that its meaning has in it."""
        if any(name is known for known, _ in self.definitions):
            return
        place = len(self.definitions)
        self.definitions.append((name, name))
        self.definitions[place] = name, meaning()

    def _softmax(self, of: Expression, letter: str = "") -> str:
        if of not in self._named:
            self._named[of] = letter = letter or self._letters.pop(0)
            self._define(variable(f"{letter}_j"), lambda: self._shares(of))
        return self._named[of]

    def _shares(self, of: Expression) -> Expression:
        above, below = (node("exp", self._at(of, depth)) for depth in (1, 2))
        return above / node("total", below, variable("i"))

    def _threshold(self, of: Expression, power: Expression) -> Expression:
        tau = variable("tau")
        over = node("maximum", self._at(of, 1) - tau, literal(0.0))
        raised = over if power is literal(1.0) else over ** float(power.leaf or 0.0)
        self._define(node("total", raised, variable("j")), lambda: literal(1.0))
        return tau


def _is_row(at: Expression) -> bool:
    """Whether it differs from class to class."""
    if at.operation in ("total", "largest", "threshold"):
        return False
    if at.operation in ("running", "running_back", "softmax", "previous", "extended"):
        return True
    return at.leaf in ("y", "f") or any(map(_is_row, at.arguments))


def textbook_latex(loss: Loss | RowLoss, quantity: str = "value") -> str:
    """Value, "grad" or "hess" as a textbook has it, of a row by the score of class j: LaTeX without dollars."""
    return _in_layout(loss, quantity, latex)


def textbook_text(loss: Loss | RowLoss, quantity: str = "value") -> str:
    """Value, "grad" or "hess" as a textbook has it, of a row by the score of class j: a line of text."""
    return _in_layout(loss, quantity, text)


def _in_layout(loss: Loss | RowLoss, quantity: str, layout: Callable[..., str]) -> str:
    formula = loss.textbook if quantity == "value" else getattr(loss, f"textbook_{quantity}", None)
    if formula is None:
        raise ValueError(f"{loss.name} has no textbook form of its {quantity}: it is written as a textbook has it")
    names = ["y", "f", *(p.name for p in loss.parameters)]
    indexed = Indexed(names, rows=isinstance(loss, RowLoss))
    expression = traced(formula, names)
    whole = indexed.row_free(expression) if quantity == "value" else indexed.of_class(expression)
    return layout(whole, name_parts=isinstance(loss, Loss), as_written=True, meanings=indexed.definitions)
