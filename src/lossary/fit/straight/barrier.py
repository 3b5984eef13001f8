"""The steps of the interior-point method: from a start to as near the optimum as is asked.

Both the unknowns and the dual numbers of ``programme.py`` are followed by Mehrotra's predictor and corrector (1992,
doi:10.1137/0802028) and Gondzio's centring (1996, doi:10.1007/BF00249643).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

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
    dual: np.ndarray
    room: np.ndarray
    below: np.ndarray
    above: np.ndarray

    @property
    def gap(self) -> float:
        """The sum of the products that vanish at the optimum: the duality gap of a feasible point."""
        return float(self.dual @ self.below + self.room @ self.above)


@dataclass
class _Step:
    x: np.ndarray
    scores: np.ndarray
    dual: np.ndarray
    below: np.ndarray
    above: np.ndarray


class Lengths(NamedTuple):
    """How much of a step the dual numbers take, and how much the unknowns with the slacks."""

    dual: float
    primal: float


def typical(programme: Programme, over: np.ndarray) -> float:
    """The sum of jumps times distances to the kinks, where no distance counts for more than a few medians."""
    size = np.abs(over)
    middle = float(np.median(size))
    return float(programme.jumps @ (np.minimum(size, WILD * middle) if middle > 0.0 else size))


def take_steps(programme: Programme, iterate: Iterate, enough: Callable[[Iterate], bool], max_steps: int) -> int:
    """Take steps, in place, until there have been ``enough`` or rounding leaves none; how many were taken."""
    steps = 0
    while steps < max_steps and not enough(iterate) and _advance(programme, iterate):
        steps += 1
    return steps


def starting_iterate(programme: Programme, x: np.ndarray | None = None) -> Iterate:
    """Least squares towards the kinks, or ``x``; dual numbers that balance each row's slope where they can."""
    x = _least_squares(programme) if x is None else x
    weight = programme.by_row(programme.jumps)
    scores = programme.design.dot(x)
    over = programme.spread(scores, x) - programme.kinks
    size = float(np.median(np.abs(programme.kinks[: programme.row_kinks])))
    slack = max(SLACK * typical(programme, over) / float(programme.jumps.sum()), 1e-10 * size, 1e-100)
    share = np.clip(-programme.first / weight, SLACK, 1.0 - SLACK)
    dual = programme.jumps * np.concatenate(
        [*([share] * programme.kinks_a_row), np.full(len(programme.penalised), 0.5)]
    )
    below, above = np.maximum(-over, 0.0) + slack, np.maximum(over, 0.0) + slack
    return Iterate(x, scores, dual, programme.jumps - dual, below, above)


def _least_squares(programme: Programme) -> np.ndarray:
    """The fit of least squares to the kinks, wild ones drawn in."""
    weight = programme.by_row(programme.jumps)
    matrix = programme.design.gram(weight)
    matrix[np.diag_indices_from(matrix)] += programme.ridge + 1e-10 * np.trace(matrix) / len(matrix)
    rows = programme.kinks[: programme.row_kinks]
    middle = float(np.median(rows))
    reach = WILD * float(np.median(np.abs(rows - middle)))
    tamed = np.clip(programme.kinks, middle - reach, middle + reach) if reach > 0.0 else programme.kinks
    goal = programme.design.transposed_dot(programme.by_row(programme.jumps * tamed))
    return np.asarray(linalg.solve(matrix, goal, assume_a="pos"))


class _NewtonSystem:
    """Newton's linear system at an iterate: one factorisation, from which several steps are taken."""

    def __init__(self, programme: Programme, iterate: Iterate) -> None:
        self._programme, self._iterate = programme, iterate
        self._low, self._high = iterate.below / iterate.dual, iterate.above / iterate.room
        self._weight = 1.0 / (self._low + self._high)
        self._solve = factored(programme.matrix(self._weight))
        self._residual = programme.lines + programme.transposed_dot(iterate.dual) + programme.ridge * iterate.x

    def step(self, below: np.ndarray, above: np.ndarray) -> _Step:
        """The step that changes the products ``dual * below`` and ``room * above`` by these numbers."""
        programme = self._programme
        lower, upper = below / self._iterate.dual, above / self._iterate.room
        difference = lower - upper
        x = self._solve(-self._residual - programme.transposed_dot(self._weight * difference))
        scores = programme.design.dot(x)
        dual = self._weight * (programme.spread(scores, x) + difference)
        return _Step(x, scores, dual, lower - self._low * dual, upper + self._high * dual)


