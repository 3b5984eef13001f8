"""How a loss moves with a target, by the referee: at the ends of a target's range as from inside it.

A derivative is bracketed by difference quotients to the left and to the right, with steps so small that what is left
out does not matter, and of two sizes, so that one that grows without bound is told from a number.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import mpmath
from mpmath import mp

from lossary.backends.reference import exact
from lossary.backends.reference_rows import Row
from lossary.formula import Choice, Loss
from lossary.rowwise import RowLoss

DIGITS = 160
STEPS = (mpmath.mpf(10) ** -25, mpmath.mpf(10) ** -50)
FAINT = mpmath.mpf(10) ** -70
"""What stands for a target weight of zero, while another moves: a loss may be infinite at zero itself."""

Bracket = tuple[float, float]


def _one_side(value: Callable[[mpmath.mpf], mpmath.mpf], at: float, side: int) -> float:
    coarse, fine = ((value(at + 2 * side * h) - value(at + side * h)) / (side * h) for h in STEPS)
    if abs(coarse - fine) > 1e-6 * (1 + abs(coarse)):
        return math.copysign(math.inf, fine)
    return float(fine)


def bracket(value: Callable[[mpmath.mpf], mpmath.mpf], at: float, *, lowest: float, highest: float) -> Bracket:
    """The derivatives to the left and to the right, in order; at an end of the range the one that there is."""
    with mp.workdps(DIGITS):
        sides = [_one_side(value, mpmath.mpf(at), s) for s in (-1, 1) if lowest <= at + 1e-9 * s <= highest]
        return min(sides), max(sides)


@functools.cache  # hosts, and kinds of calls, are held against the same
def row_brackets(loss: RowLoss, t: tuple[float, ...], f: tuple[float, ...]) -> list[Bracket]:
    """For each target weight, the derivative of the row's loss by it."""
    lowest = 0.0 if loss.targets != "scores" else -math.inf
    highest = 1.0 + 1e-6 if loss.targets == "labels" else math.inf
    given = {p.name: p.default for p in loss.parameters}

    def moved(place: int) -> Callable[[mpmath.mpf], mpmath.mpf]:
        others = [FAINT if x == 0.0 and lowest == 0.0 else mpmath.mpf(x) for x in t]
        return lambda x: Row(loss, [*others[:place], x, *others[place + 1 :]], f, given).value

    with mp.workdps(DIGITS):
        return [bracket(moved(place), t[place], lowest=lowest, highest=highest) for place in range(len(t))]


def gradient_brackets(loss: RowLoss, t: Sequence[float], f: Sequence[float], place: int) -> list[Bracket]:
    """For each score, the derivative by the target weight at ``place`` of the row's gradient by that score."""
    others = [FAINT if x == 0.0 and loss.targets != "scores" else mpmath.mpf(x) for x in t]
    given = {p.name: p.default for p in loss.parameters}

    @functools.cache  # what a row's scores have in common is most of the work
    def gradient(x: mpmath.mpf) -> list[mpmath.mpf]:
        return Row(loss, [*others[:place], x, *others[place + 1 :]], f, given).at_scores("grad", range(len(f)))

    def moved(score: int) -> Callable[[mpmath.mpf], mpmath.mpf]:
        return lambda x: gradient(x)[score]

    lowest = -math.inf if loss.targets == "scores" else 0.0
    with mp.workdps(DIGITS):
        return [bracket(moved(i), t[place], lowest=lowest, highest=math.inf) for i in range(len(f))]


def points_at_the_ends(loss: Loss) -> list[tuple[float, float]]:
    """Targets at the ends of their range and inside it, each with predictions on both sides of it."""
    if isinstance(loss.target, Choice):
        targets: tuple[float, ...] = loss.target.values
    else:
        targets = tuple(y for y in (loss.target.low, loss.target.high, 0.75, 2.5) if y in loss.target)
    predictions = [f for f in (0.3, 0.9, 1.75, 4.5, -1.25) if f in loss.prediction]
    return [(y, f) for y in targets for f in predictions]


def point_bracket(loss: Loss, y: float, f: float) -> Bracket:
    """The derivative of a pointwise loss by its target."""
    lowest, highest = (-math.inf, math.inf) if isinstance(loss.target, Choice) else (loss.target.low, loss.target.high)
    given = [p.default for p in loss.parameters]
    return bracket(lambda y: exact(loss.value, [y, f, *given], DIGITS), y, lowest=lowest, highest=highest)


def within(found: float, allowed: Bracket, tolerance: float) -> bool:
    """Whether a derivative is one of those allowed, up to rounding."""
    low, high = allowed
    slack = tolerance * (1.0 + max((abs(x) for x in allowed if math.isfinite(x)), default=0.0))
    return low - slack <= found <= high + slack


SCORES = ((0.3, -0.2, 1.0), (0.3, 0.2, -1.0), (1.0, 2.0, 0.1), (-0.5, 0.25, 0.5), (0.25, 0.25, -0.5))
WEIGHTS = ((0.0, 0.25, 0.75), (0.0, 0.0, 1.0), (0.5, 0.5, 0.0), (0.25, 0.25, 0.5), (0.0, 1.0, 0.0))
LABELS = ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.25))


def rows_at_the_ends(loss: RowLoss) -> tuple[list[list[float]], list[list[float]]]:
    """Targets and predictions of rows in which target weights are zero or one, and ties among the scores."""
    scores = [list(row) for row in SCORES]
    if loss.prediction == "increasing":
        scores = [sorted(row) for row in ((0.3, -0.2, 1.0), (0.3, 0.2, -1.0), (1.0, 2.0, 0.1), (-0.5, 0.25, 0.5))]
    elif "probabilities" in loss.prediction:
        scores = [[math.exp(x) / sum(map(math.exp, row)) for x in row] for row in SCORES]
        if loss.prediction == "log_probabilities":
            scores = [[math.log(x) for x in row] for row in scores]
    if loss.targets == "scores":
        weights = [list(row)[::-1] for row in SCORES]
    else:
        weights = [list(row) for row in (LABELS if loss.targets == "labels" else WEIGHTS)]
    if loss.more_classes:
        weights = [[*row, 0.0] for row in weights]
    return weights[: len(scores)], scores
