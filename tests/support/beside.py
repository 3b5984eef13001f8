"""A name of another library beside what the dictionary says it is: the same up to the factor given and a term in y."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

import lossary
from lossary.elsewhere import LIBRARIES


def factor_of(library: str, name: str, classes: int = 0) -> float:
    """How many times ours theirs is, as the dictionary has it."""
    factor = LIBRARIES[library].names[name].factor or "1"
    given = {"k": str(classes), "(k - 1)": str(classes - 1)}
    numerator, slash, denominator = factor.partition("/")
    return float(Fraction(numerator)) / float(Fraction(given.get(denominator, denominator) if slash else 1))


def ours(library: str, name: str, given: Mapping[str, float] | None = None):
    """The loss that the dictionary leads to, with ``given`` parameters by their names there."""
    entry = LIBRARIES[library].names[name]
    loss = lossary.get(entry.loss) if entry.refused else lossary.get(f"{library}:{name}")
    return loss.using(**{entry.parameters[key]: value for key, value in (given or {}).items()})


def difference(library: str, name: str, theirs, y, f, given: Mapping[str, float] | None = None, **options) -> float:
    """The largest relative difference of values ``theirs`` from the factor times ours, at targets y and predictions f.

    Where the dictionary says that theirs has a term in the target besides, rows are held against the first prediction
    of the same target: ``y`` is then (n, 1), and ``f`` and ``theirs`` are (n, m).
    """
    y = np.asarray(y)
    y = np.broadcast_to(y, np.shape(f)).copy() if np.ndim(y) == np.ndim(f) and np.ndim(y) else y
    loss = ours(library, name, given)
    expected = factor_of(library, name, **options) * loss(y, np.asarray(f))
    found = np.asarray(theirs, dtype=np.float64)
    if LIBRARIES[library].names[name].shifted:
        expected, found = expected - expected[:, :1], found - found[:, :1]
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))
