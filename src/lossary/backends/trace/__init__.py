"""Formulas run on names: LaTeX, plain text and JavaScript, symbolic derivatives, and regenerated functions.

In goes a formula of the catalogue or a user's own function; out comes an ``Expression``, and from that its text, its
derivative, or a function in the dialect. Imports ``formula``, ``primitives`` and ``rowwise``; in it imports point one
way: expression < deriving, printing.
"""

from __future__ import annotations

from lossary.backends.trace.deriving.derive import derivative as derivative
from lossary.backends.trace.deriving.derive import lacking_rule as lacking_rule
from lossary.backends.trace.expression import numpy_calls as numpy_calls  # so that expressions answer NumPy
from lossary.backends.trace.expression.execute import execute as execute
from lossary.backends.trace.expression.source import function as function
from lossary.backends.trace.expression.source import source as source
from lossary.backends.trace.expression.symbols import Expression as Expression
from lossary.backends.trace.expression.symbols import number as number
from lossary.backends.trace.expression.symbols import variable as variable
from lossary.backends.trace.expression.table import trace as trace
from lossary.backends.trace.printing.forms import lacking_form as lacking_form
from lossary.backends.trace.printing.javascript import arrow as arrow
from lossary.backends.trace.printing.javascript import lacking_script as lacking_script
from lossary.backends.trace.printing.javascript import loss_script as loss_script
from lossary.backends.trace.printing.javascript import primitives_script as primitives_script
from lossary.backends.trace.printing.javascript_rows import row_script as row_script
from lossary.backends.trace.printing.latex import latex as latex
from lossary.backends.trace.printing.loss import loss_latex as loss_latex
from lossary.backends.trace.printing.loss import loss_text as loss_text
from lossary.backends.trace.printing.row_loss import row_latex as row_latex
from lossary.backends.trace.printing.row_loss import row_texts as row_texts
from lossary.backends.trace.printing.text import text as text
from lossary.backends.trace.printing.textbook import textbook_latex as textbook_latex
from lossary.backends.trace.printing.textbook import textbook_text as textbook_text
