"""Calls a rowwise kernel: packs its record, shares its rows out over threads, collects what they sum."""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.backends.cpu import STREAM_BYTES, Total, access, collected, store, threads
from lossary.backends.cpu.access import DTYPES
from lossary.backends.cpu.rows.spec import COLUMNS, FRONT, LANE, LISTS, RowSpec, lanes_a_vector, rows_a_block
from lossary.backends.cpu.spec import BINS, BLOCK

DOUBLES = DTYPES["f8"]

SHARE = 1 << 16
"""Scores below which another thread costs more than it saves."""


@dataclass(frozen=True)
class Options:
    """What may be done to targets and scores before the loss sees them, as a kernel takes it."""

    tolerance: float
    smoothing: float = 0.0
    soft_cap: float = 1.0
    cooling: float = 1.0
    class_weight: np.ndarray | None = None
    offset: np.ndarray | None = None


class _Workspace(threading.local):
    """Each thread's scratch, as large as its largest call yet needed."""

    def __init__(self) -> None:
        self._scratch, self._first = np.zeros(0), 0
        self.tally = np.zeros(BINS + 1, dtype=np.int64)
        self.tally_address = access.dense(self.tally, DTYPES["i8"], BINS + 1)

    def scratch(self, size: int) -> int:
        """The address of at least ``size`` bytes, a multiple of 64, zero where nothing was written."""
        if self._scratch.nbytes < size + 64:
            self._scratch = np.zeros(size // 8 + 16)
            self._first = -(-access.dense(self._scratch, DOUBLES, self._scratch.size) // 64) * 64
        return self._first


_workspace = _Workspace()


class RowRunner:
    """A rowwise kernel ready to be called."""

    def __init__(self, spec: RowSpec) -> None:
        self._kernel = store.kernel(spec)
        self.spec = spec
        self._y, self._f, self._out = (DTYPES[name] for name in (spec.y, spec.f, spec.out))
        numbers = len(spec.loss.parameters)
        self._pack = struct.Struct(f"=5qd6qd3q{3 + numbers}d{len(spec.outputs)}q").pack

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
        span = self._span(k)
        streaming = any(array.nbytes >= STREAM_BYTES for array in outputs)
        fixed = (
            scale,
            k,
            rows_a_block(k),
            *access.rows(f, self._f, n, k),
            *(access.strided((y,), (self._y,), n) if y.ndim == 1 else access.rows(y, self._y, n, classes)),
            options.tolerance,
            access.dense(weight, DOUBLES, n) if weight is not None else 0,
            access.dense(options.class_weight, DOUBLES, classes) if options.class_weight is not None else 0,
            access.dense(options.offset, DOUBLES, k) if options.offset is not None else 0,
            options.smoothing,
            options.soft_cap,
            options.cooling,
            *numbers,
            *self._written(outputs, n, k),
        )

        def piece(start: int, stop: int) -> tuple[int, Total]:
            return self._piece(start, stop, span, streaming, fixed)

        extra = min(threads.count(), n * k // SHARE, n) - 1
        if extra < 1:
            return piece(0, n)
        flags, total = 0, Total()
        for more_flags, more in threads.share(n, extra, piece, self._step(n, k, extra)):
            flags |= more_flags
            total = total.plus(more)
        return flags, total

    def _written(self, outputs: Sequence[np.ndarray], n: int, k: int) -> list[int]:
        """Where each output begins: one number a row, or one a score."""
        named = zip(self.spec.outputs, outputs, strict=True) if outputs else ()
        return [access.dense(array, self._out, n if name == "value" else n * k) for name, array in named]

    def _span(self, k: int) -> int:
        """The bytes between two buffers."""
        held = k + 8
        if self.spec.narrow:
            held = max((k + 3) * lanes_a_vector(), (rows_a_block(k) + 2) * k)
        return FRONT + 64 * (-(-8 * max(held, COLUMNS, BLOCK + 32) // 64))

    def _step(self, n: int, k: int, extra: int) -> int:
        """Rows handed to a thread at a time: a few pieces a thread, none too small, whole blocks of narrow rows."""
        least = max(1, SHARE // k)
        rows = max(least, n // (4 * (extra + 1)))
        block = rows_a_block(k)
        return -(-rows // block) * block if self.spec.narrow else rows

    def _piece(self, start: int, stop: int, span: int, streaming: bool, fixed: tuple[float, ...]) -> tuple[int, Total]:
        spec = self.spec
        places = len(spec.buffers) + 1
        lanes = LANE * (len(LISTS) + 1)
        scratch = _workspace.scratch(places * span + lanes)
        tally = _workspace.tally
        tally.fill(0)
        bins = _workspace.tally_address
        if not spec.narrow:
            # Other losses' buffers may have lain where this one keeps the zeros of ignored rows.
            zeros = spec.buffers.index("zeros") * span + FRONT
            ctypes.memset(scratch + zeros, 0, 8 * COLUMNS)
        record = self._pack(scratch, span, bins, bins + 8 * BINS, streaming, *fixed)
        self._kernel(record, start, stop)
        return collected(tally, spec.total)
