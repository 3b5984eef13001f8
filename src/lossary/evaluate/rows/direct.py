"""The usual call on rows, by what was prepared once: few scores without gaps, no weights and no options.

What ``pointwise.direct`` is for losses of one prediction: None leaves a call to ``RowCall``, which gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lossary.backends.cpu.entries.late import MEAN, SUM, Entry, after_some, mean_of
from lossary.backends.cpu.rows.runner import SHARE, RowRunner
from lossary.backends.cpu.runtime.array_addresses import row_place_apart, whole_rows
from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE
from lossary.evaluate.arrays.memory import like
from lossary.evaluate.rows.call import RowKernels, RowSettings, demanded
from lossary.evaluate.rows.pair import RowPair
from lossary.rowwise import RowLoss

MOST = 2 * SHARE
"""Scores from which a call may be shared out over threads."""

WIDEST = 4096
"""Scores of a row from which scratch may be more than is kept; looking at arguments is nothing beside such rows."""

SUM_ONLY, MEAN_ONLY = (SUM,), (MEAN,)
SUM_AND_GRADIENT, MEAN_AND_GRADIENT = (SUM, "grad"), (MEAN, "grad")


class Way:
    """A kernel for rows of one width: its ways in, as in ``pointwise``, and how far from one sums of a row may be."""

    __slots__ = ("at", "entry", "runner", "tolerance")

    def __init__(self, runner: RowRunner, tolerance: float, make: Callable[[bool], Entry]) -> None:
        self.runner, self.tolerance = runner, tolerance
        self.entry: Entry = after_some(self, "entry", lambda: make(False))
        self.at: Entry = after_some(self, "at", lambda: make(True))


class RowDirect:
    """The usual calls of one loss of rows, at the parameters it has."""

    def __init__(self, record: RowLoss, kernels: RowKernels, settings: RowSettings) -> None:
        self._record, self._kernels = record, kernels
        self._numbers = tuple(settings.parameters.values())
        self._need_double = settings.need_double
        self._ways: dict[tuple[object, ...], Way] = {}

    def quantity(self, name: str, y: object, f: object) -> np.ndarray | None:
        """One formula for every score."""
        way = None if name == "value" else self.way((name,), y, f)
        if way is None:
            return None
        places = (like(f),)  # type: ignore[arg-type]
        return places[0] if way.entry(y, f, *places) or self._written(way, y, f, places) else None

    def two(
        self, names: tuple[str, str], y: object, f: object, out: tuple[np.ndarray, np.ndarray] | None
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Two formulas for every score, in ``out`` if that is given."""
        way = None if out is not None and type(out) is not tuple else self.way(names, y, f)
        if way is None:
            return None
        places = out or (like(f), like(f))  # type: ignore[arg-type]
        return places if way.entry(y, f, *places) or self._written(way, y, f, places) else None

    def cost(self, y: object, f: object, mean: bool) -> float | None:
        """The mean of the losses, or their sum."""
        way = self.way(MEAN_ONLY if mean else SUM_ONLY, y, f)
        return None if way is None else self._cost(way, y, f, mean, ())

    def cost_and_gradient(
        self, y: object, f: object, mean: bool, out: np.ndarray | None
    ) -> tuple[float, np.ndarray] | None:
        """The same with its gradient, in ``out`` if that is given."""
        way = self.way(MEAN_AND_GRADIENT if mean else SUM_AND_GRADIENT, y, f)
        if way is None:
            return None
        place = like(f) if out is None else out  # type: ignore[arg-type]
        cost = self._cost(way, y, f, mean, (place,))
        return None if cost is None else (cost, place)

    def _cost(self, way: Way, y: object, f: object, mean: bool, places: tuple[np.ndarray, ...]) -> float | None:
        total = way.entry(y, f, *places)
        if type(total) is float:
            return total
        count = len(f) if mean else 1  # type: ignore[arg-type]
        if total:
            return mean_of(total, count)
        found = self._by_steps(way, y, f, places, 1.0 / count)
        return None if found is None or found[0] else found[1].over(count * UNIT)

    def _written(self, way: Way, y: object, f: object, places: tuple[np.ndarray, ...]) -> bool:
        """Whether outputs were written, and raised no flag."""
        found = self._by_steps(way, y, f, places, 1.0)
        return found is not None and not found[0]

    def _by_steps(
        self, way: Way, y: object, f: object, places: tuple[np.ndarray, ...], scale: float
    ) -> tuple[int, Total] | None:
        """What a kernel says where an entry says no; None for arrays that it cannot take as they are."""
        assert isinstance(f, np.ndarray)
        assert isinstance(y, np.ndarray)
        rows = whole_rows(y, f, f.shape[1] + self._record.more_classes, MOST)
        if rows is None or len(places) != len(way.runner.spec.outputs):
            return None
        written: list[int] = []
        for i, place in enumerate(places):
            written.append(row_place_apart(place, f.shape, f.dtype, (y, f, *places[:i])))
        return way.runner.whole(rows, self._numbers, written, scale, way.tolerance) if all(written) else None

    def way(self, asked: tuple[str, ...], y: object, f: object) -> Way | None:
        """The kernel for what is asked of such arrays; None where they are surely not usual."""
        if type(f) is not np.ndarray or type(y) is not np.ndarray or f.ndim != 2 or not f.size:
            return None
        key = asked, y.dtype.char, y.ndim, f.dtype.char, f.shape[1]
        return self._ways.get(key) or self._made(key, y, f)

    def _made(self, key: tuple[object, ...], y: np.ndarray, f: np.ndarray) -> Way | None:
        asked, k = key[0], f.shape[1]
        assert isinstance(asked, tuple)
        indexed = y.ndim == 1
        usual = y.dtype.char in ("l", "q") and self._record.targets != "scores" if indexed else y.dtype == f.dtype
        if not usual or f.dtype.char not in ("f", "d") or k >= WIDEST or y.ndim > 2:
            return None
        total = asked[0] in (SUM, MEAN)
        names = asked[total:]
        for name in names:
            self._record.quantity(name)  # raises for a name that is none
        dtype = "f8" if f.dtype.char == "d" else "f4"
        widened = self._need_double and dtype == "f4" and not self._record.wide
        runner = self._kernels[
            "i8" if indexed else dtype, dtype, dtype, names, total, False, False, False, False, False,
            k < NARROWEST_WIDE, widened,
        ]  # fmt: skip
        tolerance = demanded(self._record, RowPair(y, f, f.shape[:1], f.dtype))
        more = self._record.more_classes
        numbers, divided = self._numbers, asked[0] == MEAN
        way = Way(
            runner,
            tolerance,
            lambda addresses: runner.entry(k, numbers, tolerance, MOST, divided, more, addresses),
        )
        self._ways[key] = way
        return way
