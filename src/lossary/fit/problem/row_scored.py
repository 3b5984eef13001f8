"""The mean loss as a function of all rows' class scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from lossary.evaluate.rows.function import RowLossFunction


@dataclass(frozen=True)
class RowScored:
    """A loss of class scores on given targets, weights, offset and options. Scores are ``(n, k)``, without offset.

    ``classes`` is k: of ordered classes there is one more.
    """

    loss: RowLossFunction
    y: np.ndarray
    weight: np.ndarray | None
    offset: np.ndarray | None
    classes: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_convex(self) -> bool:
        return self.loss.claims.get("convex") is True and "soft_cap" not in self.options

    @property
    def has_majorizer(self) -> bool:
        return False

    @property
    def poor_score(self) -> float:
        """A score that fits badly."""
        return 0.0

    @cached_property
    def total_weight(self) -> float:
        return float(self.y.shape[0] if self.weight is None else self.weight.sum())

    @cached_property
    def shares(self) -> np.ndarray:
        """What a row's loss is multiplied by in the cost, before class weights: (n,)."""
        flat = np.zeros((self.y.shape[0], self.classes))
        _, divisor = self.loss.parts(self.y, flat, self.weight, check=False, **self.options)
        return (np.ones(self.y.shape[0]) if self.weight is None else self.weight) * divisor.reciprocal

    def taking(self, rows: np.ndarray) -> RowScored:
        """The same loss on some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        offset = None if self.offset is None else self.offset[rows]
        return RowScored(self.loss, self.y[rows], weight, offset, self.classes, self.options)

    def prediction(self, scores: np.ndarray) -> np.ndarray:
        """What the loss takes."""
        return scores if self.offset is None else scores + self.offset

    def checked_cost(self, scores: np.ndarray) -> float:
        """The cost, with every target checked."""
        return float(self.loss.cost(self.y, self.prediction(scores), self.weight, **self.options))

    def cost(self, scores: np.ndarray) -> float:
        return float(self.loss.cost(self.y, self.prediction(scores), self.weight, check=False, **self.options))

    def cost_and_gradient(self, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """The cost and its derivative by each score."""
        return self.loss.cost_and_gradient(self.y, self.prediction(scores), self.weight, check=False, **self.options)
