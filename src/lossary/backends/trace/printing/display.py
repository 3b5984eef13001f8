"""What LaTeX and plain text share: products as powers and fractions, sums with their signs, names for what repeats.

A printer walks the expression from the top. It may reorder and merge factors: the result is read, never computed.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from lossary.backends.trace.expression.symbols import (
    COMPARISONS,
    CONDITIONS,
    LEAVES,
    Expression,
    literal,
    node,
    variables,
    walk,
)
from lossary.backends.trace.printing.factors import factors, is_residual, like_terms, size, spread
from lossary.backends.trace.printing.forms import spelled_out
from lossary.backends.trace.printing.readable import readable
from lossary.formula import Domain

CHOICE, SUM, PRODUCT, POWER, ATOM = range(5)  # how tightly a printed piece binds
LETTERS = "uvwsthzqabcdgk"
SERIES = ("total", "largest", "running", "running_back")


class Piece(NamedTuple):
    """Printed text and how tightly its outermost operation binds."""

    text: str
    binds: int


class Printer(ABC):
    """Prints expressions in plain operations; ``names`` are those shown by a letter instead.

    ``as_written`` leaves sums in their order, which else start with a positive term.
    """

    def __init__(self, names: dict[Expression, str], as_written: bool = False) -> None:
        self.names = names
        self.as_written = as_written
        self.seen: Counter[Expression] = Counter()

    # What a language of layout must say.

    @abstractmethod
    def number(self, value: Fraction) -> Piece:
        """A number that is not negative."""

    @abstractmethod
    def symbol(self, name: str) -> str:
        """A variable or constant."""

    @abstractmethod
    def group(self, text: str) -> str:
        """Text in parentheses."""

    @abstractmethod
    def product(self, coefficient: Fraction, above: list[Piece], below: list[Piece]) -> Piece:
        """A product or quotient."""

    @abstractmethod
    def raised(self, base: str, exponent: Piece) -> Piece:
        """A power."""

    @abstractmethod
    def call(self, name: str, arguments: list[Piece]) -> Piece:
        """A function of arguments."""

    @abstractmethod
    def choice(self, rows: list[tuple[str, str]], otherwise: str) -> Piece:
        """Values under conditions."""

    @abstractmethod
    def indicator(self, condition: str) -> Piece:
        """1 where the condition holds, else 0."""

    @abstractmethod
    def condition(self, operation: str, operands: list[str]) -> str:
        """A comparison, or two conditions joined."""

    @abstractmethod
    def series(self, operation: str, body: str, index: str, last: str) -> str:
        """A sum over classes ("total"), their largest, a sum up to a class whose index is ``last``, or from it."""

    @abstractmethod
    def where(self, text: str, definitions: list[tuple[str, str]]) -> str:
        """The formula, then what its letters stand for."""

    # The walk.

    def piece(self, at: Expression) -> Piece:
        """The expression as text, with how tightly it binds."""
        if at in self.names:
            return Piece(self.symbol(self.names[at]), ATOM)
        if at.operation in LEAVES:
            return self._leaf(at)
        if at.operation in ("add", "subtract", "negative"):
            return self._sum(at)
        if at.operation in CONDITIONS:
            return Piece(self._condition(at), CHOICE)
        _, powers = factors(at, self.names)
        return self._single(at) if at in powers else self._signed_product(at)

    def at_least(self, at: Expression, binds: int) -> str:
        """The text, in parentheses if it binds less than its place asks for."""
        self.seen[at] += 1
        piece = self.piece(at)
        return piece.text if piece.binds >= binds else self.group(piece.text)

    def _leaf(self, at: Expression) -> Piece:
        if at.operation != "literal":
            return Piece(self.symbol(str(at.leaf)), ATOM)
        value = float(at.leaf or 0.0)
        if math.isinf(value):
            return Piece(self.symbol("INFINITY"), ATOM) if value > 0 else Piece("-" + self.symbol("INFINITY"), SUM)
        coefficient, powers = factors(at, {})
        if powers:
            return self._signed_product(at)
        number = self.number(abs(coefficient))
        return number if coefficient >= 0 else Piece("-" + number.text, SUM)

    def _sum(self, at: Expression) -> Piece:
        text = ""
        for coefficient, term in like_terms(at, self.names, self.as_written):
            self.seen[term] += 1
            one = self._grouped_product(term)
            text += (" + " if coefficient > 0 else " - ") + one if text else one if coefficient > 0 else "-" + one
        return Piece(text, SUM) if text else self.number(Fraction(0))

    def _signed_product(self, at: Expression) -> Piece:
        negative = factors(at, self.names)[0] < 0
        return Piece("-" + self._grouped_product(at), SUM) if negative else self._product(at)

    def _grouped_product(self, at: Expression) -> str:
        product = self._product(at)
        return product.text if product.binds >= PRODUCT else self.group(product.text)

    def _product(self, at: Expression) -> Piece:
        """The product without its sign."""
        coefficient, powers = factors(at, self.names)
        coefficient = abs(coefficient)
        if not powers or coefficient == 0:
            return self.number(coefficient)
        if coefficient == 1 and list(powers.values()) == [1]:
            (base,) = powers
            self.seen[base] += base is not at
            return self.piece(base)
        kinds = ("constant", "variable")  # pi before f before log(f)
        ordered = sorted(
            powers, key=lambda x: kinds.index(x.operation) if x.operation in kinds else 2 - (x in self.names)
        )
        above = self._row_of([x for x in ordered if powers[x] > 0], powers)
        below = self._row_of([x for x in ordered if powers[x] < 0], powers)
        alone = coefficient == 1 and len(above) == 1 and not below
        return above[0] if alone else self.product(coefficient, above, below)

    def _row_of(self, bases: list[Expression], powers: dict[Expression, int]) -> list[Piece]:
        """Factors, those that are sums over classes last: all but the last of these in parentheses."""
        ordered = sorted(bases, key=lambda x: x.operation in SERIES)
        pieces = [self._power(x, abs(powers[x])) for x in ordered]
        for i, x in enumerate(ordered[:-1]):
            if x.operation in SERIES:
                pieces[i] = Piece(self.group(pieces[i].text), ATOM)
        return pieces

    def _power(self, base: Expression, exponent: int) -> Piece:
        if exponent != 1:
            return self.raised(self.at_least(base, ATOM), self.number(Fraction(exponent)))
        return self._counted(base)

    def _single(self, at: Expression) -> Piece:
        """An operation that is neither a sum nor a product."""
        if at.operation == "where":
            return self._choice(at)
        if at.operation in SERIES:
            body, index, *last = at.arguments
            inner, letters = self.at_least(body, PRODUCT), [str(x.leaf) for x in (index, *last)]
            return Piece(self.series(at.operation, inner, letters[0], letters[-1]), PRODUCT)
        if at.operation == "power":
            base, exponent = at.arguments
            text = self.at_least(base, ATOM)
            self.seen[exponent] += 1
            return self.raised(text, self.piece(exponent))
        arguments = list(at.arguments)
        if at.operation in ("minimum", "maximum"):
            arguments = [x for a in arguments for x in self._members(a, at.operation)]
        self.seen.update(arguments)
        return self.call(at.operation, [self.piece(a) for a in arguments])

    def _members(self, at: Expression, operation: str) -> list[Expression]:
        if at.operation != operation or at in self.names:
            return [at]
        return [x for a in at.arguments for x in self._members(a, operation)]

    def _choice(self, at: Expression) -> Piece:
        asked, yes, no = at.arguments
        if yes is literal(1.0) and no is literal(0.0) and self.seen[at]:
            return self.indicator(self._condition(asked))
        before = self.seen.copy()
        *rows, (otherwise, _) = [(self._counted(value).text, asked) for value, asked in self._arms(at)]
        while rows and rows[-1][0] == otherwise:
            rows.pop()
        if not rows:
            # The arms differ in rounding only.
            self.seen = before
            return self._counted(at.arguments[2])
        return self.choice([(text, self._condition(asked)) for text, asked in rows if asked is not None], otherwise)

    def _counted(self, at: Expression) -> Piece:
        self.seen[at] += 1
        return self.piece(at)

    def _arms(self, at: Expression) -> list[tuple[Expression, Expression | None]]:
        """A chain of choices as values with their conditions, the last without one."""
        if at.operation != "where" or at in self.names:
            return [(at, None)]
        asked, yes, no = at.arguments
        inner = [(v, asked if c is None else node("both", asked, c)) for v, c in self._arms(yes)]
        return [*inner, *self._arms(no)]

    def _condition(self, at: Expression) -> str:
        inner = [self._condition_operand(a, at.operation) for a in at.arguments]
        return self.condition(at.operation, inner)

    def _condition_operand(self, at: Expression, of: str) -> str:
        if of in COMPARISONS:
            return self.at_least(at, SUM)
        text = self._condition(at)
        return text if at.operation in COMPARISONS or at.operation == of else self.group(text)


def printed(
    expression: Expression,
    printer: type[Printer],
    within: Mapping[str, Domain] | None = None,
    name_parts: bool = True,
    as_written: bool = False,
    meanings: Sequence[tuple[Expression, Expression]] = (),
) -> str:
    """The expression in a printer's language; larger parts that repeat get a letter, explained after the formula.

    ``as_written`` leaves its choices alone. ``meanings`` are equations that are explained there too.
    """
    whole = spelled_out(expression) if as_written else spread(spelled_out(readable(expression, within)))
    free = [x for x in LETTERS if x not in variables(whole)]
    names: dict[Expression, str] = {}
    while True:
        at_work = printer(names, as_written)
        text = at_work.piece(whole).text
        outermost_first = [part for part in reversed(list(walk(whole))) if part in names]
        definitions = [_definition(part, at_work) for part in outermost_first]
        definitions += [(at_work.piece(spelled_out(a)).text, at_work.piece(spelled_out(b)).text) for a, b in meanings]
        part = _worth_a_name(at_work.seen, names, whole) if name_parts and free else None
        if part is None:
            return at_work.where(text, definitions) if definitions else text
        names[part] = "r" if is_residual(part) and "r" not in variables(whole) | set(names.values()) else free.pop(0)


def _definition(part: Expression, printer: Printer) -> tuple[str, str]:
    every = printer.names
    printer.names = {other: letter for other, letter in every.items() if other is not part}
    text = printer.piece(part).text
    printer.names = every
    return printer.symbol(every[part]), text


def _worth_a_name(seen: Counter[Expression], names: dict[Expression, str], whole: Expression) -> Expression | None:
    often = [x for x, times in seen.items() if times > 1 and x.arguments and x not in names and x is not whole]
    residuals = [x for x in often if is_residual(x)]
    if residuals:
        return residuals[0]
    large = [x for x in often if x.operation not in CONDITIONS and size(x, names) >= 2]
    gain = {x: (seen[x] - 1) * size(x, names) for x in large}
    best = max(large, key=gain.__getitem__, default=None)
    return best if best is not None and gain[best] >= 6 else None
