"""An interior-point method for losses of class scores that are a maximum of straight pieces: Crammer-Singer's hinge.

Such a loss of class y is ``max over c of (f_c - f_y + lead[y, c])``. The leads are read off the loss's values where one
score towers over the others, and the form is tried out on random scores: no formula is written twice. With ``t`` a
row's maximum and ``z = t - (f_c - f_y + lead)`` its slacks, the dual numbers ``a`` of a row are not negative and add up
to its weight. Steps are Mehrotra's; each takes one matrix of pk x pk, from k (k + 1) / 2 weighted moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.problem.certificate import gap_certificate
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.row_scored import RowScored
from lossary.fit.problem.solver import Rules, Solved
from lossary.fit.straight.barrier import NEARLY, TRUSTED, factored

SMALL = 1e-4
"""An objective this small beside the cost of no fit at all counts as that small."""

EXHAUSTED = 1e-18
"""Products this small, beside weights of one, leave nothing to gain."""

ROOM = 10.0
"""How far above every lead to start."""

TOWER = 1024.0
"""A score so far above the others that it decides which piece holds."""


def leads(loss: RowLossFunction, classes: int) -> np.ndarray | None:
    """The numbers ``lead[y, c]`` if the loss is a maximum of ``f_c - f_y + lead``; None if it is not."""
    y = np.repeat(np.arange(classes), classes)
    towers = TOWER * np.tile(np.eye(classes), (classes, 1))
    lead = (loss(y, towers) - (towers.max(axis=1) - towers[np.arange(len(y)), y])).reshape(classes, classes)
    generator = np.random.default_rng(0)
    y = generator.integers(0, classes, 64)
    scores = 3.0 * generator.standard_normal((64, classes))
    guess = (scores + lead[y]).max(axis=1) - scores[np.arange(64), y]
    return lead if np.allclose(loss(y, scores), guess, rtol=1e-12, atol=1e-12) else None


def is_maximum(scored: RowScored) -> bool:
    """Whether this method is for the loss: a maximum of straight pieces, of class indices, without options."""
    plain = scored.y.ndim == 1 and not scored.options
    return plain and scored.is_convex and leads(scored.loss, scored.classes) is not None


@dataclass
class _Iterate:
    x: np.ndarray
    top: np.ndarray
    dual: np.ndarray
    slack: np.ndarray


@dataclass(frozen=True)
class _Programme:
    """Scores less the right class's, plus what they lead by; weights that average one."""

    problem: Problem
    y: np.ndarray
    weight: np.ndarray
    shift: np.ndarray
    ridge: np.ndarray

    def lifted(self, unknowns: np.ndarray) -> np.ndarray:
        """The scores less the right class's."""
        scores = self.problem.design.dot(unknowns)
        return scores - scores[np.arange(len(self.y)), self.y][:, np.newaxis]

    def transposed_dot(self, numbers: np.ndarray) -> np.ndarray:
        """The transposed product."""
        by_score = numbers.copy()
        by_score[np.arange(len(self.y)), self.y] -= numbers.sum(axis=1)
        return self.problem.design.transposed_dot(by_score)

    def matrix(self, weight: np.ndarray) -> np.ndarray:
        """The normal equations' matrix: of each row, ``diag(weight) - weight weight' / sum(weight)`` by class."""
        design = self.problem.design
        width, classes = design.width, weight.shape[1]
        total = weight.sum(axis=1)
        matrix = np.zeros((width, classes, width, classes))
        for c in range(classes):
            for d in range(c):
                block = design.gram(weight[:, c] * (weight[:, d] / total))
                matrix[:, c, :, d] = matrix[:, d, :, c] = -block
                # A row's matrix sums to zero. Its diagonal is taken from there: the formula's difference would cancel.
                matrix[:, c, :, c] += block
                matrix[:, d, :, d] += block
        for j in range(width):
            # What is added to all classes alike changes no loss: where no ridge does, this holds it in place.
            matrix[j, :, j, :] += self.ridge[j] * np.eye(classes) if self.ridge[j] else np.mean(total) / classes
        return matrix.reshape(width * classes, width * classes)


def row_interior_point(problem: Problem, rules: Rules) -> Solved:
    """The minimum, to a duality gap."""
    scored = problem.scored
    assert isinstance(scored, RowScored)
    is_nonnegative = scored.loss.claims.get("nonnegative") is True
    programme = _programme(problem, scored)
    iterate = _start(programme)
    smallest_objective = SMALL * scored.cost(np.zeros((len(programme.y), scored.classes)))
    best, iterations = problem.at(iterate.x), 0
    gap = best.objective if is_nonnegative else np.inf
    rules.watch(best.unknowns, best.objective)
    while iterations < rules.max_iter and gap > rules.tolerance * max(best.objective, smallest_objective):
        if not _advance(programme, iterate):
            break
        iterations += 1
        point = problem.at(iterate.x)
        rules.watch(point.unknowns, point.objective)
        bound = _gap(programme, iterate)
        if is_nonnegative:
            bound = min(bound, point.objective)
        if bound < gap:
            best, gap = point, bound
    certificate = gap_certificate(gap, max(abs(best.objective), smallest_objective), rules.tolerance)
    return Solved(best.unknowns, best.objective, best.cost, iterations, certificate, "interior_point")


