"""Gradient and curvature of every example by a booster's scores: weighted, in float32, in the scores' own layout."""

from __future__ import annotations

import copy
import math
from functools import cached_property

import numpy as np

from lossary.boosting.activation import Identity, activation_of
from lossary.boosting.curvature import Plan, of_residuals, plan
from lossary.boosting.targets import more_classes, targets_of
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss, get, named
from lossary.evaluate.rows.function import RowLossFunction

GradientAndCurvature = tuple[np.ndarray, np.ndarray]

NEAREST, FARTHEST = 0.125, 4.0
"""Newton's step on the cost, in usual residuals.

No more than four: of examples of which a share q is u away from its target and the rest has met it, the rest would lose
q**2 times that number in a round, and the others gain q.
"""

MEASURED = 65_536
"""The usual residual, Newton's step and mean curvatures are measured on about so many examples, evenly spaced."""

SMALLEST = 1e-16
"""Curvatures are at least this, where they are scaled of the mean: a leaf whose examples all have none must not divide
zero by zero. In the loss's own unit that would be more than what losses of huge targets have (Barron's of 1e9: 1e-18).
"""


class Derivatives:
    """A loss as a booster sees it: a function of labels, scores and weights.

    Parameters
    ----------
    loss : str or loss
        A loss of the catalogue, or of your own.
    curvature : "auto", "exact", "majorizer", "fisher" or "unit"
        See ``lossary.boosting.curvature``.
    coupling : float, optional
        What the curvature of the scores of a softmax is multiplied by; K / (K - 1) of K classes if it is not given.
    """

    def __init__(self, loss: str | AnyLoss, curvature: str = "auto", coupling: float | None = None) -> None:
        self.loss = get(loss)
        if not all(isinstance(value, float) for value in self.loss.given.values()):
            raise TypeError(f"{self.loss}: a booster needs parameters that are numbers, not arrays")
        self.curvature, self.coupling = curvature, coupling
        self.activation = activation_of(self.loss)
        self.plan: Plan = plan(self.loss, curvature, self.activation)
        self.unit: float | None = None
        self.times = 1.0
        self.widest = math.inf

    def begun(self, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None = None) -> Derivatives:
        """The same for a training that begins at these scores: the usual residual will not be wider than it is there.

        ``scores`` may be one start for all.
        """
        begun = Derivatives(self.loss, self.curvature, self.coupling)
        if self.plan.reach is not None and not self.plan.own and of_residuals(self.loss, self.activation):
            y = targets_of(self.loss, y)
            f = np.broadcast_to(scores, y.shape).astype(_precision(y))
            counts = None if weight is None else np.asarray(weight, dtype=np.float32)
            begun.widest = self._usual(*_sample(_counting(y, counts), f, counts))
        return begun

    def multiplied(self, times: float) -> Derivatives:
        """The same, with both derivatives so many times as large: steps are the same, and gains of splits larger."""
        multiplied = copy.copy(self)
        multiplied.times = times
        return multiplied

    def settled(self, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None = None) -> Derivatives:
        """Begun, with the unit of curvature fixed too, for a booster that asks for a few examples at once."""
        fixed = self.begun(y, scores, weight)
        if self.plan.scaled:
            y = targets_of(self.loss, y)
            _, h, counts = fixed._unweighted(y, fixed._at(scores, y), weight)
            fixed.unit = fixed._unit_of_curvature(h, counts)
        return fixed

    def __call__(self, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None = None) -> GradientAndCurvature:
        """Gradient and curvature, float32 arrays of the scores' shape: (n,), or (n, k) for a loss of rows.

        Labels of float64 are taken as they are; those of boosters are float32, and nothing is gained by more.
        """
        direct = self.loss.direct
        plain = weight is None and type(scores) is np.ndarray and scores.dtype.char == "f" and scores.ndim == 1
        if plain and direct is not None and self._formulas is not None:
            found = direct.two(self._formulas, y, scores, None)
            if found is not None:
                return found
        y = targets_of(self.loss, y)
        f = self._at(scores, y)
        if self._direct:
            g, h = self._fused(y, f, weight)
            self._couple(h)
        else:
            g, h = self._weighted(*self._unweighted(y, f, weight))
        g, h = (each.astype(np.float32, copy=False).reshape(scores.shape) for each in (g, h))
        return g, h

    def shaped(self, scores: np.ndarray) -> np.ndarray:
        """Scores with as many axes as the loss wants: a row of one score is one number to a booster."""
        rows = isinstance(self.loss, RowLossFunction)
        if rows and scores.ndim == 1 and more_classes(self.loss):
            return scores[:, None]
        if not rows and scores.ndim == 2 and scores.shape[1] == 1:
            return scores[:, 0]
        if scores.ndim != (2 if rows else 1):
            wanted = "a row of scores" if rows else "one score"
            advice = "; set num_class to the number of classes" if rows else ""
            raise ShapeError(f"{self.loss} takes {wanted} an example, but the scores have shape {scores.shape}{advice}")
        return scores

    def predictions(self, scores: np.ndarray) -> np.ndarray:
        """What a user wants to read: means, probabilities or values, from scores."""
        return self.loss.mean(self.activation.forward(np.asarray(self.shaped(scores), dtype=np.float64)))

    def cost(self, y: np.ndarray, scores: np.ndarray, weight: np.ndarray | None = None) -> float:
        """The weighted mean loss at scores."""
        f = self.activation.forward(np.asarray(self.shaped(scores), dtype=np.float64))
        return self.loss.cost(targets_of(self.loss, y), f, weight)

    @cached_property
    def _formulas(self) -> tuple[str, str] | None:
        """The two that give the answer for plain float32 labels and scores, if the plan is formulas as they are."""
        loss = self.loss
        if not self._direct or not isinstance(loss, LossFunction):
            return None
        return "grad", loss.curvature_quantity({"curvature": self.plan.base})

    @property
    def _direct(self) -> bool:
        """Whether one pass of one kernel gives the answer."""
        as_it_is = not self.plan.scaled and self.plan.reach is None
        return as_it_is and isinstance(self.activation, Identity) and self.plan.base != "unit" and not self._softmax

    @property
    def _softmax(self) -> bool:
        return isinstance(self.loss, RowLossFunction) and self.plan.base == "fisher"

    def _fused(self, y: np.ndarray, f: np.ndarray, weight: np.ndarray | None) -> GradientAndCurvature:
        """The formulas themselves."""
        loss, base = self.loss, self.plan.base
        if isinstance(loss, LossFunction):
            return loss.gradient_and_hessian(y, f, weight, curvature="exact" if base == "unit" else base)
        return loss.gradient_and_hessian(y, f, weight)

    def _at(self, scores: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The scores as the loss takes them beside these targets."""
        return np.ascontiguousarray(self.shaped(scores), dtype=_precision(y))

    def _unweighted(
        self, y: np.ndarray, f: np.ndarray, weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Gradient and curvature by the plan, without weights and in the loss's own unit; and the weights."""
        p = self.activation.forward(f)
        counts = None if weight is None else np.asarray(weight, dtype=np.float32)
        if counts is not None:
            self.loss.parts(y, p, counts)  # refuses what is no weight, and targets that count
            y = _counting(y, counts)
        g, h = self._fused(y, p, None)
        if self._softmax:
            h = np.asarray(named("softmax_cross_entropy").hessian(y, p))
        g, h = self.activation.chained(f, g, h, bend=self.plan.base == "exact")
        if self.plan.base == "unit":
            h = np.ones_like(g)
        self._couple(h)
        if self.plan.least > 0.0:
            h = np.maximum(h, h.dtype.type(self.plan.least))
        if self.plan.reach is not None:
            least = np.abs(g)
            least /= self._reaches(y, f, counts)
            if self.plan.own:
                h *= h.dtype.type(self._share_of_bend(h, least, counts))
            h = np.maximum(h, least, out=least)
        return g, h, counts

    def _couple(self, h: np.ndarray) -> None:
        """Multiply the curvature of the scores of a softmax, in place, by what their moving together asks for."""
        if self.plan.coupled:
            classes = h.shape[1]
            h *= h.dtype.type(self.coupling or classes / max(classes - 1, 1))

    def _reaches(self, y: np.ndarray, f: np.ndarray, weight: np.ndarray | None) -> np.ndarray | float:
        """The longest steps that a bounded curvature asks for, one for all or one for each example."""
        factor = self.plan.reach or 0.0
        if not of_residuals(self.loss, self.activation):
            return factor
        if self.plan.own:
            own = np.abs(f - y)
            own *= own.dtype.type(factor)
            return np.maximum(own, np.finfo(own.dtype).tiny, out=own)
        sample = _sample(y, f, weight)
        usual = min(self._usual(*sample), self.widest)
        if not self.plan.newton:
            return factor * usual
        residuals = f - y
        np.abs(residuals, out=residuals)
        return np.maximum(residuals, residuals.dtype.type(factor * self._newton(*sample, usual)), out=residuals)

    def _share_of_bend(self, h: np.ndarray, least: np.ndarray, weight: np.ndarray | None) -> float:
        """How much of the majorizing curvature the exact Hessian is, on average: little if few lie within the bend."""
        majorizing = (self.plan.reach or 0.0) * _sampled_mean(least, weight)
        return min(_sampled_mean(h, weight) / majorizing, 1.0) if majorizing > 0.0 else 1.0

    def _usual(self, y: np.ndarray, f: np.ndarray, weight: np.ndarray | None) -> float:
        """The usual residual; of straight pieces that pull more on some examples than on others, as much as they do."""
        if self.plan.newton and self.loss.claims.get("even"):
            pull = np.abs(self.loss.gradient(y, f, check=False)).astype(np.float32)
            if pull.any() and np.ptp(pull[pull > 0.0]) > 0.0:
                return usual_residual(y, f, pull if weight is None else weight * pull)
        return usual_residual(y, f, weight)

    def _newton(self, y: np.ndarray, f: np.ndarray, weight: np.ndarray | None, usual: float) -> float:
        """Newton's step on the cost of all, whose slope is taken over the usual residual where the loss has a kink."""
        below, gradient, above = (
            self.loss.gradient(y, f + f.dtype.type(shift), check=False) for shift in (-usual, 0.0, usual)
        )
        curvature = _mean(above - below, weight) / (2.0 * usual)
        step = _mean(np.abs(gradient), weight) / curvature if curvature > 0.0 else usual
        return min(max(step, usual * NEAREST), usual * FARTHEST)

    def _weighted(self, g: np.ndarray, h: np.ndarray, weight: np.ndarray | None) -> GradientAndCurvature:
        """Times the weights, in place; if the plan says so scaled, so that the mean curvature of what counts is one."""
        unit = self._unit_of_curvature(h, weight)
        if self.plan.base != "exact" or self.plan.reach is not None:
            np.maximum(h, h.dtype.type(SMALLEST * unit), out=h)
        if self.plan.scaled:
            # Divided, so that where all curvatures are alike each is one to the bit: hosts compare their sums with one.
            divisor = h.dtype.type(unit / self.times)
            g /= divisor
            h /= divisor
        if weight is not None:
            factor = weight[:, None] if g.ndim == 2 else weight
            g *= factor
            h *= factor
        return g, h

    def _unit_of_curvature(self, h: np.ndarray, weight: np.ndarray | None) -> float:
        """The mean of what counts, if the plan is scaled."""
        if not self.plan.scaled:
            return 1.0
        return (_sampled_mean(h, weight) or 1.0) if self.unit is None else self.unit


def _precision(y: np.ndarray) -> type[np.floating]:
    """In what scores are taken: labels of float64 are a user's own, those of boosters are float32."""
    return np.float64 if y.dtype.char == "d" else np.float32


def _counting(y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Targets of weight zero may be anything and must do no harm: they become the first that counts."""
    return y if weight is None else np.where(weight > 0.0, y, y[np.argmax(weight > 0.0)])


def _sample(
    y: np.ndarray, f: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    sampled = slice(None, None, 1 + f.size // MEASURED)
    return y[sampled], f[sampled], None if weight is None else weight[sampled]


def _sampled_mean(numbers: np.ndarray, weight: np.ndarray | None) -> float:
    sampled = slice(None, None, 1 + len(numbers) // MEASURED)
    return _mean(numbers[sampled], None if weight is None else weight[sampled])


def _mean(numbers: np.ndarray, weight: np.ndarray | None) -> float:
    rows = numbers.mean(axis=1) if numbers.ndim == 2 else numbers
    if weight is None:
        # What ``mean`` does, without the looking around that takes longer than a thousand numbers.
        return float(np.add.reduce(rows, dtype=np.float64) / len(rows))
    total = weight.sum(dtype=np.float64)
    return float(np.dot(rows.astype(np.float64), weight) / total) if total > 0.0 else 1.0


def usual_residual(y: np.ndarray, f: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The scale of the residuals: hardly moved by a few that are huge. 1 if all are zero."""
    scale = _mean(np.sqrt(np.abs(f - y)), weight) ** 2
    return scale if 0.0 < scale < np.inf else 1.0
