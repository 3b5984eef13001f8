"""``lossary.check(loss)``: every attack of this package on one loss, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lossary.evaluate.interface import LossFunction
from lossary.evaluate.rowwise import RowLossFunction
from lossary.formula import Choice, Loss
from lossary.proof.findings import Finding, failures
from lossary.rowwise import RowLoss

POINTS = 300
"""Test points for the accuracy of each formula: half of what the committed table takes."""


@dataclass(frozen=True)
class Report:
    """What the check of a loss found; ``print`` it to read it."""

    loss: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.failures

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What did not hold."""
        return tuple(failures(self.findings))

    def __str__(self) -> str:
        wrong = len(self.failures)
        verdict = (
            f"{wrong} of {len(self.findings)} checks failed" if wrong else f"all {len(self.findings)} checks passed"
        )
        return "\n".join([f"{self.loss}: {verdict}", *(f"  {finding}" for finding in self.findings)])


def check(loss: str | LossFunction | RowLossFunction | Loss | RowLoss) -> Report:
    """Attack a loss: its derivatives, claims, facts, functional, domain, and its accuracy on every back end.

    Takes a name, a loss of the catalogue, or one of your own (``lossary.define``). What the loss does not claim is
    not attacked. Takes seconds, and mpmath: ``pip install lossary[check]``.

    Examples
    --------
    >>> import lossary
    >>> lossary.check("hinge").ok
    True
    """
    try:
        import mpmath  # noqa: F401, PLC0415  only checks need it
    except ImportError:
        raise ImportError("lossary.check needs mpmath: pip install 'lossary[check]'") from None
    record = _record(loss)
    if isinstance(record, RowLoss):
        from lossary.proof.rows.checks import check_row  # noqa: PLC0415  these need mpmath

        return Report(record.name, tuple(check_row(record)))
    found: list[Finding] = []
    for attack in _attacks():
        found += _carried_out(attack, record)
    return Report(record.name, tuple(found))


def _record(loss: str | LossFunction | RowLossFunction | Loss | RowLoss) -> Loss | RowLoss:
    if isinstance(loss, Loss | RowLoss):
        return loss
    if isinstance(loss, str):
        from lossary.evaluate.registry import get  # noqa: PLC0415

        loss = get(loss)
    if isinstance(loss, LossFunction | RowLossFunction):
        return loss.record
    raise TypeError(f"a loss is its name, a function of the catalogue or what lossary.define gives, not {loss!r}")


Attack = Callable[[Loss], Iterable[Finding]]


def _attacks() -> tuple[Attack, ...]:
    from lossary.proof.pointwise.claims import claims  # noqa: PLC0415  these need mpmath
    from lossary.proof.pointwise.derivatives import derivatives  # noqa: PLC0415
    from lossary.proof.pointwise.facts import facts  # noqa: PLC0415
    from lossary.proof.pointwise.functionals import functionals  # noqa: PLC0415

    return (derivatives, claims, facts, functionals, domain, accuracy)


def _carried_out(attack: Attack, loss: Loss) -> Iterator[Finding]:
    """What an attack finds; a formula that cannot even be run is a finding too."""
    try:
        yield from attack(loss)
    except (ArithmeticError, LookupError, NameError, NotImplementedError, TypeError, ValueError) as broken:
        name = getattr(attack, "__name__", "attack")
        yield Finding(f"{loss.name}: {name}", False, f"raised {type(broken).__name__}: {broken}")


def accuracy(loss: Loss, points: int = POINTS) -> Iterator[Finding]:
    """The accuracy rule, for every formula, back end and dtype.

    A user's own formula is held to it down to the smallest normal number. Below, numbers have few digits left, and each
    operation that follows multiplies what a step on the way has lost: the catalogue's authors write around that.
    """
    from lossary.proof.accuracy import ULPS, worst  # noqa: PLC0415
    from lossary.proof.error_tables import DTYPES, quantities  # noqa: PLC0415
    from lossary.proof.points import sweep  # noqa: PLC0415
    from lossary.proof.pointwise.evaluators import EVALUATORS  # noqa: PLC0415

    for quantity in quantities(loss):
        for name, dtype in DTYPES.items():
            where = list(sweep(loss, dtype, points))
            for backend, evaluate in EVALUATORS.items():
                floor = float(np.finfo(dtype).tiny) if loss.family == "user" else 0.0
                found = worst(loss, quantity, dtype, evaluate, where, floor)
                what = f"{loss.name}: {quantity} is accurate in {name} on {backend}"
                yield Finding(what, found.ulps <= ULPS, str(found), found.point)


def domain(loss: Loss) -> Iterator[Finding]:
    """Inside the domain the formulas are numbers; a target or prediction outside it is refused by name and place."""
    from lossary.proof.accuracy import exact_at  # noqa: PLC0415
    from lossary.proof.error_tables import quantities  # noqa: PLC0415
    from lossary.proof.points import sweep  # noqa: PLC0415

    for quantity in quantities(loss):
        bad = next(
            (p for p in sweep(loss, np.float64, POINTS) if np.isnan(float(exact_at(loss.quantity(quantity), p)))), None
        )
        what = f"{loss.name}: {quantity} is a number everywhere in the domain"
        yield Finding(what, bad is None, "" if bad is None else f"NaN at (y, f, *parameters) = {bad}", bad)
    for what, points in outsiders(loss).items():
        accepted = next((p for p in points if not _refused(loss, *p)), None)
        said = "" if accepted is None else f"accepted (y, f) = {accepted}"
        yield Finding(f"{loss.name}: {what} outside the domain are refused", accepted is None, said, accepted)


def _refused(loss: Loss, y: float, f: float) -> bool:
    try:
        LossFunction(loss).cost([y], [f])
    except ValueError as refusal:
        return f"{loss.name}" in str(refusal) and "[0]" in str(refusal)
    return False


def outsiders(loss: Loss) -> dict[str, list[tuple[float, float]]]:
    """Bad targets beside a good prediction, and the reverse."""
    good_y, good_f = inside(loss)
    beyond = (-1e3, -1.5, -1.0, 0.0, 0.5, 1.5, 2.0, 1e3)
    found = {
        "targets": [(y, good_f) for y in (*beyond, np.nan, np.inf, -np.inf) if y not in loss.target],
        "predictions": [(good_y, f) for f in beyond if f not in loss.prediction],
    }
    return {what: points for what, points in found.items() if points}


def inside(loss: Loss) -> tuple[float, float]:
    """Some target and prediction that are valid."""
    ordinary = (0.5, 1.0, 0.0, -0.5)
    y = loss.target.values[-1] if isinstance(loss.target, Choice) else next(x for x in ordinary if x in loss.target)
    return y, next(x for x in ordinary if x in loss.prediction)
