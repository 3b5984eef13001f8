"""What was promised of rowwise losses, and where it was not kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.racing import floors
from bench.racing.lost import Lost, absent, beaten, missed
from bench.racing.providers import OURS, OURS_FRESH
from bench.rowwise.cases import HALF_IGNORED, SOFTMAX, WIDE, Shape
from bench.rowwise.cells import IGNORED_SUFFIX, RowCell
from bench.rowwise.providers import OWN_NAMES


@dataclass(frozen=True)
class Goal:
    """In float32 ``name`` takes ``least`` to ``most`` times ``base`` for ``label``, at ``shapes`` (empty for all)."""

    label: str
    shapes: tuple[Shape, ...]
    name: str
    base: str = OURS
    least: float = 0.0
    most: float = float("inf")

    def __str__(self) -> str:
        bound = f"at most {self.most:g}x" if self.least == 0.0 else f"at least {self.least:g}x"
        return f"{self.name} {bound} {self.base}"


GOALS: tuple[Goal, ...] = (
    Goal(SOFTMAX, WIDE, OURS, floors.COPY, most=2.0),
    Goal(SOFTMAX, WIDE, "torch eager", least=5.0),
    Goal(SOFTMAX, WIDE, "jax.jit", least=2.0),
    Goal(SOFTMAX, ((100_000, 10),), "torch eager", least=3.0),
    Goal(HALF_IGNORED, (), OURS + IGNORED_SUFFIX, most=0.6),
)


def _missed(cell: RowCell) -> Iterable[Lost]:
    for goal in GOALS:
        there = cell.loss == goal.label and cell.dtype == "float32" and (not goal.shapes or cell.shape in goal.shapes)
        if there and {goal.name, goal.base} <= set(cell.times):
            got = cell.ratio(goal.name, goal.base)
            if not goal.least <= got.value <= goal.most:
                yield missed(cell.race, str(goal), "", got)


def _wrong(cell: RowCell) -> Iterable[Lost]:
    """The accuracy rule of docs/design.md, summed over a row and taken relative to its largest derivative.

    It allows 4 ulp and, for the inputs, 2 sum p_i |1(i = j) - p_j| ulp(f_j), which is at most 4 p_i (1 - p_i) ulp.
    """
    eps = float(np.finfo(cell.dtype).eps)
    limit = 4.0 * eps * (1.0 + cell.largest)
    for name, errors in cell.errors.items():
        if name.removesuffix(IGNORED_SUFFIX) in OWN_NAMES and not (errors.gradient <= limit and errors.cost <= 4 * eps):
            wanted = f"{name}: cost within {4 * eps:.1g}, gradient within {limit:.1g}"
            yield Lost(cell.race, wanted, "", f"{errors.cost:.1e}, {errors.gradient:.1e}")


def _absent(cell: RowCell) -> Iterable[Lost]:
    return absent(cell, cell.race)


def _beaten(cell: RowCell) -> Iterable[Lost]:
    for suffix in ("", IGNORED_SUFFIX):
        mine = [name + suffix for name in (OURS, OURS_FRESH) if name + suffix in cell.times]
        named = {name for name in cell.errors if name.endswith(IGNORED_SUFFIX) == bool(suffix)}
        peers = sorted(name for name in named if name.removesuffix(suffix) not in OWN_NAMES)
        yield from beaten(cell, cell.race, "", peers, mine)


def lost(cells: Sequence[RowCell]) -> list[Lost]:
    """Every lost cell, in the order of the tables."""
    return [each for cell in cells for judge in (_absent, _beaten, _missed, _wrong) for each in judge(cell)]
