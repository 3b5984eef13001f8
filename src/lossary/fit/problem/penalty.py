"""Penalties on coefficients, never on the intercept.

l2            alpha / 2 * sum coef**2
l1            alpha * sum |coef|
elastic_net   alpha * (l1_ratio * sum |coef| + (1 - l1_ratio) / 2 * sum coef**2)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.fit.problem.design import Design

KINDS = ("l2", "l1", "elastic_net")


@dataclass(frozen=True)
class Penalty:
    """The weights of the squares (``ridge``) and of the absolute values (``lasso``), in units of the data."""

    ridge: float = 0.0
    lasso: float = 0.0

    @property
    def is_none(self) -> bool:
        return self.ridge == 0.0 and self.lasso == 0.0

    def on(self, design: Design) -> tuple[np.ndarray, np.ndarray]:
        """The weights of the squares and of the absolute values of a design's unknowns, each of shape (p,)."""
        if self.is_none:
            return np.zeros(design.width), np.zeros(design.width)
        first = np.zeros(design.free)
        return (
            np.concatenate([first, self.ridge / design.spread**2]),
            np.concatenate([first, self.lasso / design.spread]),
        )


def penalty_of(kind: str | None, alpha: float, l1_ratio: float) -> Penalty:
    """The penalty of a user's words and numbers; what is out of range raises."""
    if kind is not None and kind not in KINDS:
        raise ValueError(f"penalty must be one of {', '.join(map(repr, KINDS))} or None, not {kind!r}")
    if not 0.0 <= alpha < np.inf:
        raise ValueError(f"alpha must be a number of zero or more, not {alpha!r}")
    if not 0.0 <= l1_ratio <= 1.0:
        raise ValueError(f"l1_ratio must be between 0 and 1, not {l1_ratio!r}")
    if kind is None:
        if alpha:
            raise ValueError(f"alpha={alpha:g} without a penalty; pass penalty='l2', or alpha=0")
        return Penalty()
    share = {"l2": 0.0, "l1": 1.0, "elastic_net": l1_ratio}[kind]
    return Penalty(ridge=alpha * (1.0 - share), lasso=alpha * share)
