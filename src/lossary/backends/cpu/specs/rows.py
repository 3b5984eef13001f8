"""What distinguishes one rowwise kernel from another. It is needed on every call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lossary.formula import Formula
from lossary.rowwise import RowLoss, Statistic, arguments

NARROWEST_WIDE = 257
"""Rows of fewer scores are turned and computed side by side, wider ones score by score."""

HELD = 4096
"""Scores a block, about: its results stay in the first-level cache until they are copied out."""

MOST = 1024
"""Rows a block at most."""

LANE = 8 * (MOST + 16) + 64
"""Bytes of a number a row over a block; no power of two, or all would claim the same places in the cache."""

FRONT = 320
"""Bytes before each buffer: room for the score left of the first, of as many rows as there are lanes."""

LISTS = ("rows", "sources", "targets", "places", "weights", "spoils", "indices", "marks")
"""What is noted of each row of a block that counts: its number, where its scores, its target weights and its results
lie, its weight, NaN if its class index is none, that index, and the same as a double."""

COLUMNS = 1024
"""Scores whose results are held in the first-level cache until they are copied out."""


SPARSE = 4
"""How many times that where rows may not count: of a few that do, part of a vector's lanes would stay empty."""


def rows_a_block(k: int, weighted: bool = False) -> int:
    """How many rows of k scores make a block."""
    held = SPARSE * HELD if weighted else HELD
    return max(16, min(MOST, held // k // 16 * 16))


@dataclass(frozen=True)
class RowSpec:
    """A kernel: a loss, the dtypes of its arrays, what it computes, and which options it must know.

    y               "i8" for class indices, "f8" or "f4" for rows of target weights
    outputs         of "value" (one a row), "grad" and "hess" (one a score)
    total           whether the values are also summed
    weighted        whether there is a weight (a double) for each row
    smoothed        whether targets are smoothed
    class_weighted  whether target weights are multiplied by a weight for each class
    capped          whether scores are soft-capped
    adjusted        whether scores have an offset for each class, and a temperature
    narrow          which of the two layouts
    widened         whether float32 data is computed in float64, because a parameter or a weight is beyond float32
    """

    loss: RowLoss
    y: str
    f: str
    out: str
    outputs: tuple[str, ...]
    total: bool
    weighted: bool
    smoothed: bool
    class_weighted: bool
    capped: bool
    adjusted: bool
    narrow: bool
    widened: bool = False

    @property
    def arithmetic(self) -> str:
        """The dtype computed in."""
        single = self.f == "f4" and self.y in ("i8", "f4") and not (self.loss.wide or self.widened)
        return "f4" if single else "f8"

    @property
    def per_score_outputs(self) -> tuple[str, ...]:
        return tuple(name for name in self.outputs if name != "value")

    @property
    def evaluated(self) -> tuple[str, ...]:
        """The formulas of scores that are evaluated: a capped score's second derivative takes the first too."""
        chained = self.capped and "hess" in self.outputs
        return tuple(dict.fromkeys([*(["grad"] if chained else []), *self.per_score_outputs]))

    @cached_property
    def statistics(self) -> tuple[Statistic, ...]:
        """Those that the outputs need, in order."""
        needed = {name for quantity in self.evaluated for name in arguments(self.loss.quantity(quantity))}
        if self.total or "value" in self.outputs:
            needed |= set(arguments(self.loss.value))
        chosen: list[Statistic] = []
        for statistic in reversed(self.loss.statistics):
            if statistic.name in needed:
                chosen.append(statistic)
                for _, formula in _formulas_of(statistic):
                    needed |= set(arguments(formula))
        return tuple(reversed(chosen))

    @cached_property
    def score_names(self) -> set[str]:
        """What its score formulas ask for."""
        names = {n for quantity in self.evaluated for n in arguments(self.loss.quantity(quantity))}
        for statistic in self.statistics:
            for per_score, formula in _formulas_of(statistic):
                if per_score:
                    names |= set(arguments(formula))
        return names

    @cached_property
    def spread(self) -> bool:
        """Whether target weights are laid out in scratch; else a class index is used as it stands."""
        takes = any(
            {"t", "t_after"} & set(arguments(formula))
            for statistic in self.statistics
            for per_score, formula in _formulas_of(statistic)
            if per_score and statistic.kind != "expect"
        )
        return self.y != "i8" or self.smoothed or takes or "t_after" in self.score_names

    @cached_property
    def buffers(self) -> tuple[str, ...]:
        """The names of what is held for each score of a row."""
        kept = [s.name for s in self.statistics if s.per_score]
        return (
            "f",
            *(["raw"] if self.capped else []),
            *(["t"] if self.spread else []),
            *kept,
            *(f"{q}_out" for q in self.per_score_outputs),
            *(f"{q}_block" for q in self.per_score_outputs if self.narrow),
            *([] if self.narrow else ["zeros"]),
        )

    @property
    def name(self) -> str:
        flags = [
            n
            for n in ("total", "weighted", "smoothed", "class_weighted", "capped", "adjusted", "widened")
            if getattr(self, n)
        ]
        layout = "narrow" if self.narrow else "wide"
        return "-".join([self.loss.name, "_".join([*self.outputs, *flags]) or "none", self.y, self.f, self.out, layout])


def _formulas_of(statistic: Statistic) -> list[tuple[bool, Formula]]:
    """A statistic's formulas, each with whether it is a score formula."""
    formulas: list[tuple[bool, Formula]] = [(statistic.kind not in ("row", "threshold"), statistic.term)]
    formulas += [(True, formula) for _, formula in statistic.sums]
    if statistic.step is not None:
        formulas.append((False, statistic.step))
    return formulas
