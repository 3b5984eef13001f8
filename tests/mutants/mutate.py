"""Mutants of a module: all small changes that cosmic-ray makes but those that change nothing, and a sample of them."""

from __future__ import annotations

import ast
import difflib
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

SAME = re.compile("(Eq|NotEq)_(Is|IsNot)|(Is|IsNot)_(Eq|NotEq)|RemoveDecorator|Variable(Replacer|Inserter)")
"""Operators left out: equal words and None are one object, and a decorator that is missed breaks the import.

The last two ask for names to put in.
"""

Place = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """One change: the operator, which of its occurrences in the module, and where that begins."""

    operator: str
    occurrence: int
    place: Place

    def of(self, source: str) -> str:
        """The module with the change."""
        changed = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        assert changed is not None, f"{self} is not in the source"
        return str(changed)

    def shown(self, source: str) -> str:
        """The lines that change, before and after."""
        lines = difflib.unified_diff(source.splitlines(), self.of(source).splitlines(), n=0, lineterm="")
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def mutants(source: str, functions: tuple[str, ...] = ()) -> list[Mutant]:
    """All mutants of a module's text, or of these functions alone."""
    tree = ast.parse(source)
    silent, inside = list(_silent(tree)), list(_spans(tree, functions))
    nodes = list(ast_nodes(get_ast(source)))
    found = []
    for name in sorted(operator_names()):
        if SAME.search(name):
            continue
        operator = get_operator(name)()
        starts = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        found += [Mutant(name, occurrence, start) for occurrence, start in enumerate(starts)]
    return [each for each in found if _within(each.place, inside) and not _within(each.place, silent)]


def sample(among: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many, drawn by the seed, no two at the same place: a sum has eleven mutants, a number two."""
    drawn: dict[Place, Mutant] = {}
    for each in random.Random(seed).sample(among, len(among)):
        drawn.setdefault(each.place, each)
    places = random.Random(seed).sample(sorted(drawn), min(count, len(drawn)))
    return [drawn[place] for place in sorted(places)]


Span = tuple[Place, Place]


def _within(place: Place, spans: list[Span]) -> bool:
    return any(start <= place < end for start, end in spans)


def _span(node: ast.expr | ast.stmt) -> Span:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _spans(tree: ast.Module, functions: tuple[str, ...]) -> Iterator[Span]:
    if not functions:
        yield (0, 0), (sys.maxsize, 0)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            yield _span(node)


def _silent(tree: ast.Module) -> Iterator[Span]:
    """What no call can tell: annotations, which are never evaluated, what decorators are given, assertions' words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from map(_span, node.decorator_list)
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield _span(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield _span(node.annotation)
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield _span(node)
