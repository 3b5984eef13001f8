"""A loss as a curve over its predictions, for one target: where to look, and where the line breaks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from lossary.backends.numpy import evaluate
from lossary.formula import REALS, UNIT, Choice, Interval

POINTS = 1200
FLATTENING = 6.0
"""How many times higher than a middling one the highest curve may rise before it is cut off."""


class Curved(Protocol):
    """A loss of one prediction, its record and the parameters in force."""

    @property
    def record(self) -> Any:
        """The loss's file."""

    @property
    def given(self) -> dict[str, float | np.ndarray]:
        """Parameters by name."""


Compute = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""A quantity of a loss, from targets and predictions."""


@dataclass(frozen=True)
class Span:
    """The target of curves, and the predictions that they reach from and to."""

    y: float
    low: float
    high: float


def curve(loss: Curved, span: Span, compute: Compute, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and heights; NaN between them where the line is broken: at kinks, and outside the domain.

    Raises ValueError if no prediction of the span is in the loss's domain.
    """
    pieces = [_places(loss, left, right, points) for left, right in pairwise(breaks(loss, span))]
    pieces = [piece for piece in pieces if piece.size]
    if not pieces:
        raise ValueError(
            f"{loss} takes predictions in {loss.record.prediction}, and none is between {span.low:g} and {span.high:g}"
        )
    heights = [compute(np.full(piece.shape, span.y), piece) for piece in pieces]
    gap = np.array([np.nan])
    return _joined(pieces, gap), _joined(heights, gap)


def _joined(pieces: Sequence[np.ndarray], gap: np.ndarray) -> np.ndarray:
    return np.concatenate([part for piece in pieces for part in (piece, gap)][:-1])


def breaks(loss: Curved, span: Span) -> list[float]:
    """The ends of the span, and the kinks between them."""
    kinks = loss.record.kinks(span.y, *loss.given.values()) if loss.record.kinks is not None else ()
    return [span.low, *sorted({float(k) for k in kinks if span.low < k < span.high}), span.high]


def _places(loss: Curved, left: float, right: float, points: int) -> np.ndarray:
    """Predictions from just after one break to just before the next, inside the loss's domain."""
    domain = loss.record.prediction
    if isinstance(domain, Interval):
        tiny = 1e-9 * (right - left)
        left = max(left, domain.low if domain.low_closed else domain.low + tiny)
        right = min(right, domain.high if domain.high_closed else domain.high - tiny)
    if not left < right:
        return np.empty(0)
    return np.linspace(np.nextafter(left, right), np.nextafter(right, left), points)


def telling_target(losses: Sequence[Curved]) -> float:
    """Zero where a prediction is then the residual, else one: in the domain of every loss if any number is.

    Raises ValueError if no number suits them all.
    """
    candidates = (0.0, 1.0) if all(map(is_of_residuals, losses)) else (1.0, 0.0, 0.5)
    for candidate in candidates:
        if all(candidate in loss.record.target for loss in losses):
            return candidate
    raise ValueError(f"no target suits both {' and '.join(str(loss) for loss in losses)}; draw them apart")


def is_of_residuals(loss: Curved) -> bool:
    """Whether only the difference of prediction and target counts."""
    if not loss.record.target == loss.record.prediction == REALS:
        return False
    values = evaluate(loss.record.value, np.array([0.0, 1.0]), np.array([0.5, 1.5]), *loss.record.defaults())
    return bool(values[0] == values[1])


def telling_range(losses: Sequence[Curved], y: float) -> tuple[float, float]:
    """From which prediction to which the losses show what they are."""
    domains = [loss.record.prediction for loss in losses]
    if all(domain == UNIT for domain in domains):
        return 0.0, 1.0
    if all(isinstance(domain, Interval) and domain.low > -math.inf for domain in domains):
        low = min(domain.low for domain in domains if isinstance(domain, Interval))
        return low, y + 3.0 if y > low else low + 4.0
    if any(isinstance(loss.record.target, Choice) or loss.record.link != "identity" for loss in losses):
        return -4.0, 4.0
    scales = [float(loss.given[p.name]) for loss in losses for p in loss.record.parameters if "units of y" in p.meaning]
    reach = 3.0 * max([1.0, *scales])
    return y - reach, y + reach


def limits(heights: Sequence[np.ndarray]) -> tuple[float, float]:
    """From the lowest to the highest point, unless a pole, or one steep curve, would flatten all the rest."""
    finite = [h[np.isfinite(h)] for h in heights if np.isfinite(h).any()]
    peaks = sorted(peak for peak in map(_peak, finite) if peak > 0.0)
    if not peaks:
        return -1.0, 1.0
    second = peaks[max(len(peaks) - 2, 0)]
    reach = min(peaks[-1], max(1.1 * second, FLATTENING * peaks[(len(peaks) - 1) // 2]))
    top = min(max(0.0, *(float(h.max()) for h in finite)), reach)
    bottom = max(min(0.0, *(float(h.min()) for h in finite)), -reach)
    room = 0.06 * (top - bottom)
    return bottom - room, top + room


def _peak(height: np.ndarray) -> float:
    """The size of a curve, seen without its poles."""
    sizes = np.abs(height)
    largest, usual = float(sizes.max()), float(np.quantile(sizes, 0.9))
    return largest if largest <= 3.0 * usual else 2.0 * usual
