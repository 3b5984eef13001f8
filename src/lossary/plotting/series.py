"""What a picture of losses shows, as numbers: a line for each loss. Nothing here draws, or waits for a compiler."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.backends.numpy import evaluate
from lossary.evaluate.curves import POINTS, Span, breaks, curve, telling_range, telling_target
from lossary.evaluate.links import LINK_WORDS
from lossary.evaluate.notebook import Varied, at_target, seen_by, varied
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import REALS, SIGNS, Interval
from lossary.rowwise import RowLoss

FORMULAS = {"value": "value", "gradient": "grad", "curvature": "hess"}
QUANTITIES = (*FORMULAS, "weight")


@dataclass(frozen=True)
class Line:
    """One loss's line.

    x         predictions, with NaN where the line is broken
    heights   the quantity at each
    spikes    predictions at which the gradient jumps: the curvature there is a spike of no width
    """

    label: str
    x: np.ndarray
    heights: np.ndarray
    spikes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Scene:
    """Lines over the same predictions, for the same target.

    about      what the predictions are, in words
    in_units   whether they are in units of the target
    """

    lines: tuple[Line, ...]
    y: float
    low: float
    high: float
    about: str
    in_units: bool


def scene_of(
    losses: Sequence[AnyLoss], quantity: str, y: float | None = None, span: tuple[float, float] | None = None
) -> Scene:
    """Every loss's line.

    Raises
    ------
    ValueError
        For a quantity that there is not, a target or predictions that a loss does not take, losses that take different
        things, and parameters that differ from example to example.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"the quantity is one of {', '.join(QUANTITIES)}, not {quantity!r}")
    if not losses:
        raise ValueError("there is no loss to draw; name one, such as 'huber'")
    pairs = [loss for loss in losses if isinstance(loss, LossFunction)]
    rows = [loss for loss in losses if isinstance(loss, RowLossFunction)]
    if pairs and rows:
        raise ValueError(f"{pairs[0]} takes one prediction and {rows[0]} a row of scores; draw them apart")
    return _of_rows(rows, quantity, y, span) if rows else _of_pairs(pairs, quantity, y, span)


def _numbers(loss: AnyLoss) -> dict[str, float]:
    varying = [name for name, value in loss.given.items() if isinstance(value, np.ndarray)]
    if varying:
        name = varying[0]
        raise ValueError(f"{loss.name} has a {name} for each example, and a curve needs one: .using({name}=...)")
    return {name: float(value) for name, value in loss.given.items()}


def _ends(span: tuple[float, float], low: float = -math.inf, high: float = math.inf) -> tuple[float, float]:
    ends = tuple(map(float, span))
    if len(ends) != 2:
        raise ValueError(f"the range has two ends, as in span=(-3, 3), not {len(ends)}")
    if not (math.isfinite(ends[0]) and math.isfinite(ends[1]) and ends[0] < ends[1]):
        raise ValueError(f"the range from {ends[0]:g} to {ends[1]:g} is empty; give the lower end first")
    if ends[0] < low or ends[1] > high:
        raise ValueError(f"the range from {ends[0]:g} to {ends[1]:g} leaves [0, 1], where probabilities are")
    return ends[0], ends[1]


# One prediction.


def _of_pairs(
    losses: Sequence[LossFunction], quantity: str, y: float | None, ends: tuple[float, float] | None
) -> Scene:
    for loss in losses:
        _numbers(loss)
    y = telling_target(losses) if y is None else float(y)
    for loss in losses:
        if y not in loss.target:
            raise ValueError(f"{loss} takes targets in {loss.target}, and y={y:g} is none")
    span = Span(y, *(telling_range(losses, y) if ends is None else _ends(ends)))
    lines = tuple(_pair_line(loss, quantity, span) for loss in losses)
    in_units = all(loss.link == "identity" and loss.target != SIGNS for loss in losses)
    return Scene(lines, y, span.low, span.high, _about(losses, y), in_units)


def _pair_line(loss: LossFunction, quantity: str, span: Span) -> Line:
    x, heights = curve(loss, span, _computed(loss, quantity))
    spikes = [kink for kink in breaks(loss, span)[1:-1] if quantity == "curvature" and _jumps(loss, span.y, kink)]
    return Line(str(loss), x, heights, tuple(spikes))


