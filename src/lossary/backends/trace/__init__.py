"""Formulas run on names: LaTeX and plain text, symbolic derivatives, and regenerated functions."""

from lossary.backends.trace.derive import derivative as derivative
from lossary.backends.trace.derive import lacking_rule as lacking_rule
from lossary.backends.trace.forms import lacking_form as lacking_form
from lossary.backends.trace.latex import latex as latex
from lossary.backends.trace.source import function as function
from lossary.backends.trace.source import source as source
from lossary.backends.trace.symbols import Expression as Expression
from lossary.backends.trace.symbols import variable as variable
from lossary.backends.trace.table import trace as trace
from lossary.backends.trace.text import text as text
