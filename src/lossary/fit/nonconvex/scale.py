"""The residuals' scale, estimated together with a robust fit, and the tuning constants that go with it.

Which parameter goes with the scale, and as which multiple of it, ``lossary.evaluate.pointwise.tuning`` says.

    mad         the median absolute residual over 0.6745, as R's ``MASS::rlm`` takes it
    proposal2   Huber's proposal 2: the scale at which the mean of psi(r / scale)**2 is what normal errors would give,
                with n - p for n (Huber 1964, doi:10.1214/aoms/1177703732)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.pointwise.tuning import DENSITY, Tuned, mad, psi
from lossary.fit.problem.solver import Solved

SCALES = ("mad", "proposal2")

ROUNDS = 200
SETTLED = 1e-9
"""The relative change of the scale below which it has settled."""


@dataclass(frozen=True)
class ScaleRule:
    """How the scale is estimated: a method of ``SCALES``, for a loss and its rows' weights."""

    tuned_loss: Tuned
    method: str
    weight: np.ndarray | None

    def updated(self, residuals: np.ndarray, unknowns: int, scale: float) -> float:
        """The estimate from the residuals of a fit that took ``scale`` for theirs."""
        if self.method == "mad":
            return mad(residuals, self.weight)
        return self._proposal2(residuals, unknowns, scale)

    def _proposal2(self, residuals: np.ndarray, unknowns: int, scale: float) -> float:
        """Huber's next scale after ``scale``."""
        tuned_loss, weight = self.tuned_loss, self.weight
        slope = tuned_loss.at(1.0).gradient(np.zeros_like(residuals), residuals / scale)
        expected, _ = psi(tuned_loss.loss, tuned_loss.name, tuned_loss.multiple)
        expected_square = float(DENSITY @ (expected * expected))
        total = float(len(residuals) if weight is None else weight.sum())
        if total <= unknowns:
            raise ValueError(f"proposal2 needs more rows (or weight) than the {unknowns} unknowns; use scale='mad'")
        square = slope * slope
        summed = float(square.sum() if weight is None else weight @ square)
        return scale * float(np.sqrt(summed / ((total - unknowns) * expected_square)))


def fitted_with_scale(
    rule: ScaleRule,
    solve: Callable[[LossFunction, np.ndarray | None], Solved],
    residuals: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
) -> tuple[Solved, float, bool]:
    """Fit and scale in turn until neither moves: the answer, the scale, and whether it settled."""
    unknowns = start
    scale = _positive(mad(residuals(unknowns), rule.weight))
    solved, steps = None, 0
    for _ in range(ROUNDS):
        solved = solve(rule.tuned_loss.at(scale), unknowns)
        steps += solved.iterations
        unknowns = solved.unknowns
        new_scale = rule.updated(residuals(unknowns), len(unknowns), scale)
        change, scale = abs(_positive(new_scale) - scale), new_scale
        if change <= SETTLED * scale:
            last = solve(rule.tuned_loss.at(scale), unknowns)
            return replace(last, iterations=steps + last.iterations), scale, True
    assert solved is not None
    return solved, scale, False


def _positive(scale: float) -> float:
    if not scale > 0.0:
        raise ValueError(
            "the scale of the residuals is zero: more than half of the targets are fitted exactly. "
            "Pass the loss's parameter yourself, with scale=None"
        )
    return scale
