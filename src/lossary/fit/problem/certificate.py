"""How far from optimal a fit can be: what a solver hands over with its answer."""

from __future__ import annotations

from dataclasses import dataclass

GRADIENT = "gradient norm"
GAP = "duality gap"


@dataclass(frozen=True)
class Certificate:
    """A number that is zero at an optimum, and the tolerance it was asked to reach.

    Attributes
    ----------
    kind : str
        "gradient norm": the largest correlation between a feature and the gradient by the scores, with the penalty's
        part taken in; it has no units, and is 0 where no small step lowers the objective. "duality gap": the objective
        less a proven lower bound, over the objective; no model of any coefficients is better by more.
    value : float
        The number reached.
    tolerance : float
        The number asked for.
    steepest : float or None
        The largest derivative of the objective by a coefficient (or the intercept), in the units of the data; None with
        a duality gap.
    """

    kind: str
    value: float
    tolerance: float
    steepest: float | None = None

    @property
    def reached(self) -> bool:
        return self.value <= self.tolerance

    def __str__(self) -> str:
        return f"{self.kind} {self.value:.2g} {'<=' if self.reached else '>'} {self.tolerance:.2g}"


def gap_certificate(gap: float, objective: float, tolerance: float) -> Certificate:
    """The certificate of a duality gap beside an objective."""
    return Certificate(GAP, max(gap / objective, 0.0) if objective > 0.0 else 0.0, tolerance)


class FitWarning(UserWarning):
    """Something about a fit that its user must know."""


class ConvergenceWarning(FitWarning):
    """The certificate is not what was asked for."""


class RankWarning(FitWarning):
    """Features depend on each other, so that coefficients are not determined."""


class ScaleWarning(FitWarning):
    """A parameter of the loss in the units of y is far from the scale of the residuals."""


class SeparationError(ValueError):
    """The cost falls for ever as coefficients grow: no finite ones are best."""
