"""A loss of rows as a curve: two classes, and the score or the probability of the first is what varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.backends.numpy_rows import Rows
from lossary.rowwise import RowLoss

EDGE = 1e-3
"""How far from 0 and 1 probabilities stay where nobody says how near to look."""

TARGETS = (1.0, 0.75)
"""Targets of the first class that are tried: a divergence may take none that rules a class out."""


@dataclass(frozen=True)
class RowSpan:
    """The target of the first class of two, and what of it varies from where to where."""

    y: float
    low: float
    high: float
    varies: str

    @property
    def about(self) -> str:
        """What varies, in words."""
        whose = "the right class of two" if self.y == 1.0 else f"a class whose target is {self.y:g}"
        return f"{self.varies} of {whose}"

    def places(self, points: int) -> np.ndarray:
        """Scores or probabilities, evenly spaced."""
        low, high = self.low, self.high
        if self.varies == "probability":
            low, high = max(low, EDGE), min(high, 1.0 - EDGE)
        return np.linspace(low, high, points)


def varies(record: RowLoss) -> str:
    """What the predictions are: scores, or probabilities (or their logarithms)."""
    return "probability" if "probabilities" in record.prediction else "score"


def row_span(losses: Sequence[tuple[RowLoss, Mapping[str, float]]], y: float | None = None) -> RowSpan:
    """Where losses of rows show what they are; of those that take the same predictions.

    Raises ValueError for losses of scores beside losses of probabilities.
    """
    kinds = {varies(record): record.name for record, _ in losses}
    if len(kinds) > 1:
        (one, first), (other, second) = kinds.items()
        raise ValueError(f"{first} takes a {one} and {second} a {other}; draw them apart")
    (kind,) = kinds
    low, high = (0.0, 1.0) if kind == "probability" else (-4.0, 4.0)
    if y is not None:
        return RowSpan(y, low, high, kind)
    spans = [RowSpan(target, low, high, kind) for target in TARGETS]
    return next((span for span in spans if all(_is_finite(*loss, span) for loss in losses)), spans[-1])


def _is_finite(record: RowLoss, given: Mapping[str, float], span: RowSpan) -> bool:
    return bool(np.isfinite(rows_of(record, given, span, span.places(16)).value).all())


def rows_of(record: RowLoss, given: Mapping[str, float], span: RowSpan, x: np.ndarray) -> Rows:
    """The loss on a row for each score or probability of the first class."""
    if span.varies == "probability":
        rows = np.column_stack([x, 1.0 - x])
        rows = np.log(rows) if record.prediction == "log_probabilities" else rows
    else:
        rows = np.column_stack([x, np.zeros(x.shape)])[:, : 2 - record.more_classes]
    other = 0.0 if record.targets == "scores" else 1.0 - span.y
    return Rows(record, np.tile((span.y, other), (len(rows), 1)), rows, dict(given))
