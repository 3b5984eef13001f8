"""A pointwise loss in LaTeX and as text: one of its formulas, on its domain."""

from __future__ import annotations

from lossary.backends.trace.expression.table import trace
from lossary.backends.trace.printing.latex import latex
from lossary.backends.trace.printing.text import text
from lossary.formula import Domain, Loss


def loss_latex(loss: Loss, quantity: str = "value") -> str:
    """One of a loss's formulas in LaTeX, on its domain."""
    return latex(trace(loss.quantity(quantity), _names(loss)), _domains(loss))


def loss_text(loss: Loss, quantity: str = "value") -> str:
    """One of a loss's formulas as a line of text, on its domain."""
    return text(trace(loss.quantity(quantity), _names(loss)), _domains(loss))


def _names(loss: Loss) -> list[str]:
    return ["y", "f", *(p.name for p in loss.parameters)]


def _domains(loss: Loss) -> dict[str, Domain]:
    return {"y": loss.target, "f": loss.prediction, **{p.name: p.within for p in loss.parameters}}