def _computed(loss: LossFunction, quantity: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    given = _numbers(loss).values()
    if quantity == "weight":
        _refuse_weightless(loss)
        return lambda y, f: _weight(loss, y, f, *given)
    formula = loss.record.quantity(FORMULAS[quantity])
    return lambda y, f: evaluate(formula, y, f, *given)


def _refuse_weightless(loss: AnyLoss) -> None:
    record = loss.record
    if isinstance(record, RowLoss) or record.link != "identity" or not isinstance(record.target, Interval):
        raise ValueError(
            f"{loss} has no weight: that is the gradient over the residual, and it has none in units of the target"
        )


def _weight(loss: LossFunction, y: np.ndarray, f: np.ndarray, *given: float) -> np.ndarray:
    """The weight by which least squares would pull as the loss does; without a residual, the limit."""
    residual = f - y
    with np.errstate(all="ignore"):
        weight = evaluate(loss.record.grad, y, f, *given) / residual
    return np.where(residual == 0.0, evaluate(loss.record.hess, y, f, *given), weight)


def _jumps(loss: LossFunction, y: float, kink: float) -> bool:
    """Whether the gradient differs between the sides of a kink, however near: unlike one that is merely steep there."""
    near, nearer = (reach * max(1.0, abs(kink)) for reach in (1e-6, 1e-12))
    places = np.array([kink - near, kink + near, kink - nearer, kink + nearer])
    sides = evaluate(loss.record.grad, np.full(4, y), places, *_numbers(loss).values())
    return float(sides[3] - sides[2]) > max(0.9 * float(sides[1] - sides[0]), 1e-6)


def _about(losses: Sequence[LossFunction], y: float) -> str:
    links = {loss.link for loss in losses}
    if all(loss.target == SIGNS for loss in losses) and y == 1.0:
        return "margin y f; target y = 1"
    if links <= {"identity"} and all(loss.target == REALS == loss.prediction for loss in losses) and y == 0.0:
        return "residual f − y"
    shared = LINK_WORDS.get(links.pop(), "") if len(links) == 1 else ""
    return f"prediction f{': ' + shared if shared else ''}; target y = {y:g}"


# Rows of scores.


def _of_rows(
    losses: Sequence[RowLossFunction], quantity: str, y: float | None, ends: tuple[float, float] | None
) -> Scene:
    if quantity == "weight":
        _refuse_weightless(losses[0])
    what = _varied(losses)
    if y is not None:
        if not 0.0 <= y <= 1.0:
            raise ValueError(f"y is the target of the first class of two, in [0, 1], not {y:g}")
        what = at_target(what, float(y))
    if ends is not None:
        bounds = (0.0, 1.0) if "probability" in what.kind else ()
        low, high = _ends(ends, *bounds)
        what = replace(what, low=low, high=high)
    x = what.spaced(POINTS)
    lines = tuple(Line(str(loss), x, _row_heights(loss, quantity, what, x)) for loss in losses)
    return Scene(lines, what.target[0], what.low, what.high, what.about, in_units=False)


def _varied(losses: Sequence[RowLossFunction]) -> Varied:
    """What varies for all of the losses, at a target that all of them take."""
    each = [varied(loss.record, _numbers(loss)) for loss in losses]
    words = [what.about.partition(" of ")[0] for what in each]
    other = next((i for i, word in enumerate(words) if word != words[0]), None)
    if other is not None:
        raise ValueError(f"{losses[0]} takes a {words[0]} and {losses[other]} a {words[other]}; draw them apart")
    return min(each, key=lambda what: what.target[0])


def _row_heights(loss: RowLossFunction, quantity: str, what: Varied, x: np.ndarray) -> np.ndarray:
    # Losses of one axis may take their rows differently: logarithms, or one score fewer.
    own = at_target(varied(loss.record, _numbers(loss)), what.target[0])
    seen = seen_by(loss.record, own, x, _numbers(loss))
    heights = seen.value if quantity == "value" else seen.over_scores(FORMULAS[quantity])[:, 0]
    if not np.isfinite(heights).any():
        raise ValueError(
            f"the {quantity} of {loss} is nowhere finite for a target of {own.target[0]:g}; give another y"
        )
    return np.asarray(heights)
