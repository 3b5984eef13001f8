"""``lossary.check(loss)``: every attack of this package on one loss, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import Loss
from lossary.proof.findings import Finding, failures
from lossary.rowwise import RowLoss


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
    from lossary.proof.pointwise.checks import check_pointwise  # noqa: PLC0415

    return Report(record.name, tuple(check_pointwise(record)))


def _record(loss: str | LossFunction | RowLossFunction | Loss | RowLoss) -> Loss | RowLoss:
    if isinstance(loss, Loss | RowLoss):
        return loss
    if isinstance(loss, str):
        from lossary.evaluate.registry import get  # noqa: PLC0415

        loss = get(loss)
    if isinstance(loss, LossFunction | RowLossFunction):
        return loss.record
    raise TypeError(f"a loss is its name, a function of the catalogue or what lossary.define gives, not {loss!r}")
