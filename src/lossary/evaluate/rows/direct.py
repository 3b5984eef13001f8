"""The usual call on rows, by what was prepared once: few scores without gaps, no weights and no options.

What ``pointwise.direct`` is for losses of one prediction: None leaves a call to ``RowCall``, which gives the same bits.
"""

from __future__ import annotations

import numpy as np

from lossary.backends.cpu.rows.runner import SHARE, RowRunner
from lossary.backends.cpu.runtime.array_addresses import row_place_apart, whole_rows
from lossary.backends.cpu.runtime.total import UNIT, Total
from lossary.backends.cpu.runtime.workspaces import LARGE
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE
from lossary.evaluate.rows.call import RowKernels, RowSettings, demanded
from lossary.evaluate.rows.pair import RowPair
from lossary.rowwise import RowLoss

MOST = 2 * SHARE
"""Scores from which a call may be shared out over threads."""

WIDEST = LARGE // 64
"""Scores of a row whose buffers surely fit in scratch that is kept."""


class RowDirect:
    """The usual calls of one loss of rows, at the parameters it has."""

    def __init__(self, record: RowLoss, kernels: RowKernels, settings: RowSettings) -> None:
        self._record, self._kernels = record, kernels
        self._numbers = tuple(settings.parameters.values())
        self._need_double = settings.need_double
        self._runners: dict[tuple[object, ...], tuple[RowRunner, float]] = {}

    def quantity(self, name: str, y: object, f: object) -> np.ndarray | None:
        """One formula for every row, or every score."""
        if name == "value" or type(f) is not np.ndarray:
            return None
        found = self._run((name,), False, y, f, None, False)
        return None if found is None else found[2][0]

    def two(
        self, names: tuple[str, str], y: object, f: object, out: tuple[np.ndarray, ...] | None
    ) -> tuple[np.ndarray, ...] | None:
        """Two formulas for every score, in ``out`` if that is given."""
        if out is not None and (type(out) is not tuple or len(out) != 2 or np.may_share_memory(*out)):
            return None
        found = self._run(names, False, y, f, out, False)
        return None if found is None else found[2]

    def cost(self, y: object, f: object, mean: bool) -> float | None:
        """The mean of the losses, or their sum."""
        found = self._run((), True, y, f, (), False)
        return None if found is None else found[0].over((found[1] if mean else 1) * UNIT)

    def cost_and_gradient(
        self, y: object, f: object, mean: bool, out: np.ndarray | None
    ) -> tuple[float, np.ndarray] | None:
        """The same with its gradient, in ``out`` if that is given."""
        found = self._run(("grad",), True, y, f, None if out is None else (out,), mean)
        if found is None:
            return None
        total, n, (gradient,) = found
        return total.over((n if mean else 1) * UNIT), gradient

    def _run(
        self, names: tuple[str, ...], total: bool, y: object, f: object, out: tuple[np.ndarray, ...] | None, divided: bool
    ) -> tuple[Total, int, tuple[np.ndarray, ...]] | None:
        """The sum, the number of rows, and what was written; None for what must be looked at."""
        if type(f) is not np.ndarray or f.ndim != 2:
            return None
        k = f.shape[1]
        rows = whole_rows(y, f, k + self._record.more_classes, MOST)
        if rows is None or k > WIDEST or (self._record.targets == "scores" and y.ndim == 1):  # type: ignore[attr-defined]
            return None
        runner, tolerance = self._runner(names, total, y, f)
        places = tuple([np.empty(f.shape, f.dtype) for _ in names]) if out is None else out
        read = (y, f) if out is not None else ()
        written = [row_place_apart(place, f.shape, f.dtype, read) for place in places]  # type: ignore[arg-type]
        if not all(written):
            return None
        scale = 1.0 / rows[0] if divided else 1.0
        flags, summed = runner.whole(rows, self._numbers, written, scale, tolerance)
        return None if flags else (summed, rows[0], places)

    def _runner(self, names: tuple[str, ...], total: bool, y: np.ndarray, f: np.ndarray) -> tuple[RowRunner, float]:
        """The kernel for such arrays, and how far from one their rows' sums may be."""
        key = names, total, y.dtype.char, f.dtype.char, f.shape[1]
        found = self._runners.get(key)
        if found is None:
            found = self._runners[key] = self._made(names, total, y, f)
        return found

    def _made(self, names: tuple[str, ...], total: bool, y: np.ndarray, f: np.ndarray) -> tuple[RowRunner, float]:
        for name in names:
            self._record.quantity(name)  # raises for a name that is none
        k, char = f.shape[1], f.dtype.char
        dtype = "f8" if char == "d" else "f4"
        widened = self._need_double and char == "f" and not self._record.wide
        indexed = y.ndim == 1
        runner = self._kernels[
            "i8" if indexed else dtype, dtype, dtype, names, total, False, False, False, False, False,
            k < NARROWEST_WIDE, widened,
        ]  # fmt: skip
        return runner, demanded(self._record, RowPair(y, f, f.shape[:1], f.dtype))
