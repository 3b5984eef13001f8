"""A loss made of straight pieces, read off its record: where it bends, and by how much.

Such a loss is a straight line plus, at each kink k, ``jump * max(0, f - k)``. Kinks come from the record, slopes from
the gradient between them, so that no formula is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.evaluate.pointwise.function import LossFunction
from lossary.fit.problem.scored import claimed
from lossary.formula import REALS


@dataclass(frozen=True)
class Pieces:
    """For each row its slope ``first`` left of all kinks, and ``kinks`` and ``jumps`` of shape (m, n)."""

    first: np.ndarray
    kinks: np.ndarray
    jumps: np.ndarray


def is_piecewise_linear(loss: LossFunction) -> bool:
    """Convex and without curvature between kinks that the record tells of."""
    straight = claimed(loss, "convex") is True and claimed(loss, "smooth") == 0.0
    return straight and loss.record.kinks is not None and loss.prediction == REALS


def pieces_of(loss: LossFunction, y: np.ndarray) -> Pieces:
    """Every row's kinks and slopes."""
    assert loss.record.kinks is not None
    kinks_in_turn = [
        np.broadcast_to(np.asarray(k, dtype=np.float64), y.shape) for k in loss.record.kinks(y, *loss.given.values())
    ]
    kinks = np.sort(np.array(kinks_in_turn), axis=0)
    reach = 1.0 + np.abs(kinks).max(axis=0)
    between = [kinks[0] - reach, *(0.5 * (kinks[1:] + kinks[:-1])), kinks[-1] + reach]
    slopes = np.array([loss.gradient(y, np.ascontiguousarray(predictions), check=False) for predictions in between])
    jumps = np.diff(slopes, axis=0)
    # Kinks that fall together have nothing between them to read: they share what they add.
    for j in range(len(kinks) - 1):
        coincide = kinks[j + 1] == kinks[j]
        if coincide.any():
            jumps[j : j + 2, coincide] = 0.5 * (jumps[j, coincide] + jumps[j + 1, coincide])
    return Pieces(slopes[0], kinks, jumps)
