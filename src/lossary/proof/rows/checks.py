"""Every attack on one rowwise loss: what ``lossary.check`` runs for it."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np

from lossary.proof.accuracy import DTYPES, ULPS
from lossary.proof.findings import Finding, findings_of
from lossary.proof.rows.accuracy import judge, worst
from lossary.proof.rows.claims import claims
from lossary.proof.rows.derivatives import derivatives
from lossary.proof.rows.edge_cases import sweep
from lossary.proof.rows.evaluators import EVALUATORS
from lossary.proof.rows.facts import facts
from lossary.proof.rows.textbook import textbook
from lossary.rowwise import ROW_QUANTITIES, RowLoss

ROWS = 160
"""Edge cases for the accuracy of each formula: fewer than the committed table takes."""


def check_row(loss: RowLoss) -> Iterator[Finding]:
    """What derivatives, claims, facts, textbook form, domain and the accuracy of every back end say of a loss."""
    for attack in (derivatives, claims, facts, textbook, numbers, accuracy):
        yield from findings_of(attack, loss)


def numbers(loss: RowLoss, rows: int = ROWS) -> Iterator[Finding]:
    """Inside the domain the formulas are numbers, on its edge too: but for the derivatives of an infinite loss."""
    not_numbers: dict[str, str] = {}
    for case in sweep(loss, np.float64, rows):
        answers = judge(loss, case, np.float64).answers
        for (quantity, j), answer in answers.items():
            if mpmath.isnan(answer) and not mpmath.isinf(answers["value", 0]):
                not_numbers.setdefault(quantity, f"NaN at score {j} of {case.said(loss)}")
    for quantity in ROW_QUANTITIES:
        what = f"{loss.name}: {quantity} is a number everywhere in the domain"
        yield Finding(what, quantity not in not_numbers, not_numbers.get(quantity, ""))


def accuracy(loss: RowLoss, rows: int = ROWS) -> Iterator[Finding]:
    """The accuracy rule, for every formula, back end and dtype."""
    for name, dtype in DTYPES.items():
        cases = list(sweep(loss, dtype, rows))
        for quantity in ROW_QUANTITIES:
            for backend, evaluate in EVALUATORS.items():
                largest_error = worst(loss, quantity, dtype, evaluate, cases)
                what = f"{loss.name}: {quantity} is accurate in {name} on {backend}"
                yield Finding(what, largest_error.ulps <= ULPS, str(largest_error))
