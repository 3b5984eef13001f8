"""An interior-point method for losses made of straight pieces, with squares and absolute values in the penalty.

With every row's loss written as a line plus ``jump * max(0, f - kink)`` for each kink (``pieces.py``), the dual has one
number ``a`` a kink, between 0 and the jump, and one equation an unknown:

    minimise   first' f + sum(jump * max(0, f - kink)) + x' R x / 2      over x, with f = A x
    maximise   -sum(a * kink) - g' inv(R) g / 2,  g = A' (first + a)     over 0 <= a <= jump

(g must be 0 where R is). Both are followed at once by Mehrotra's predictor and corrector; a step costs one matrix of
p x p, whatever the number of rows. For quantile regression this is the Frisch-Newton method of Portnoy and Koenker
(1997), doi:10.1214/ss/1030037960; with a ridge and the hinge it is the support vector machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from lossary.fit.certificate import GAP, Certificate
from lossary.fit.polish import polished
from lossary.fit.problem import Problem
from lossary.fit.programme import Programme, programme
from lossary.fit.solver import Rules, Solved

NEARLY = 0.9995
"""The share of the way to the nearest bound that a step may go."""

SLACK = 0.1
"""How far from their bounds to start: a share of the mean distance to a kink, or of the jump."""

CENTRINGS = 2
LONG = 0.9
"""Steps shorter than this are tried to be made longer, so many times."""

CLOSE = 1e-3
"""The interior points stop at this share of the gap asked for: the polishing step wants to know the kinks hit."""

TRUSTED = 0.1
SMALL = 1e-4
"""An objective this small beside the cost of no fit at all counts as that small."""


@dataclass
class _Iterate:
    """Unknowns, scores, dual numbers with the ``room`` left to the jump, slacks: ``over == above - below``."""

    x: np.ndarray
    scores: np.ndarray
    a: np.ndarray
    room: np.ndarray
    below: np.ndarray
    above: np.ndarray


@dataclass
class _Step:
    x: np.ndarray
    scores: np.ndarray
    a: np.ndarray
    below: np.ndarray
    above: np.ndarray


def interior_point(problem: Problem, rules: Rules) -> Solved:
    """The exact minimum, with a duality gap to prove it."""
    given = programme(problem)
    now = _start(given)
    # A perfect fit costs nothing: gaps are measured beside a share of what no fit at all would cost.
    least = SMALL * problem.scored.cost(np.zeros(problem.design.rows))
    worth = _objective(problem, now)
    rules.watch(now.x, worth)
    iterations = 0
    while iterations < rules.max_iter and _gap(problem, given, now, worth) > CLOSE * rules.tolerance * max(
        worth, least
    ):
        if not _advance(given, now):
            break
        iterations += 1
        worth = _objective(problem, now)
        rules.watch(now.x, worth)
    x, gap = polished(problem, given, now.x, now.a, now.room, now.below, now.above)
    final = problem.at(x)
    if problem.pointwise.is_nonnegative:
        gap = min(gap, final.objective)
    beside = max(abs(final.objective), least)
    certificate = Certificate(GAP, max(gap / beside, 0.0) if beside > 0.0 else 0.0, rules.tolerance)
    return Solved(x, final.objective, final.cost, iterations, certificate, "interior_point")


def _objective(problem: Problem, now: _Iterate) -> float:
    return problem.scored.cost(now.scores) + problem.penalty(now.x)


def _gap(problem: Problem, given: Programme, now: _Iterate, worth: float) -> float:
    """The gap if dual feasible; no loss that is never negative can fall by more than the objective."""
    gap = given.scale * float(now.a @ now.below + now.room @ now.above)
    return min(gap, worth) if problem.pointwise.is_nonnegative else gap


def _start(given: Programme) -> _Iterate:
    """Least squares towards the kinks; dual numbers that balance each row's slope where they can."""
    weight = given.by_row(given.jumps)
    matrix = given.design.gram(weight)
    matrix[np.diag_indices_from(matrix)] += given.ridge + 1e-10 * np.trace(matrix) / len(matrix)
    x = linalg.solve(matrix, given.design.pull(given.by_row(given.jumps * given.kinks)), assume_a="pos")
    scores = given.design.dot(x)
    over = given.spread(scores, x) - given.kinks
    slack = max(SLACK * float(np.mean(np.abs(over))), 1e-10 * float(np.abs(given.kinks).max(initial=0.0)), 1e-100)
    share = np.clip(-given.first / weight, SLACK, 1.0 - SLACK)
    a = given.jumps * np.concatenate([*([share] * given.layers), np.full(len(given.bent), 0.5)])
    return _Iterate(x, scores, a, given.jumps - a, np.maximum(-over, 0.0) + slack, np.maximum(over, 0.0) + slack)


