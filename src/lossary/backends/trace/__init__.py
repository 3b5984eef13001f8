"""Formulas run on names: LaTeX and plain text, symbolic derivatives, and regenerated functions."""

from __future__ import annotations

from lossary.backends.trace import numpy_calls as numpy_calls
from lossary.backends.trace.derive import derivative as derivative
from lossary.backends.trace.derive import lacking_rule as lacking_rule
from lossary.backends.trace.execute import execute as execute
from lossary.backends.trace.forms import lacking_form as lacking_form
from lossary.backends.trace.latex import latex as latex
from lossary.backends.trace.rows import row_latex as row_latex
from lossary.backends.trace.rows import row_texts as row_texts
from lossary.backends.trace.source import function as function
from lossary.backends.trace.source import source as source
from lossary.backends.trace.symbols import Expression as Expression
from lossary.backends.trace.symbols import variable as variable
from lossary.backends.trace.table import trace as trace
from lossary.backends.trace.text import text as text
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
