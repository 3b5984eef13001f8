"""Every attack on one loss of one prediction: what ``lossary.check`` runs for it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import Choice, Loss
from lossary.proof.accuracy import DTYPES, ULPS, exact_at, quantities, worst
from lossary.proof.findings import Finding, findings_of
from lossary.proof.points import sweep
from lossary.proof.pointwise.claims import claims
from lossary.proof.pointwise.derivatives import derivatives
from lossary.proof.pointwise.evaluators import EVALUATORS
from lossary.proof.pointwise.facts import facts
from lossary.proof.pointwise.functionals import functionals
from lossary.proof.pointwise.textbook import textbook

POINTS = 300
"""Test points for the accuracy of each formula: half of what the committed table takes."""


def check_pointwise(loss: Loss) -> Iterator[Finding]:
    """What derivatives, claims, facts, textbook form, functional, domain and accuracy say of a loss."""
    for attack in (derivatives, claims, facts, textbook, functionals, domain, accuracy):
        yield from findings_of(attack, loss)


def accuracy(loss: Loss, points: int = POINTS) -> Iterator[Finding]:
    """The accuracy rule, for every formula, back end and dtype.

    A user's own formula is held to it down to the smallest normal number. Below, numbers have few digits left, and each
    operation that follows multiplies what a step on the way has lost: the catalogue's authors write around that.
    """
    for quantity in quantities(loss):
        for name, dtype in DTYPES.items():
            tested = list(sweep(loss, dtype, points))
            for backend, evaluate in EVALUATORS.items():
                floor = float(np.finfo(dtype).tiny) if loss.family == "user" else 0.0
                largest_error = worst(loss, quantity, dtype, evaluate, tested, floor)
                what = f"{loss.name}: {quantity} is accurate in {name} on {backend}"
                yield Finding(what, largest_error.ulps <= ULPS, str(largest_error), largest_error.point)


def domain(loss: Loss) -> Iterator[Finding]:
    """Inside the domain the formulas are numbers; a target or prediction outside it is refused by name and place."""
    for quantity in quantities(loss):
        formula, tested = loss.quantity(quantity), sweep(loss, np.float64, POINTS)
        nan_at = next((point for point in tested if np.isnan(float(exact_at(formula, point)))), None)
        what = f"{loss.name}: {quantity} is a number everywhere in the domain"
        problem = "" if nan_at is None else f"NaN at (y, f, *parameters) = {nan_at}"
        yield Finding(what, nan_at is None, problem, nan_at)
    for what, points in outsiders(loss).items():
        accepted = next((point for point in points if not _refused(loss, *point)), None)
        problem = "" if accepted is None else f"accepted (y, f) = {accepted}"
        yield Finding(f"{loss.name}: {what} outside the domain are refused", accepted is None, problem, accepted)


def _refused(loss: Loss, y: float, f: float) -> bool:
    try:
        LossFunction(loss).cost([y], [f])
    except ValueError as refusal:
        return f"{loss.name}" in str(refusal) and "[0]" in str(refusal)
    return False


def outsiders(loss: Loss) -> dict[str, list[tuple[float, float]]]:
    """Bad targets beside a good prediction, and the reverse."""
    good_y, good_f = inside(loss)
    outside = (-1e3, -1.5, -1.0, 0.0, 0.5, 1.5, 2.0, 1e3)
    by_kind = {
        "targets": [(y, good_f) for y in (*outside, np.nan, np.inf, -np.inf) if y not in loss.target],
        "predictions": [(good_y, f) for f in outside if f not in loss.prediction],
    }
    return {what: points for what, points in by_kind.items() if points}


def inside(loss: Loss) -> tuple[float, float]:
    """Some target and prediction that are valid."""
    ordinary = (0.5, 1.0, 0.0, -0.5)
    y = loss.target.values[-1] if isinstance(loss.target, Choice) else next(x for x in ordinary if x in loss.target)
    return y, next(x for x in ordinary if x in loss.prediction)
