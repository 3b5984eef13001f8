"""A rowwise loss in LaTeX and as text: its statistics in order, then its value and derivatives."""

from __future__ import annotations

from collections.abc import Callable

from lossary.backends.trace.expression.table import trace
from lossary.backends.trace.printing.latex import latex
from lossary.backends.trace.printing.text import text
from lossary.formula import Domain, Formula
from lossary.rowwise import RowLoss, Statistic, arguments

WORDS = {"max": "max of ", "sum": "sum of ", "expect": "sum of t times ", "running": "running sum of "}
SIGNS = {
    "max": r"\max_j \,",
    "sum": r"\sum_j \,",
    "expect": r"\sum_j t_j \,",
    "running": r"\sum_{i \le j} \,",
    "running_back": r"\sum_{i \ge j} \,",
}


def row_texts(loss: RowLoss) -> list[tuple[str, str]]:
    """The formulas by name, each a line of text."""
    written = [(s.name, _words(s) + _printed(loss, s.term, text)) for s in loss.statistics]
    quantities = {"value": loss.value, "gradient": loss.grad, "curvature": loss.hess}
    return [*written, *((word, _printed(loss, formula, text)) for word, formula in quantities.items())]


def row_latex(loss: RowLoss) -> str:
    """The value's formula in LaTeX, with the statistics that it is made of, line by line."""
    lines = [rf"\mathrm{{{_escaped(s.name)}}} &= {_sign(s)}{_printed(loss, s.term, latex)}" for s in loss.statistics]
    lines.append(f"L &= {_printed(loss, loss.value, latex)}")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def _printed(loss: RowLoss, formula: Formula, printer: Callable[..., str]) -> str:
    domains: dict[str, Domain] = {p.name: p.within for p in loss.parameters}
    return printer(trace(formula, list(arguments(formula))), domains, name_parts=False)


def _words(statistic: Statistic) -> str:
    if statistic.kind == "threshold":
        return "a threshold, from "
    return "running sum from the right of " if statistic.kind == "running_back" else WORDS.get(statistic.kind, "")


def _sign(statistic: Statistic) -> str:
    return SIGNS.get(statistic.kind, "")


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")
