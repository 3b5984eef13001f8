"""Is the gradient the derivative of the value, and every entry of the Hessian that of the gradient?

Central differences at 60 digits play the part of the derivative, so that a slip anywhere shows in the twentieth digit.
Each score is moved by itself, off the simplex too: a formula's derivative is that of the formula.
"""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
from mpmath import mp

from lossary.backends.reference import DIGITS
from lossary.proof.findings import Finding
from lossary.proof.rows.cases import Case, far, generic, settings
from lossary.proof.rows.exact_loss import ExactRowLoss, Number
from lossary.rowwise import RowLoss

STEP = mpmath.mpf(10) ** -20
RELATIVE = mpmath.mpf(10) ** -20
ABSOLUTE = mpmath.mpf(10) ** -30
ROWS = 8
"""Generic rows a setting of the parameters; three far ones come on top."""

GRADIENT = "grad is the derivative of value"
DIAGONAL = "hess is the derivative of grad"
CROSSED = "the Hessian off its diagonal is the derivative of grad"

Slip = tuple[str, Number, str]
"""Which promise is broken, by how much, and what to say."""


def derivatives(loss: RowLoss, rows: int = ROWS) -> Iterator[Finding]:
    """A finding for the gradient, the Hessian's diagonal and the rest of it, over all settings of the parameters."""
    worst: dict[str, tuple[Number, str]] = {}
    count = 0
    with mp.workdps(DIGITS):
        for parameters in settings(loss):
            cases = generic(loss, parameters, rows)
            for case in [*cases, *far(loss, parameters)] if rows >= ROWS else cases:
                count += 1
                for what, excess, problem in _slips(ExactRowLoss(loss, parameters), case):
                    if what not in worst or excess > worst[what][0]:
                        worst[what] = (excess, f"at {case.said(loss)}: {problem}")
    for what in (GRADIENT, DIAGONAL, CROSSED):
        _, detail = worst.get(what, (0, f"{count} rows"))
        yield Finding(f"{loss.name}: {what}", what not in worst and count > 0, detail)


def _slips(exact: ExactRowLoss, case: Case) -> Iterator[Slip]:
    """Where the formulas and the differences disagree, in one row."""
    t, f = exact.precise(case)
    row = exact.exact(t, f)
    if mpmath.isinf(row.value):
        return  # an infinite loss has no derivative
    gradient = row.every("grad")
    if len(gradient) != len(f):
        yield GRADIENT, mp.inf, "the gradient cannot be computed"
        return
    for j, x in enumerate(f):
        if mpmath.isinf(x):
            continue
        up, down = (exact.exact(t, (*f[:j], x + step, *f[j + 1 :])) for step in (STEP, -STEP))
        yield from _compared(GRADIENT, f"grad by score {j}", gradient[j], (up.value - down.value) / (2 * STEP))
        above, below = up.every("grad"), down.every("grad")
        for i, (high, low) in enumerate(zip(above, below, strict=True)):
            what, name = (DIAGONAL, "hess") if i == j else (CROSSED, f"the Hessian ({i}, {j})")
            yield from _compared(what, f"{name} by score {j}", row.entry(i, j), (high - low) / (2 * STEP))
        if len(above) != len(f) or len(below) != len(f):
            yield DIAGONAL, mp.inf, f"the gradient cannot be computed beside score {j}"


def _compared(what: str, name: str, stated: Number, slope: Number) -> Iterator[Slip]:
    excess = abs(stated - slope) - RELATIVE * abs(slope) - ABSOLUTE
    if not excess <= 0:
        problem = f"{name} is {mpmath.nstr(stated, 17)}, the slope {mpmath.nstr(slope, 17)}"
        yield what, mp.inf if mpmath.isnan(excess) else excess, problem
