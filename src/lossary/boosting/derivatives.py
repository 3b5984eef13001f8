"""Gradient and curvature of every example by a booster's scores: weighted, in float32, in the scores' own layout."""

from __future__ import annotations

import numpy as np

from lossary.boosting.activation import Identity, activation_of
from lossary.boosting.curvature import Plan, of_residuals, plan
from lossary.boosting.targets import targets_of
from lossary.evaluate.arrays import ShapeError
from lossary.evaluate.interface import LossFunction
from lossary.evaluate.registry import AnyLoss, get, named
from lossary.evaluate.rowwise import RowLossFunction

Both = tuple[np.ndarray, np.ndarray]

SMALLEST = 1e-16
"""Curvatures are at least this: a leaf whose examples all have none must not divide zero by zero."""


class Derivatives:
    """A loss as a booster sees it: a function of labels, scores and weights.

    Parameters
    ----------
    loss : str or loss
        A loss of the catalogue, or of your own.
    curvature : "auto", "exact", "majorizer", "fisher" or "unit"
        See ``lossary.boosting.curvature``.
    """

    def __init__(self, loss: str | AnyLoss, curvature: str = "auto") -> None:
        self.loss = get(loss)
        if not all(isinstance(value, float) for value in self.loss.given.values()):
            raise TypeError(f"{self.loss}: a booster needs parameters that are numbers, not arrays")
        self.curvature = curvature
        self.activation = activation_of(self.loss)
        self.plan: Plan = plan(self.loss, curvature, self.activation)

    def __call__(self, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None = None) -> Both:
        """Gradient and curvature, float32 arrays of the scores' shape: (n,), or (n, k) for a loss of rows."""
        f = np.ascontiguousarray(self.shaped(scores), dtype=np.float32)
        y = targets_of(self.loss, y)
        if self._direct:
            g, h = self._fused(y, f, weight)
        else:
            g, h = self._general(y, f, weight)
        return g.reshape(scores.shape), h.reshape(scores.shape)

    def shaped(self, scores: np.ndarray) -> np.ndarray:
        """Scores with as many axes as the loss wants: a row of one score is one number to a booster."""
        rows = isinstance(self.loss, RowLossFunction)
        if rows and scores.ndim == 1 and self.loss.record.more_classes:
            return scores[:, None]
        if not rows and scores.ndim == 2 and scores.shape[1] == 1:
            return scores[:, 0]
        if scores.ndim != (2 if rows else 1):
            wanted = "a row of scores" if rows else "one score"
            told = "; set num_class to the number of classes" if rows else ""
            raise ShapeError(f"{self.loss} takes {wanted} an example, but the scores have shape {scores.shape}{told}")
        return scores

    def predictions(self, scores: np.ndarray) -> np.ndarray:
        """What a user wants to read: means, probabilities or values, from scores."""
        return self.loss.mean(self.activation.forward(np.asarray(self.shaped(scores), dtype=np.float64)))

    def cost(self, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None = None) -> float:
        """The weighted mean loss at scores."""
        f = self.activation.forward(np.asarray(self.shaped(scores), dtype=np.float64))
        return self.loss.cost(targets_of(self.loss, y), f, weight)

    @property
    def _direct(self) -> bool:
        """Whether one pass of one kernel gives the answer."""
        plain = isinstance(self.activation, Identity) and not self.plan.scaled and self.plan.reach is None
        return plain and self.plan.base != "unit" and not self._softmax

    @property
    def _softmax(self) -> bool:
        return isinstance(self.loss, RowLossFunction) and self.plan.base == "fisher"

    def _fused(self, y: np.ndarray, f: np.ndarray, weight: np.ndarray | None) -> Both:
        """The formulas themselves."""
        loss, base = self.loss, self.plan.base
        if isinstance(loss, LossFunction):
            return loss.gradient_and_hessian(y, f, weight, curvature="exact" if base == "unit" else base)
        return loss.gradient_and_hessian(y, f, weight)

    def _general(self, y: np.ndarray, f: np.ndarray, weight: np.ndarray | None) -> Both:
        p = self.activation.forward(f)
        g, h = self._fused(y, p, None)
        counts = None if weight is None else np.asarray(weight, dtype=np.float32)
        if counts is not None:
            self.loss.parts(y, p, counts)  # refuses a weight that is none, and lets targets without weight pass
        if self._softmax:
            h = np.asarray(named("softmax_cross_entropy").hessian(y, p))
        g, h = self.activation.chained(f, g, h, bend=self.plan.base == "exact")
        if self.plan.base == "unit":
            h = np.ones_like(g)
        if self.plan.reach is not None:
            h = np.maximum(h, np.abs(g) / self._reaches(y, f, self.plan.reach))
        return self._weighted(g, h, counts)

    def _reaches(self, y: np.ndarray, f: np.ndarray, reach: float) -> np.ndarray | float:
        """The longest steps that a bounded curvature asks for, one for all or one for each example."""
        if not of_residuals(self.loss, self.activation):
            return reach
        away = np.abs(f - y)
        usual = usual_residual(away)
        return np.maximum(away, away.dtype.type(reach * usual))

    def _weighted(self, g: np.ndarray, h: np.ndarray, weight: np.ndarray | None) -> Both:
        """Times the weights; if the plan says so scaled, so that the mean curvature of what counts is one."""
        if self.plan.base != "exact" or self.plan.reach is not None:
            h = np.maximum(h, h.dtype.type(SMALLEST))
        factor = None if weight is None else (weight[:, None] if g.ndim == 2 else weight)
        if self.plan.scaled:
            mean = float(np.average(h.mean(axis=1) if h.ndim == 2 else h, weights=weight))
            scale = g.dtype.type(1.0 / mean)
            factor = scale if factor is None else factor * scale
        if factor is None:
            return g, h
        return g * factor, h * factor


def usual_residual(away: np.ndarray) -> float:
    """The scale of residuals whose sizes are given: hardly moved by a few that are huge. 1 if all are zero."""
    scale = float(np.sqrt(away).mean(dtype=np.float64)) ** 2
    return scale if 0.0 < scale < np.inf else 1.0
