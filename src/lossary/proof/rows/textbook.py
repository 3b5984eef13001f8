"""The textbook form of a rowwise loss, held against the value that is computed: by the referee, to forty digits."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
from mpmath import mp

from lossary.backends.reference import DIGITS
from lossary.backends.reference_textbook import contradicts
from lossary.formula import Formula
from lossary.proof.findings import Finding
from lossary.proof.rows.cases import Case, far, generic, settings
from lossary.proof.rows.exact_loss import ExactRowLoss
from lossary.rowwise import RowLoss

ROWS = 14
REACH = 1000.0
"""Scores beyond it are left out: a difference of probabilities, as of e**-1e6 from 1, would need a million digits."""
FEWEST = 6
"""Rows at which the value must be finite before a form counts as tested."""


def textbook(loss: RowLoss) -> Iterator[Finding]:
    """Whether textbook forms are value and gradient: for indices and soft targets, confident rows, masked classes."""
    forms = {"value": loss.textbook, "gradient": loss.textbook_grad}
    for quantity, form in forms.items():
        if form is not None:
            yield _compared(loss, quantity, form)


def _compared(loss: RowLoss, quantity: str, form: Formula) -> Finding:
    what = f"{loss.name}: the textbook form is the {quantity}"
    finite = 0
    for case in _cases(loss):
        exact = ExactRowLoss(loss, case.parameters)
        with mp.workdps(DIGITS + 20):
            t, f = exact.precise(case)
            value = exact.value(t, f)
            values = [value] if quantity == "value" else exact.exact(t, f).every("grad")
        # Where the loss is infinite its gradient is a convention.
        if any(map(mpmath.isnan, values)) or (quantity != "value" and mpmath.isinf(value)):
            continue
        finite += all(map(mpmath.isfinite, values))
        other = contradicts(values, form, t, f, case.parameters)
        if other is not None:
            said = ", ".join(mpmath.nstr(number, 17) for number in values)
            return Finding(what, False, f"at {case.said(loss)}: {said}, but {other} by the textbook form")
    return Finding(what, finite >= FEWEST, f"{finite} rows")


def _cases(loss: RowLoss) -> Iterator[Case]:
    for setting in settings(loss):
        yield from generic(loss, setting, ROWS)
        yield from (case for case in far(loss, setting) if max(case.f) < REACH)