def _gap(programme: _Programme, iterate: _Iterate) -> float:
    """The objective less the lower bound that the dual numbers prove, as in ``polish``."""
    ridge = programme.ridge[:, np.newaxis]
    gradient = programme.transposed_dot(iterate.dual) + ridge * iterate.x
    with np.errstate(divide="ignore", invalid="ignore"):
        slack = np.where(ridge > 0.0, 0.5 * gradient * gradient / ridge, np.abs(gradient * iterate.x))
    lifted = programme.lifted(iterate.x) + programme.shift
    highest = lifted.max(axis=1)
    missed = (iterate.dual * (highest[:, np.newaxis] - lifted)).sum()
    missed += ((programme.weight - iterate.dual.sum(axis=1)) * highest).sum()
    return float(missed + slack.sum()) / len(programme.y)


def _programme(problem: Problem, scored: RowScored) -> _Programme:
    lead = leads(scored.loss, scored.classes)
    assert lead is not None
    rows = np.arange(len(scored.y))
    shift = lead[scored.y]
    if scored.offset is not None:
        shift = shift + scored.offset - scored.offset[rows, scored.y][:, np.newaxis]
    weight = np.ones(len(rows)) if scored.weight is None else scored.weight * (len(rows) / scored.total_weight)
    return _Programme(problem, scored.y, weight, shift, problem.ridge * len(rows))


def _start(programme: _Programme) -> _Iterate:
    classes = programme.shift.shape[1]
    x = np.zeros((programme.problem.design.width, classes))
    top = programme.shift.max(axis=1) + ROOM * max(1.0, float(np.abs(programme.shift).max(initial=0.0)))
    dual = np.repeat(programme.weight[:, np.newaxis] / classes, classes, axis=1)
    return _Iterate(x, top, dual, top[:, np.newaxis] - programme.shift)


class _Step(NamedTuple):
    x: np.ndarray
    top: np.ndarray
    dual: np.ndarray
    slack: np.ndarray


class _NewtonSystem:
    """Newton's linear system at an iterate: one factorisation, from which several steps are taken."""

    def __init__(self, programme: _Programme, iterate: _Iterate) -> None:
        self._programme, self._slack = programme, iterate.slack
        self._weight = iterate.dual / iterate.slack
        self._total = self._weight.sum(axis=1)
        self._solve = factored(programme.matrix(self._weight))
        self._gradient = programme.transposed_dot(iterate.dual) + programme.ridge[:, np.newaxis] * iterate.x
        self._missing = programme.weight - iterate.dual.sum(axis=1)

    def step(self, change: np.ndarray) -> _Step:
        """The step that changes the products ``dual * slack`` by these numbers."""
        # Eliminated in turn: slacks, dual numbers, tops.
        by_slack = change / self._slack
        lag = (by_slack.sum(axis=1) - self._missing) / self._total
        right = -self._gradient - self._programme.transposed_dot(by_slack - self._weight * lag[:, np.newaxis])
        x = self._solve(right.ravel()).reshape(self._gradient.shape)
        lifted = self._programme.lifted(x)
        top = (self._weight * lifted).sum(axis=1) / self._total + lag
        slack = top[:, np.newaxis] - lifted
        return _Step(x, top, by_slack - self._weight * slack, slack)


def _advance(programme: _Programme, iterate: _Iterate) -> bool:
    """One predictor and corrector step, in place; False where rounding leaves no step."""
    system = _NewtonSystem(programme, iterate)
    products = iterate.dual * iterate.slack
    mean = float(np.vdot(iterate.dual, iterate.slack)) / iterate.dual.size
    predictor = system.step(-iterate.dual * iterate.slack)
    length = min(_length(iterate.dual, predictor.dual, 1.0), _length(iterate.slack, predictor.slack, 1.0))
    ahead_dual, ahead_slack = iterate.dual + length * predictor.dual, iterate.slack + length * predictor.slack
    ahead = float(np.vdot(ahead_dual, ahead_slack)) / iterate.dual.size
    target = mean * min(1.0, (ahead / mean) ** 3)
    trust = 1.0 if length > TRUSTED else length * length
    step = system.step(target - products - trust * predictor.dual * predictor.slack)
    dual, primal = _length(iterate.dual, step.dual, NEARLY), _length(iterate.slack, step.slack, NEARLY)
    if programme.ridge.any():
        dual = primal = min(dual, primal)
    if not (np.isfinite(step.x).all() and max(dual, primal) > 1e-12):
        return False
    iterate.x = iterate.x + primal * step.x
    iterate.top += primal * step.top
    iterate.slack += primal * step.slack
    iterate.dual += dual * step.dual
    return mean > EXHAUSTED


def _length(numbers: np.ndarray, step: np.ndarray, share: float) -> float:
    """How far numbers may go before one is no longer positive."""
    nearest = float((step / numbers).min())
    return min(1.0, -share / nearest) if nearest < 0.0 else 1.0