def _advance(programme: Programme, iterate: Iterate) -> bool:
    """One predictor, corrector and centring step, in place; False where rounding leaves no step."""
    system = _NewtonSystem(programme, iterate)
    below, above = iterate.dual * iterate.below, iterate.room * iterate.above
    mean = (float(below.sum()) + float(above.sum())) / (2 * len(below))
    predictor = system.step(-below, -above)
    lengths = _lengths(programme, iterate, predictor, 1.0)
    ahead = [float(products.sum()) for products in _products(iterate, predictor, lengths)]
    target = mean * min(1.0, (sum(ahead) / (2 * len(below)) / mean) ** 3)
    # The second order is not to be trusted where the first did not get anywhere.
    trust = 1.0 if min(lengths) > TRUSTED else lengths.dual * lengths.primal
    below = target - below - trust * predictor.dual * predictor.below
    above = target - above + trust * predictor.dual * predictor.above
    step = system.step(below, above)
    lengths = _lengths(programme, iterate, step, NEARLY)
    for _ in range(CENTRINGS):
        if min(lengths) >= LONG:
            break
        # Gondzio's correctors: products that would stray far from the path are led back, if that lengthens the step.
        longer = Lengths(min(1.0, lengths.dual + 0.1), min(1.0, lengths.primal + 0.1))
        ahead_below, ahead_above = _products(iterate, step, longer)
        below, above = below + _strayed(ahead_below, target), above + _strayed(ahead_above, target)
        centred = system.step(below, above)
        of_centred = _lengths(programme, iterate, centred, NEARLY)
        if min(of_centred) < min(lengths) + 0.01:
            break
        step, lengths = centred, of_centred
    if not (np.isfinite(step.x).all() and max(lengths) > 1e-12):
        return False
    _move(iterate, step, lengths)
    return True


def _move(iterate: Iterate, step: _Step, lengths: Lengths) -> None:
    """Take a step, in place."""
    iterate.x = iterate.x + lengths.primal * step.x
    iterate.scores = iterate.scores + lengths.primal * step.scores
    iterate.below += lengths.primal * step.below
    iterate.above += lengths.primal * step.above
    iterate.dual += lengths.dual * step.dual
    iterate.room -= lengths.dual * step.dual


def _products(iterate: Iterate, step: _Step, lengths: Lengths) -> tuple[np.ndarray, np.ndarray]:
    """The products that are to vanish, after a step."""
    return (
        (iterate.dual + lengths.dual * step.dual) * (iterate.below + lengths.primal * step.below),
        (iterate.room - lengths.dual * step.dual) * (iterate.above + lengths.primal * step.above),
    )


def _strayed(products: np.ndarray, target: float) -> np.ndarray:
    """By how much products must change to be within a factor of ten of the target; large ones by that much at most."""
    return np.maximum(np.clip(products, 0.1 * target, 10.0 * target) - products, -10.0 * target)


def _lengths(programme: Programme, iterate: Iterate, step: _Step, share: float) -> Lengths:
    """How far the dual numbers, and the unknowns with the slacks, may go; alike where a ridge couples them."""
    nearest = min(float((step.dual / iterate.dual).min()), -float((step.dual / iterate.room).max()))
    dual = min(1.0, -share / nearest) if nearest < 0.0 else 1.0
    nearest = min(float((step.below / iterate.below).min()), float((step.above / iterate.above).min()))
    primal = min(1.0, -share / nearest) if nearest < 0.0 else 1.0
    if programme.ridge.any():
        dual = primal = min(dual, primal)
    return Lengths(dual, primal)


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
