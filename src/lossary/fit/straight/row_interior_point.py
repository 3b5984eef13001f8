"""An interior-point method for losses of class scores that are a maximum of straight pieces: Crammer-Singer's hinge.

Such a loss of class y is ``max over c of (f_c - f_y + lead[y, c])``. The leads are read off the loss's values where one
score towers over the others, and the form is tried out on random scores: no formula is written twice. With ``t`` a
row's maximum and ``z = t - (f_c - f_y + lead)`` its slacks, the dual numbers ``a`` of a row are not negative and add up
to its weight. Steps are Mehrotra's; each takes one matrix of pk x pk, from k (k + 1) / 2 weighted moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.evaluate.rows.function import RowLossFunction
from lossary.fit.problem.certificate import GAP, Certificate
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
    found = (loss(y, towers) - (towers.max(axis=1) - towers[np.arange(len(y)), y])).reshape(classes, classes)
    draw = np.random.default_rng(0)
    y = draw.integers(0, classes, 64)
    scores = 3.0 * draw.standard_normal((64, classes))
    guess = (scores + found[y]).max(axis=1) - scores[np.arange(64), y]
    return found if np.allclose(loss(y, scores), guess, rtol=1e-12, atol=1e-12) else None


def is_maximum(scored: RowScored) -> bool:
    """Whether this method is for the loss: a maximum of straight pieces, of class indices, without options."""
    plain = scored.y.ndim == 1 and not scored.options
    return plain and scored.is_convex and leads(scored.loss, scored.classes) is not None


@dataclass
class _Iterate:
    x: np.ndarray
    top: np.ndarray
    a: np.ndarray
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

    def pull(self, numbers: np.ndarray) -> np.ndarray:
        """The transposed product."""
        found = numbers.copy()
        found[np.arange(len(self.y)), self.y] -= numbers.sum(axis=1)
        return self.problem.design.pull(found)

    def matrix(self, weight: np.ndarray) -> np.ndarray:
        """The normal equations' matrix: of each row, ``diag(weight) - weight weight' / sum(weight)`` by class."""
        design = self.problem.design
        width, classes = design.width, weight.shape[1]
        total = weight.sum(axis=1)
        found = np.zeros((width, classes, width, classes))
        for c in range(classes):
            for d in range(c):
                block = design.gram(weight[:, c] * (weight[:, d] / total))
                found[:, c, :, d] = found[:, d, :, c] = -block
                # A row's matrix sums to zero. Its diagonal is taken from there: the formula's difference would cancel.
                found[:, c, :, c] += block
                found[:, d, :, d] += block
        for j in range(width):
            # What is added to all classes alike changes no loss: where no ridge does, this holds it in place.
            found[j, :, j, :] += self.ridge[j] * np.eye(classes) if self.ridge[j] else np.mean(total) / classes
        return found.reshape(width * classes, width * classes)


def row_interior_point(problem: Problem, rules: Rules) -> Solved:
    """The minimum, to a duality gap."""
    scored = problem.scored
    assert isinstance(scored, RowScored)
    given = _programme(problem, scored)
    now = _start(given)
    least = SMALL * scored.cost(np.zeros((len(given.y), scored.classes)))
    best, iterations = problem.at(now.x), 0
    gap = best.objective if scored.loss.claims.get("nonnegative") is True else np.inf
    rules.watch(best.unknowns, best.objective)
    while iterations < rules.max_iter and gap > rules.tolerance * max(best.objective, least) and _advance(given, now):
        iterations += 1
        point = problem.at(now.x)
        rules.watch(point.unknowns, point.objective)
        bound = _gap(given, now)
        if scored.loss.claims.get("nonnegative") is True:
            bound = min(bound, point.objective)
        if bound < gap:
            best, gap = point, bound
    beside = max(abs(best.objective), least)
    certificate = Certificate(GAP, max(gap / beside, 0.0) if beside > 0.0 else 0.0, rules.tolerance)
    return Solved(best.unknowns, best.objective, best.cost, iterations, certificate, "interior_point")


def _gap(given: _Programme, now: _Iterate) -> float:
    """The objective less the lower bound that the dual numbers prove, as in ``polish``."""
    ridge = given.ridge[:, np.newaxis]
    left = given.pull(now.a) + ridge * now.x
    with np.errstate(divide="ignore", invalid="ignore"):
        slack = np.where(ridge > 0.0, 0.5 * left * left / ridge, np.abs(left * now.x))
    lifted = given.lifted(now.x) + given.shift
    missed = (now.a * (lifted.max(axis=1)[:, np.newaxis] - lifted)).sum() + (
        (given.weight - now.a.sum(axis=1)) * lifted.max(axis=1)
    ).sum()
    return float(missed + slack.sum()) / len(given.y)


def _programme(problem: Problem, scored: RowScored) -> _Programme:
    found = leads(scored.loss, scored.classes)
    assert found is not None
    rows = np.arange(len(scored.y))
    shift = found[scored.y]
    if scored.offset is not None:
        shift = shift + scored.offset - scored.offset[rows, scored.y][:, np.newaxis]
    weight = np.ones(len(rows)) if scored.weight is None else scored.weight * (len(rows) / scored.total_weight)
    return _Programme(problem, scored.y, weight, shift, problem.ridge * len(rows))


def _start(given: _Programme) -> _Iterate:
    classes = given.shift.shape[1]
    x = np.zeros((given.problem.design.width, classes))
    top = given.shift.max(axis=1) + ROOM * max(1.0, float(np.abs(given.shift).max(initial=0.0)))
    a = np.repeat(given.weight[:, np.newaxis] / classes, classes, axis=1)
    return _Iterate(x, top, a, top[:, np.newaxis] - given.shift)


def _advance(given: _Programme, now: _Iterate) -> bool:
    """One predictor and corrector step, in place; False where rounding leaves no step."""
    weight = now.a / now.slack
    total = weight.sum(axis=1)
    factor = factored(given.matrix(weight))
    left = given.pull(now.a) + given.ridge[:, np.newaxis] * now.x
    short = given.weight - now.a.sum(axis=1)

    def solved(change: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        # ``change`` is what a * slack should change by. Eliminated in turn: slacks, dual numbers, tops.
        own = change / now.slack
        lag = (own.sum(axis=1) - short) / total
        x = factor((-left - given.pull(own - weight * lag[:, np.newaxis])).ravel()).reshape(left.shape)
        lifted = given.lifted(x)
        top = (weight * lifted).sum(axis=1) / total + lag
        slack = top[:, np.newaxis] - lifted
        return x, top, own - weight * slack, slack

    mean = float(np.vdot(now.a, now.slack)) / now.a.size
    _, _, a, slack = solved(-now.a * now.slack)
    length = min(_length(now.a, a, 1.0), _length(now.slack, slack, 1.0))
    ahead = float(np.vdot(now.a + length * a, now.slack + length * slack)) / now.a.size
    target = mean * min(1.0, (ahead / mean) ** 3)
    trust = 1.0 if length > TRUSTED else length * length
    x, top, a, slack = solved(target - now.a * now.slack - trust * a * slack)
    dual, primal = _length(now.a, a, NEARLY), _length(now.slack, slack, NEARLY)
    if given.ridge.any():
        dual = primal = min(dual, primal)
    if not (np.isfinite(x).all() and max(dual, primal) > 1e-12):
        return False
    now.x = now.x + primal * x
    now.top += primal * top
    now.slack += primal * slack
    now.a += dual * a
    return mean > EXHAUSTED


def _length(numbers: np.ndarray, step: np.ndarray, share: float) -> float:
    """How far numbers may go before one is no longer positive."""
    nearest = float((step / numbers).min())
    return min(1.0, -share / nearest) if nearest < 0.0 else 1.0
