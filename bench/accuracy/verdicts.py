"""Where a peer is more accurate than we are: printed, always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.accuracy.judge import Cell
from bench.accuracy.own import COMPILED, NUMPY

OURS = (COMPILED, NUMPY)

VISIBLE = 0.05
"""A difference of worst errors below this, in ulps, is no difference."""


@dataclass(frozen=True)
class Lost:
    """A peer's cell that is better than ours at the very same points."""

    ours: Cell
    peer: Cell

    @property
    def by_rule(self) -> bool:
        """Whether we break the rule there, and not only have a larger error within it."""
        return self.ours.broken > 0


def _better(peer: Cell, ours: Cell) -> bool:
    if not peer.normal:
        return False
    return peer.broken < ours.broken or peer.worst.ulps < ours.worst.ulps - VISIBLE


def lost(cells: Sequence[Cell]) -> list[Lost]:
    """Every such cell: worst error or share of points, ours taken at the points that the peer was asked for."""
    return list(_lost(cells))


def _lost(cells: Sequence[Cell]) -> Iterable[Lost]:
    own = {(c.row.label, c.quantity, c.dtype, c.library): c for c in cells if c.library in OURS}
    for peer in cells:
        if peer.library in OURS:
            continue
        points = {shot.point for shot in peer.shots}
        for library in OURS:
            ours = own.get((peer.row.label, peer.quantity, peer.dtype, library))
            if ours is not None:
                same = ours.among(points)
                if _better(peer, same):
                    yield Lost(same, peer)