def _advance(given: Programme, now: _Iterate) -> bool:
    """One predictor, corrector and centring step, in place; False where rounding leaves no step."""
    low, high = now.below / now.a, now.above / now.room
    weight = 1.0 / (low + high)
    factor = factored(given.matrix(weight))
    left = given.lines + given.pull(now.a) + given.ridge * now.x

    def solved(under: np.ndarray, over: np.ndarray) -> _Step:
        # ``under`` and ``over`` are what a * below and room * above should change by.
        lower, upper = under / now.a, over / now.room
        q = lower - upper
        x = factor(-left - given.pull(weight * q))
        scores = given.design.dot(x)
        a = weight * (given.spread(scores, x) + q)
        return _Step(x, scores, a, lower - low * a, upper + high * a)

    under, over = now.a * now.below, now.room * now.above
    mean = (float(under.sum()) + float(over.sum())) / (2 * len(under))
    straight = solved(-under, -over)
    dual, primal = _lengths(given, now, straight, 1.0)
    ahead = [float(each.sum()) for each in _products(now, straight, dual, primal)]
    target = mean * min(1.0, (sum(ahead) / (2 * len(under)) / mean) ** 3)
    # The second order is not to be trusted where the first did not get anywhere.
    trust = 1.0 if min(dual, primal) > TRUSTED else dual * primal
    under = target - under - trust * straight.a * straight.below
    over = target - over + trust * straight.a * straight.above
    step = solved(under, over)
    lengths = _lengths(given, now, step, NEARLY)
    for _ in range(CENTRINGS):
        if min(lengths) >= LONG:
            break
        # Gondzio's correctors: products that would stray far from the path are led back, if that lengthens the step.
        ahead_under, ahead_over = _products(now, step, *(min(1.0, length + 0.1) for length in lengths))
        under, over = under + _strayed(ahead_under, target), over + _strayed(ahead_over, target)
        better = solved(under, over)
        longer = _lengths(given, now, better, NEARLY)
        if min(longer) < min(lengths) + 0.01:
            break
        step, lengths = better, longer
    dual, primal = lengths
    if not (np.isfinite(step.x).all() and max(dual, primal) > 1e-12):
        return False
    now.x = now.x + primal * step.x
    now.scores = now.scores + primal * step.scores
    now.below += primal * step.below
    now.above += primal * step.above
    now.a += dual * step.a
    now.room -= dual * step.a
    return True


def _products(now: _Iterate, step: _Step, dual: float, primal: float) -> tuple[np.ndarray, np.ndarray]:
    """The products that are to vanish, after a step."""
    return (
        (now.a + dual * step.a) * (now.below + primal * step.below),
        (now.room - dual * step.a) * (now.above + primal * step.above),
    )


def _strayed(products: np.ndarray, target: float) -> np.ndarray:
    """By how much products must change to be within a factor of ten of the target; large ones by that much at most."""
    return np.maximum(np.clip(products, 0.1 * target, 10.0 * target) - products, -10.0 * target)


def _lengths(given: Programme, now: _Iterate, step: _Step, share: float) -> tuple[float, float]:
    """How far the dual numbers, and the unknowns with the slacks, may go; alike where a ridge couples them."""
    nearest = min(float((step.a / now.a).min()), -float((step.a / now.room).max()))
    dual = min(1.0, -share / nearest) if nearest < 0.0 else 1.0
    nearest = min(float((step.below / now.below).min()), float((step.above / now.above).min()))
    primal = min(1.0, -share / nearest) if nearest < 0.0 else 1.0
    if given.ridge.any():
        dual = primal = min(dual, primal)
    return dual, primal


def factored(matrix: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The solver of a system with a positive matrix, made definite if rounding has it otherwise."""
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    scaled = matrix / np.multiply.outer(size, size)
    extra = 0.0
    while True:
        try:
            factor = linalg.cho_factor(scaled + extra * np.eye(len(size)), check_finite=False)
            break
        except linalg.LinAlgError:
            extra = max(1e-14, 10.0 * extra)
    return lambda right: linalg.cho_solve(factor, right / size, check_finite=False) / size
