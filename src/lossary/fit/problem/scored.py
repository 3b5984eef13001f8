"""The mean loss as a function of the scores of all rows: cost, gradient and curvature in one pass of a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.fit.problem.output import Output, output_for


@dataclass(frozen=True)
class Scored:
    """A pointwise loss on given targets, weights and offset. A score is a row's linear part, without the offset.

    The kernels check targets once, at ``checked``; predictions cannot leave their domain.
    """

    loss: LossFunction
    y: np.ndarray
    weight: np.ndarray | None
    offset: np.ndarray | None

    classes: ClassVar[int | None] = None

    @cached_property
    def output(self) -> Output:
        return output_for(self.loss.prediction, self.loss.name)

    @cached_property
    def is_convex(self) -> bool:
        """Whether the loss claims to be convex in the score."""
        return claimed(self.loss, "convex") is True and self.output.is_identity

    @property
    def is_nonnegative(self) -> bool:
        return claimed(self.loss, "nonnegative") is True

    @property
    def has_majorizer(self) -> bool:
        return self.loss.record.majorizer is not None and self.output.is_identity

    @cached_property
    def _mean(self) -> LossFunction:
        """The loss without the root over its mean, which is taken here."""
        record = self.loss.record
        return LossFunction(replace(record, cost_root=False), self.loss.given) if record.cost_root else self.loss

    @cached_property
    def total_weight(self) -> float:
        return float(self.y.shape[0] if self.weight is None else self.weight.sum())

    def taking(self, rows: np.ndarray) -> Scored:
        """The same loss on some of the rows."""
        parameters = {k: v[rows] if isinstance(v, np.ndarray) else v for k, v in self.loss.given.items()}
        return Scored(
            LossFunction(self.loss.record, parameters),
            self.y[rows],
            None if self.weight is None else self.weight[rows],
            None if self.offset is None else self.offset[rows],
        )

    def prediction(self, scores: np.ndarray) -> np.ndarray:
        """What the loss takes."""
        shifted = scores if self.offset is None else scores + self.offset
        return self.output.apply(shifted)

    def checked_cost(self, scores: np.ndarray) -> float:
        """The cost, with every target compared with its domain."""
        return float(self.loss.cost(self.y, self.prediction(scores), self.weight))

    def cost(self, scores: np.ndarray) -> float:
        return float(self.loss.cost(self.y, self.prediction(scores), self.weight, check=False))

    def cost_and_gradient(self, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """The cost and its derivative by each score."""
        cost, gradient = self.loss.cost_and_gradient(self.y, self.prediction(scores), self.weight, check=False)
        if not self.output.is_identity:
            gradient *= self.output.derivative(scores if self.offset is None else scores + self.offset)
        return cost, gradient

    def derivatives(self, scores: np.ndarray, curvature: str = "exact") -> tuple[float, np.ndarray, np.ndarray]:
        """The cost, its derivative and its curvature by each score.

        Of a root mean square the curvature is that of the parabola above the root's tangent.
        """
        cost, gradient, curvatures = self._mean.cost_gradient_and_hessian(
            self.y, self.prediction(scores), self.weight, curvature=curvature, check=False
        )
        if not self.output.is_identity:
            shifted = scores if self.offset is None else scores + self.offset
            derivative = self.output.derivative(shifted)
            curvatures = curvatures * derivative * derivative
            if curvature == "exact":
                curvatures += gradient * self.output.second_derivative(shifted)
            gradient = gradient * derivative
        if self.loss.cost_root:
            cost = float(np.sqrt(cost))
            shrink = 0.5 / cost if cost else 0.0
            gradient, curvatures = gradient * shrink, curvatures * shrink
        return cost, gradient, _finite(curvatures)

    @property
    def poor_score(self) -> float:
        """A score that fits badly: zero, or where scores are logarithms, e times the mean in whatever units."""
        by_factors = self.loss.link == "log" if self.output.is_identity else self.output.name == "exp"
        return self.mean_score() + 1.0 if by_factors else 0.0

    def mean_score(self) -> float:
        """The score of the mean target, by the loss's link; 0 where that is infinite."""
        mean = float(np.average(self.y, weights=self.weight))
        with np.errstate(divide="ignore", invalid="ignore"):
            score = _linked(mean, self.loss.link) if self.output.is_identity else self.output.score(mean)
        return score if np.isfinite(score) else 0.0


def claimed(loss: LossFunction, name: str) -> bool | float | None:
    """What the loss claims; nothing if that depends on parameters that differ from row to row."""
    claim = getattr(loss.record.claims, name)
    if not callable(claim):
        return claim
    per_example = any(isinstance(v, np.ndarray) for v in loss.given.values())
    return None if per_example else loss.claims.get(name)


def _finite(curvatures: np.ndarray) -> np.ndarray:
    """Curvatures without infinities (a kink's, an overflow's): as large as the largest finite one."""
    with np.errstate(invalid="ignore"):
        all_finite = bool(np.isfinite(curvatures.sum()))
    if all_finite:
        return curvatures
    finite = np.abs(curvatures[np.isfinite(curvatures)])
    largest = float(finite.max(initial=1.0))
    return np.nan_to_num(curvatures, nan=0.0, posinf=largest, neginf=-largest)


def _linked(mean: float, link: str) -> float:
    if link == "log":
        return float(np.log(mean))
    if link == "logit":
        return float(np.log(mean) - np.log1p(-mean))
    return mean
