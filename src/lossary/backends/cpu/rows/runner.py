"""Calls a rowwise kernel: packs its record, shares its rows out over threads, collects what they sum."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.backends.cpu.cache import store
from lossary.backends.cpu.entries.late import BYTES_AT, LARGEST, LONG, Entry, after_some, no_entry
from lossary.backends.cpu.runtime import array_addresses, threads, workspaces
from lossary.backends.cpu.runtime.array_addresses import DTYPES, STREAM_BYTES, WholeRows
from lossary.backends.cpu.runtime.total import Result, Total, collected
from lossary.backends.cpu.specs.conventions import BINS, BLOCK, lanes_a_vector
from lossary.backends.cpu.specs.rows import COLUMNS, FRONT, LANE, LISTS, RowSpec, rows_a_block

DOUBLES = DTYPES["f8"]

SHARE = 1 << 16
"""Scores below which another thread costs more than it saves."""

LARGEST_PIECE = 1 << 19
"""Scores a piece at most, about: a call that is interrupted waits for the pieces that helpers have begun."""


ENTRY_SCRATCH = 1 << 20
"""Bytes of scratch for entries: those of all narrow rows fit, or have no entry."""


@dataclass(frozen=True)
class Options:
    """What may be done to targets and scores before the loss sees them, as a kernel takes it."""

    tolerance: float
    smoothing: float = 0.0
    soft_cap: float = 1.0
    cooling: float = 1.0
    class_weight: np.ndarray | None = None
    offset: np.ndarray | None = None


class _Shared:
    """A kernel's way to be shared out, for rows of which a block has so many."""

    __slots__ = ("run",)

    def __init__(self, kernel: Any, words: int, block: int) -> None:
        def made() -> Entry:
            from lossary.backends.cpu.entries.entry import entries  # noqa: PLC0415  see entries.late

            found = entries(ENTRY_SCRATCH)
            return no_entry if found is None else found.shared(kernel.address, words, 2, block)

        self.run: Entry = after_some(self, "run", made)


