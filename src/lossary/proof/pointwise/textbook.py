"""The textbook form of a loss, held against the value that is computed: by the referee, to forty digits."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np

from lossary.backends import reference
from lossary.backends.reference_textbook import contradicts
from lossary.formula import Formula, Loss
from lossary.proof.findings import Finding, at
from lossary.proof.points import Point, generic, parameter_settings, sweep

POINTS = 160
DIGITS = 100
"""Gradients cancel where a prediction is its target."""
FEWEST = 20
"""Points at which the value must be finite before a form counts as tested."""


def textbook(loss: Loss) -> Iterator[Finding]:
    """Whether textbook forms are value, gradient and curvature: at ordinary points, kinks and ends of the domain."""
    if loss.textbook is not None:
        yield _compared(loss, "value", loss.value, loss.textbook)
    if loss.textbook_grad is not None:
        yield _compared(loss, "gradient", loss.grad, loss.textbook_grad)
    if loss.textbook_hess is not None:
        yield _compared(loss, "curvature", loss.hess, loss.textbook_hess)


def _compared(loss: Loss, quantity: str, computed: Formula, form: Formula) -> Finding:
    what = f"{loss.name}: the textbook form is the {quantity}"
    finite = 0
    for point in [*list(sweep(loss, np.float64, POINTS))[::4], *_ordinary(loss)]:
        y, f, *parameters = point
        number = reference.exact(computed, point, DIGITS)
        if mpmath.isnan(number):
            continue
        finite += bool(mpmath.isfinite(number))
        other = contradicts([number], form, y, f, parameters)
        # Where the loss is infinite its gradient is a convention.
        if other is not None and (quantity == "value" or mpmath.isfinite(reference.exact(loss.value, point))):
            said = f"at {at(loss, point)}: {mpmath.nstr(number, 17)}, but {other} by the textbook form"
            return Finding(what, False, said, point)
    return Finding(what, finite >= FEWEST, f"{finite} points")


def _ordinary(loss: Loss) -> list[Point]:
    return [point for setting in parameter_settings(loss) for point in generic(loss, setting, 8)]
