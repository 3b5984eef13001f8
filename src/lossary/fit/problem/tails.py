"""What a loss does far from its targets, read off its values and gradients there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lossary.backends.numpy import evaluate
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import pointwise
from lossary.fit.problem.problem import Problem
from lossary.fit.problem.scored import Scored, claimed

TOWERING = 1e6
"""Times the largest residual: as far away as tails are looked at."""

STRAIGHT = 1e-3
"""A slope that changes by a smaller share while the distance doubles is that of a straight line."""

ON_A_WALL = 0.9
"""The share of a wall's slope from which a row is taken to lie on it."""

LOOKED_AT = 2000
"""About so many rows tell where the others are."""

FEW_IN_THE_BEND = 0.05
"""The share of rows below which the bend between the walls is too narrow to start from."""


def rises_on_both_sides(scored: Scored) -> bool:
    """Whether every row costs more far off its target, on either side, than on it: coefficients cannot run away."""
    y, far = scored.y, _far(scored.y)
    value, parameters = scored.loss.record.value, scored.loss.given.values()
    on_target = evaluate(value, y, y, *parameters)
    return all(bool(np.all(evaluate(value, y, y + side, *parameters) > on_target)) for side in (-far, far))


def gradient_at(loss: LossFunction, y: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """The loss's gradient by NumPy, for a look here and there: a kernel of its own would first have to be compiled."""
    return evaluate(loss.record.grad, y, predictions, *loss.given.values())


def walls_of(problem: Problem, start: np.ndarray) -> Problem | None:
    """The problem with the loss's straight walls alone, if nearly all rows of the start lie on them; else None.

    Far from its bend a loss such as Huber's is a pinball loss, whose fit is exact; the loss's own is near it.
    """
    scored = problem.pointwise
    if _climbs_ever_steeper(scored.loss):
        return None
    rows = spread_rows(problem.design.rows)
    sample = scored.taking(rows)
    predictions = sample.prediction(problem.design.some(rows) @ start)
    largest = float(np.abs(predictions - sample.y).max(initial=0.0))
    slopes = _slopes(sample, largest)
    if slopes is None:
        return None
    gradient = gradient_at(sample.loss, sample.y, predictions)
    is_bent = (gradient > ON_A_WALL * slopes[0]) & (gradient < ON_A_WALL * slopes[1])
    if is_bent.mean() >= FEW_IN_THE_BEND:
        return None
    everywhere = _slopes(scored, largest)
    return None if everywhere is None else _pinball(problem, -everywhere[0], everywhere[1])


def spread_rows(count: int) -> np.ndarray:
    """Rows, evenly spread, that are enough to know a share or a scale to a few percent."""
    return np.arange(0, count, -(-count // LOOKED_AT))


def _climbs_ever_steeper(loss: LossFunction) -> bool:
    return claimed(loss, "lipschitz") == np.inf or loss.cost_root


def _far(y: np.ndarray) -> float:
    return TOWERING * (float(np.abs(y).max(initial=0.0)) or 1.0)


def _slopes(scored: Scored, largest: float) -> tuple[np.ndarray, np.ndarray] | None:
    """The slopes of both walls, below zero and above it; None where a tail is no straight line or is flat."""
    loss, y = scored.loss, scored.y
    far = TOWERING * (largest or 1.0)
    left, right = (gradient_at(loss, y, y + side) for side in (-far, far))
    if not (np.all(left < 0.0) and np.all(right > 0.0)):
        return None
    farther = [gradient_at(loss, y, y + 2.0 * side) for side in (-far, far)]
    is_straight = all(np.allclose(a, b, rtol=STRAIGHT, atol=0.0) for a, b in zip(farther, (left, right), strict=True))
    return (left, right) if is_straight else None


def _pinball(problem: Problem, left: np.ndarray, right: np.ndarray) -> Problem:
    """The problem with a loss of two straight lines, of slopes -left and right, that meet at the target."""
    scored = problem.pointwise
    weight = np.ones(len(scored.y)) if scored.weight is None else scored.weight
    steepness = weight * (left + right)
    # A pinball loss falls by tau below its target and rises by 1 - tau above it.
    loss = pointwise("quantile").using(tau=_one_or_each(left / (left + right)))
    share = scored.total_weight / float(steepness.sum())
    return replace(
        problem,
        scored=Scored(loss, scored.y, steepness, scored.offset),
        ridge=share * problem.ridge,
        lasso=share * problem.lasso,
    )


def _one_or_each(numbers: np.ndarray) -> float | np.ndarray:
    return float(numbers[0]) if np.all(numbers == numbers[0]) else numbers