class RowRunner:
    """A rowwise kernel ready to be called."""

    def __init__(self, spec: RowSpec) -> None:
        threads.count()  # a setting that is no number is refused by the first call, not by the first large one
        self._kernel = store.kernel(spec, _compiled)
        self.spec = spec
        self._plans: dict[int, tuple[int, int, int]] = {}
        self._y, self._f, self._out = (DTYPES[name] for name in (spec.y, spec.f, spec.out))
        numbers = len(spec.loss.parameters)
        record = struct.Struct(f"=5qd6qd3q{3 + numbers}d{len(spec.outputs)}q")
        self._pack, self._words = record.pack, record.size // 8
        self._shared: dict[int, _Shared] = {}

    def __call__(
        self,
        y: np.ndarray,
        f: np.ndarray,
        weight: np.ndarray | None,
        options: Options,
        numbers: Sequence[float],
        outputs: Sequence[np.ndarray],
        scale: float = 1.0,
    ) -> tuple[int, Total]:
        """Compute over the rows of ``f`` (n, k), whose scores lie side by side; so do the rows of ``outputs``."""
        n, k = f.shape
        classes = k + self.spec.loss.more_classes
        span, nbytes, block = self._plan(k)
        streaming = any(array.nbytes >= STREAM_BYTES for array in outputs)
        fixed = (
            scale,
            k,
            block,
            *array_addresses.rows(f, self._f, n, k),
            *(
                array_addresses.strided((y,), (self._y,), n)
                if y.ndim == 1
                else array_addresses.rows(y, self._y, n, classes)
            ),
            options.tolerance,
            array_addresses.dense(weight, DOUBLES, n) if weight is not None else 0,
            array_addresses.dense(options.class_weight, DOUBLES, classes) if options.class_weight is not None else 0,
            array_addresses.dense(options.offset, DOUBLES, k) if options.offset is not None else 0,
            options.smoothing,
            options.soft_cap,
            options.cooling,
            *numbers,
            *self._written(outputs, n, k),
        )

        if self.spec.narrow and LONG <= n * k < LARGEST and nbytes <= ENTRY_SCRATCH and not streaming:
            found = self._at_once(n, span, nbytes, block, fixed)
            if found is not None:
                return found

        owners = y, f, weight, options, outputs

        def piece(start: int, stop: int, _held: object = owners) -> tuple[int, Total]:
            return self._piece(start, stop, span, nbytes, streaming, fixed)

        extra = max(0, min(threads.count(), n * k // SHARE, n) - 1)
        if extra == 0 and nbytes <= workspaces.LARGE:
            return piece(0, n)
        flags, total = 0, Total()
        try:
            for more_flags, more in threads.share(n, extra, piece, self._step(n, k, extra)):
                flags |= more_flags
                total = total.plus(more)
        finally:
            if nbytes > workspaces.LARGE:
                workspaces.rowwise.trim()
        return flags, total

    def _at_once(self, n: int, span: int, nbytes: int, block: int, fixed: tuple[float, ...]) -> Result | None:
        """All narrow rows, shared out in compiled code; None where that cannot be."""
        shared = self._shared.get(block)
        if shared is None:
            shared = self._shared[block] = _Shared(self._kernel, self._words, block)
        workspace = _take(nbytes)
        bins = workspace.bins
        record = self._pack(workspace.scratch, span, bins, bins + 8 * BINS, 0, *fixed)
        done = shared.run(id(record) + BYTES_AT, bins, n)
        result = collected(workspace.tally, self.spec.total) if done else None
        _give(workspace)
        return result

    def entry(
        self,
        k: int,
        numbers: Sequence[float],
        tolerance: float,
        most: int,
        divided: bool,
        more_classes: int = 0,
        addresses: bool = False,
    ) -> Entry:
        """This kernel as a function of targets, fewer than ``most`` scores in rows of k, and outputs like the scores.

        For a kernel without options and weights, whose outputs are of the scores' dtype. With ``addresses`` it takes
        those, and the number of rows.
        """
        from lossary.backends.cpu.entries.entry import Layout, entries  # noqa: PLC0415  see entries.late

        span, nbytes, block = self._plan(k)
        made = entries(ENTRY_SCRATCH)
        if made is None or not self.spec.narrow or nbytes > ENTRY_SCRATCH or (more_classes and self.spec.y != "i8"):
            return no_entry
        workspace, dtype, indexed = made.workspace, self._f, self.spec.y == "i8"
        bins, step, y_step = workspace.bins, k * dtype.itemsize, 8 if indexed else k * dtype.itemsize
        outputs = len(self.spec.outputs)
        packed = self._pack(
            workspace.scratch, span, bins, bins + 8 * BINS, 0, 1.0, k, block, 0, step, 0, y_step, tolerance,
            0, 0, 0, 0.0, 1.0, 1.0, *numbers, *[0] * outputs,
        )  # fmt: skip
        layout = Layout(
            np.frombuffer(packed, np.int64), dtype, outputs, scale=5, y=10, f=8, bins=2, unit=block,
            y_dtype=self._y, y_step=y_step, width=k, y_fewer_axes=int(indexed),
        )  # fmt: skip
        address: int = self._kernel.address  # type: ignore[attr-defined]
        return made.entry(address, layout, most, self.spec.total, divided, addresses)

    def whole(
        self,
        rows: WholeRows,
        numbers: Sequence[float],
        written: Sequence[int],
        scale: float,
        tolerance: float,
    ) -> Result:
        """All of few rows without gaps, options or weights, by this thread; outputs by their addresses."""
        n, k, at_y, at_f, step = rows
        span, nbytes, block = self._plan(k)
        fixed = (
            scale, k, block, at_f, k * self._f.itemsize, at_y, step, tolerance, 0, 0, 0, 0.0, 1.0, 1.0,
            *numbers, *written,
        )  # fmt: skip
        return self._piece(0, n, span, nbytes, False, fixed)

    def _plan(self, k: int) -> tuple[int, int, int]:
        """The bytes between two buffers for rows of k scores, the bytes of all, and the rows of a block."""
        plan = self._plans.get(k)
        if plan is None:
            span = self._span(k)
            plan = span, (len(self.spec.buffers) + 1) * span + LANE * (len(LISTS) + 1), self._block(k)
            self._plans[k] = plan
        return plan

    def _written(self, outputs: Sequence[np.ndarray], n: int, k: int) -> list[int]:
        """Where each output begins: one number a row, or one a score."""
        named = zip(self.spec.outputs, outputs, strict=True) if outputs else ()
        return [array_addresses.dense(array, self._out, n if name == "value" else n * k) for name, array in named]

    def _block(self, k: int) -> int:
        return rows_a_block(k, self.spec.weighted)

    def _span(self, k: int) -> int:
        """The bytes between two buffers."""
        held = k + 8
        if self.spec.narrow:
            held = max((k + 3) * lanes_a_vector(), (self._block(k) + 2) * k)
        return FRONT + 64 * (-(-8 * max(held, COLUMNS, BLOCK + 32) // 64))

    def _step(self, n: int, k: int, extra: int) -> int:
        """Rows handed to a thread at a time: a few pieces a thread, none too small, whole blocks of narrow rows."""
        least = max(1, SHARE // k)
        rows = max(least, min(LARGEST_PIECE // k, n // (4 * (extra + 1))))
        block = self._block(k)
        return -(-rows // block) * block if self.spec.narrow else rows

    def _piece(
        self, start: int, stop: int, span: int, nbytes: int, streaming: bool, fixed: tuple[float, ...]
    ) -> tuple[int, Total]:
        """One piece, in a workspace of its own."""
        spec = self.spec
        workspace = _take(nbytes)
        scratch, bins = workspace.scratch, workspace.bins
        if not spec.narrow:
            # Other losses' buffers may have lain where this one keeps the zeros of ignored rows.
            zeros = spec.buffers.index("zeros") * span + FRONT
            ctypes.memset(scratch + zeros, 0, 8 * COLUMNS)
        record = self._pack(scratch, span, bins, bins + 8 * BINS, streaming, *fixed)
        self._kernel(record, start, stop)
        result = collected(workspace.tally, spec.total)
        _give(workspace)
        return result


_take, _give = workspaces.rowwise.take, workspaces.rowwise.give


def _compiled(spec: RowSpec) -> bytes:
    """The kernel's machine code."""
    # Imported here because what writes and compiles kernels is rarely needed, and takes a while.
    from lossary.backends.cpu.rows.kernels import compile_kernel  # noqa: PLC0415

    return compile_kernel(spec)
