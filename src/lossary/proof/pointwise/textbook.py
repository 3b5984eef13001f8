"""The textbook form of a loss, held against the value that is computed: by the referee, to forty digits."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np

from lossary.backends import reference
from lossary.backends.reference_textbook import contradicts
from lossary.formula import Loss
from lossary.proof.findings import Finding, at
from lossary.proof.points import Point, generic, parameter_settings, sweep

POINTS = 160
FEWEST = 40
"""Points at which the value must be finite before a form counts as tested."""


def textbook(loss: Loss) -> Iterator[Finding]:
    """Whether the textbook form is the value: at ordinary points, at kinks, at the ends of the domain."""
    if loss.textbook is None:
        return
    what = f"{loss.name}: the textbook form is the value"
    tested = [*list(sweep(loss, np.float64, POINTS))[::2], *_ordinary(loss)]
    finite = 0
    for point in tested:
        y, f, *parameters = point
        value = reference.exact(loss.value, point)
        if mpmath.isnan(value):
            continue
        finite += bool(mpmath.isfinite(value))
        other = contradicts(value, loss.textbook, y, f, parameters)
        if other is not None:
            said = f"at {at(loss, point)}: {mpmath.nstr(value, 17)}, but {other} by the textbook form"
            yield Finding(what, False, said, point)
            return
    yield Finding(what, finite >= FEWEST, f"{finite} points")


def _ordinary(loss: Loss) -> list[Point]:
    return [point for setting in parameter_settings(loss) for point in generic(loss, setting, 8)]
