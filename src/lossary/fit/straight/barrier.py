"""The steps of the interior-point method: from a start to as near the optimum as is asked.

Both the unknowns and the dual numbers of ``programme.py`` are followed by Mehrotra's predictor and corrector (1992,
doi:10.1137/0802028) and Gondzio's centring (1996, doi:10.1007/BF00249643).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from lossary.fit.straight.programme import Programme

NEARLY = 0.9995
"""The share of the way to the nearest bound that a step may go."""

SLACK = 0.1
"""How far from their bounds to start: a share of the mean distance to a kink, or of the jump."""

CENTRINGS = 1
LONG = 0.9
"""Steps shorter than this are tried to be made longer, so many times."""

TRUSTED = 0.1
"""A predictor's step shorter than this says little of the second order."""

WILD = 10.0
"""Distances beyond so many medians are wild, and not to set the scale."""


@dataclass
class Iterate:
    """Unknowns, scores, dual numbers with the ``room`` left to the jump, slacks: ``over == above - below``."""

    x: np.ndarray
    scores: np.ndarray
    a: np.ndarray
    room: np.ndarray
    below: np.ndarray
    above: np.ndarray

    @property
    def gap(self) -> float:
        """The sum of the products that vanish at the optimum: the duality gap of a feasible point."""
        return float(self.a @ self.below + self.room @ self.above)


@dataclass
class _Step:
    x: np.ndarray
    scores: np.ndarray
    a: np.ndarray
    below: np.ndarray
    above: np.ndarray


def typical(given: Programme, over: np.ndarray) -> float:
    """The sum of jumps times distances to the kinks, where no distance counts for more than a few medians."""
    size = np.abs(over)
    middle = float(np.median(size))
    return float(given.jumps @ (np.minimum(size, WILD * middle) if middle > 0.0 else size))


def walked(given: Programme, now: Iterate, enough: Callable[[Iterate], bool], most: int) -> int:
    """Take steps, in place, until there have been ``enough`` or rounding leaves none; how many were taken."""
    steps = 0
    while steps < most and not enough(now) and _advance(given, now):
        steps += 1
    return steps


def started(given: Programme, x: np.ndarray | None = None) -> Iterate:
    """Least squares towards the kinks, or ``x``; dual numbers that balance each row's slope where they can."""
    x = _least_squares(given) if x is None else x
    weight = given.by_row(given.jumps)
    scores = given.design.dot(x)
    over = given.spread(scores, x) - given.kinks
    size = float(np.median(np.abs(given.kinks[: given.of_rows])))
    slack = max(SLACK * typical(given, over) / float(given.jumps.sum()), 1e-10 * size, 1e-100)
    share = np.clip(-given.first / weight, SLACK, 1.0 - SLACK)
    a = given.jumps * np.concatenate([*([share] * given.layers), np.full(len(given.bent), 0.5)])
    return Iterate(x, scores, a, given.jumps - a, np.maximum(-over, 0.0) + slack, np.maximum(over, 0.0) + slack)


def _least_squares(given: Programme) -> np.ndarray:
    """The fit of least squares to the kinks, wild ones drawn in."""
    weight = given.by_row(given.jumps)
    matrix = given.design.gram(weight)
    matrix[np.diag_indices_from(matrix)] += given.ridge + 1e-10 * np.trace(matrix) / len(matrix)
    rows = given.kinks[: given.of_rows]
    middle = float(np.median(rows))
    reach = WILD * float(np.median(np.abs(rows - middle)))
    tamed = np.clip(given.kinks, middle - reach, middle + reach) if reach > 0.0 else given.kinks
    goal = given.design.pull(given.by_row(given.jumps * tamed))
    return np.asarray(linalg.solve(matrix, goal, assume_a="pos"))


def _advance(given: Programme, now: Iterate) -> bool:
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


def _products(now: Iterate, step: _Step, dual: float, primal: float) -> tuple[np.ndarray, np.ndarray]:
    """The products that are to vanish, after a step."""
    return (
        (now.a + dual * step.a) * (now.below + primal * step.below),
        (now.room - dual * step.a) * (now.above + primal * step.above),
    )


def _strayed(products: np.ndarray, target: float) -> np.ndarray:
    """By how much products must change to be within a factor of ten of the target; large ones by that much at most."""
    return np.maximum(np.clip(products, 0.1 * target, 10.0 * target) - products, -10.0 * target)


def _lengths(given: Programme, now: Iterate, step: _Step, share: float) -> tuple[float, float]:
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
    if not np.isfinite(scaled).all():
        return lambda right: np.full_like(right, np.nan)
    extra = 0.0
    while True:
        # LAPACK itself: SciPy's wrappers take longer than a small factorisation.
        factor, failed = linalg.lapack.dpotrf(scaled + extra * np.eye(len(size)))
        if not failed:
            return lambda right: linalg.lapack.dpotrs(factor, right / size)[0] / size
        extra = max(1e-14, 10.0 * extra)
