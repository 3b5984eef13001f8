"""An expression in plain text, for terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from lossary.backends.trace.expression.symbols import COMPARISONS, Expression
from lossary.backends.trace.printing.display import ATOM, CHOICE, POWER, PRODUCT, Piece, Printer, printed
from lossary.formula import Domain

SHORT = {
    "minimum": "min",
    "maximum": "max",
    "sqrt": "sqrt",
    "exp": "exp",
    "log": "log",
    "tanh": "tanh",
    "cosh": "cosh",
    "sinh": "sinh",
    "sign": "sign",
    "gamma": "Gamma",
    "lgamma": "log Gamma",
    "digamma": "digamma",
    "erf": "erf",
    "erfc": "erfc",
    "ndtr": "Phi",
    "log_ndtr": "log Phi",
    "product_error": "err",
}
WORDS = COMPARISONS | {"equal": "=", "both": "and", "either": "or"}


class _Text(Printer):
    def number(self, value: Fraction) -> Piece:
        decimal = f"{float(value):.10g}"
        if Fraction(decimal) != value and value.denominator <= 1000:
            return Piece(f"{value.numerator}/{value.denominator}", PRODUCT)
        return Piece(decimal, ATOM)

    def symbol(self, name: str) -> str:
        return "inf" if name == "INFINITY" else name

    def group(self, text: str) -> str:
        return f"({text})"

    def product(self, coefficient: Fraction, above: list[Piece], below: list[Piece]) -> Piece:
        under = coefficient.denominator if below and coefficient.denominator <= 16 else 1
        over = self._row(coefficient * under, above)
        if not below:
            return Piece(over, PRODUCT)
        bottom = self._row(Fraction(under), below)
        single = under == 1 and len(below) == 1
        return Piece(f"{over} / {bottom}" if single else f"{over} / ({bottom})", PRODUCT)

    def _row(self, coefficient: Fraction, factors: list[Piece]) -> str:
        leading = [self.number(coefficient).text] if coefficient != 1 or not factors else []
        return " ".join([*leading, *(f.text if f.binds >= PRODUCT else self.group(f.text) for f in factors)])

    def raised(self, base: str, exponent: Piece) -> Piece:
        return Piece(f"{base}^{exponent.text if exponent.binds == ATOM else self.group(exponent.text)}", POWER)

    def call(self, name: str, arguments: list[Piece]) -> Piece:
        inside = ", ".join(a.text for a in arguments)
        if name == "absolute" and "|" not in inside:
            return Piece(f"|{inside}|", ATOM)
        return Piece(f"{'abs' if name == 'absolute' else SHORT.get(name, name)}({inside})", ATOM)

    def choice(self, rows: list[tuple[str, str]], otherwise: str) -> Piece:
        return Piece(
            ", ".join([*(f"{value} if {condition}" for value, condition in rows), f"else {otherwise}"]), CHOICE
        )

    def indicator(self, condition: str) -> Piece:
        return Piece(f"[{condition}]", ATOM)

    def condition(self, operation: str, operands: list[str]) -> str:
        return f"not ({operands[0]})" if operation == "invert" else f" {WORDS[operation]} ".join(operands)

    def series(self, operation: str, body: str, index: str, last: str) -> str:
        ends = {"running": f"({index} <= {last})", "running_back": f"({index} >= {last})"}
        over = ends.get(operation, index)
        return f"{'max' if operation == 'largest' else 'sum'}_{over} {body}"

    def where(self, text: str, definitions: list[tuple[str, str]]) -> str:
        return f"{text}, where " + ", ".join(f"{letter} = {meaning}" for letter, meaning in definitions)


def text(
    expression: Expression,
    within: Mapping[str, Domain] | None = None,
    name_parts: bool = True,
    as_written: bool = False,
    meanings: Sequence[tuple[Expression, Expression]] = (),
) -> str:
    """One line of text.

    Parts that repeat are named after the formula unless ``name_parts`` is off, and ``meanings``, equations, follow.
    ``within`` gives the domains of variables by name: what a formula does elsewhere is left out, but ``as_written``.
    """
    return printed(expression, _Text, within, name_parts, as_written, meanings)
