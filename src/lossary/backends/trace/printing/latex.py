"""An expression in LaTeX, as a page of a textbook would set it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from lossary.backends.trace.expression.symbols import Expression
from lossary.backends.trace.printing.display import ATOM, CHOICE, POWER, PRODUCT, Piece, Printer, printed
from lossary.formula import Domain

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)
COMMANDS = {
    "minimum": r"\min",
    "maximum": r"\max",
    "log": r"\log",
    "tanh": r"\tanh",
    "cosh": r"\cosh",
    "sinh": r"\sinh",
    "sign": r"\mathrm{sign}",
    "gamma": r"\Gamma",
    "lgamma": r"\log\Gamma",
    "digamma": r"\psi",
    "erf": r"\mathrm{erf}",
    "erfc": r"\mathrm{erfc}",
    "ndtr": r"\Phi",
    "log_ndtr": r"\log\Phi",
    "product_error": r"\mathrm{err}",
}
RELATIONS = {
    "less": "<",
    "less_equal": r"\leq",
    "greater": ">",
    "greater_equal": r"\geq",
    "equal": "=",
    "not_equal": r"\neq",
    "both": r"\;\text{and}\;",
    "either": r"\;\text{or}\;",
}
SHOWN_AS_FRACTION = (2, 3, 4, 6, 8, 16)


def name(word: str) -> str:
    """A name as a symbol: Greek letters by name, one letter in italics, longer words upright."""
    if word == "INFINITY":
        return r"\infty"
    if word in GREEK:
        return "\\" + word
    if len(word) == 1:
        return word
    stem, _, rest = word.rstrip("_").partition("_")
    if rest.startswith("("):  # an index such as j-1
        return f"{name(stem)}_{{{rest[1:-1]}}}"
    if rest and (stem in GREEK or len(stem) == 1):
        return f"{name(stem)}_{{{name(rest)}}}"
    if word.rstrip("_") in GREEK:
        return name(word.rstrip("_"))
    return r"\mathrm{" + word.replace("_", r"\_") + "}"


class _Latex(Printer):
    def number(self, value: Fraction) -> Piece:
        if value.denominator in SHOWN_AS_FRACTION and value.numerator < 1000:
            return Piece(rf"\frac{{{value.numerator}}}{{{value.denominator}}}", PRODUCT)
        digits, _, exponent = f"{float(value):.10g}".partition("e")
        if not exponent:
            return Piece(digits, ATOM)
        power = f"10^{{{int(exponent)}}}"
        return Piece(power, POWER) if digits == "1" else Piece(rf"{digits} \cdot {power}", PRODUCT)

    def symbol(self, name_: str) -> str:
        return name(name_)

    def group(self, text: str) -> str:
        tall = any(command in text for command in (r"\frac", r"\begin", r"\sqrt", r"\sum", "^"))
        return rf"\left({text}\right)" if tall else f"({text})"

    def product(self, coefficient: Fraction, above: list[Piece], below: list[Piece]) -> Piece:
        short = coefficient.denominator in SHOWN_AS_FRACTION or coefficient.denominator == 1
        over, under = (coefficient.numerator, coefficient.denominator) if short else (coefficient, 1)
        top = self._row(Fraction(over), above)
        if below:
            return Piece(rf"\frac{{{top}}}{{{self._row(Fraction(under), below)}}}", PRODUCT)
        if under == 1:
            return Piece(top, PRODUCT)
        return Piece(rf"\frac{{{over}}}{{{under}}} {self._row(Fraction(1), above, inside=True)}", PRODUCT)

    def _row(self, coefficient: Fraction, factors: list[Piece], inside: bool = False) -> str:
        if coefficient == 1 and len(factors) == 1 and not inside:
            return factors[0].text
        row = self.number(coefficient).text if coefficient != 1 or not factors else ""
        for i, factor in enumerate(factors):
            text = factor.text if factor.binds >= PRODUCT else self.group(factor.text)
            # Two numbers side by side would read as one; a function's name needs air.
            air = i > 0 or text.startswith((r"\m", r"\l", r"\t", r"\c"))
            row += (r" \cdot " if text[0].isdigit() else r" \, " if air else " ") * bool(row) + text
        return row

    def raised(self, base: str, exponent: Piece) -> Piece:
        return Piece(f"{base}^{{{exponent.text}}}", POWER)

    def call(self, name_: str, arguments: list[Piece]) -> Piece:
        inside = ", ".join(a.text for a in arguments)
        if name_ == "absolute":
            return Piece(rf"\left|{inside}\right|", ATOM)
        if name_ == "sqrt":
            return Piece(rf"\sqrt{{{inside}}}", ATOM)
        if name_ == "exp":
            return Piece(f"e^{{{inside}}}", POWER)
        command = COMMANDS.get(name_) or name(name_)
        wrapped = self.group(inside)
        return Piece(f"{command}{wrapped}", ATOM)

    def choice(self, rows: list[tuple[str, str]], otherwise: str) -> Piece:
        lines = [rf"{value} & \text{{if }} {condition}" for value, condition in rows]
        whole = r" \\ ".join([*lines, rf"{otherwise} & \text{{otherwise}}"])
        return Piece(rf"\begin{{cases}} {whole} \end{{cases}}", CHOICE)

    def indicator(self, condition: str) -> Piece:
        return Piece(rf"\mathbf{{1}}[{condition}]", ATOM)

    def condition(self, operation: str, operands: list[str]) -> str:
        if operation == "invert":
            return rf"\text{{not}}\;{self.group(operands[0])}"
        return f"{operands[0]} {RELATIONS[operation]} {operands[1]}"

    def series(self, operation: str, body: str, index: str, last: str) -> str:
        ends = {"running": rf"{index} \le {last}", "running_back": rf"{index} \ge {last}"}
        over = ends.get(operation, index)
        sign = r"\max" if operation == "largest" else r"\sum"
        return rf"{sign}_{{{over}}} \, {body}"

    def where(self, text: str, definitions: list[tuple[str, str]]) -> str:
        return (
            text + r" \quad \text{where}\; " + r",\; ".join(f"{letter} = {meaning}" for letter, meaning in definitions)
        )


def latex(
    expression: Expression,
    within: Mapping[str, Domain] | None = None,
    name_parts: bool = True,
    as_written: bool = False,
    meanings: Sequence[tuple[Expression, Expression]] = (),
) -> str:
    """LaTeX without surrounding dollars.

    Parts that repeat are named after the formula unless ``name_parts`` is off, and ``meanings``, equations, follow.
    ``within`` gives the domains of variables by name: what a formula does elsewhere is left out, but ``as_written``.
    """
    return printed(expression, _Latex, within, name_parts, as_written, meanings)
