"""Calls a pointwise kernel: packs its record, shares its examples out over threads, collects what they sum."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from lossary.backends.cpu.cache import store
from lossary.backends.cpu.entries.late import BYTES_AT, LARGEST, LONG, Entry, after_some, no_entry
from lossary.backends.cpu.runtime import array_addresses, threads, workspaces
from lossary.backends.cpu.runtime.array_addresses import DTYPES, STREAM_BYTES
from lossary.backends.cpu.runtime.total import Result, Total, collected
from lossary.backends.cpu.specs.conventions import BINS, BLOCK
from lossary.backends.cpu.specs.pointwise import KernelSpec

SCRATCH = 8 * (16 * BLOCK + 64)
"""Bytes of scratch that a kernel may use."""


class Runner:
    """A kernel ready to be called over one-dimensional arrays of equal length."""

    def __init__(self, spec: KernelSpec) -> None:
        threads.count()  # a setting that is no number is refused by the first call, not by the first large one
        self._kernel = store.kernel(spec, _compiled)
        self._total = spec.total
        inputs = (spec.y, spec.f, *([spec.w] if spec.w else []), *("f8" for p in spec.per_example if p))
        self._inputs, self._output = tuple(DTYPES[name] for name in inputs), DTYPES[spec.out]
        self.outputs = len(spec.outputs)
        """How many arrays it writes."""
        self._step = self._inputs[0].itemsize
        numbers = sum(not each for each in spec.per_example)
        record = struct.Struct(f"=4qd{2 * len(inputs)}q{numbers}d{len(spec.outputs)}q")
        self._pack, self._words = record.pack, record.size // 8
        self._shared = after_some(self, "_shared", self._made_shared)

    def __call__(
        self, arrays: Sequence[np.ndarray], numbers: Sequence[float], outputs: Sequence[np.ndarray], scale: float = 1.0
    ) -> Result:
        """Compute over ``arrays``: targets, predictions, weights and array parameters, as the kernel's spec says.

        ``numbers`` are the other parameters in order. ``outputs`` are contiguous and may be the inputs themselves.
        """
        size = len(arrays[0])
        places = array_addresses.strided(arrays, self._inputs, size)
        written = [array_addresses.dense(array, self._output, size) for array in outputs]
        nbytes = outputs[0].nbytes if outputs else 0
        return self.at(size, places, numbers, written, nbytes, scale, (arrays, outputs))

    def at(
        self,
        size: int,
        places: Sequence[int],
        numbers: Sequence[float],
        written: Sequence[int],
        nbytes: int,
        scale: float = 1.0,
        owners: object = None,
    ) -> Result:
        """The same on memory: of each array its address and stride, of each output its address and ``nbytes``.

        ``owners`` are what the memory belongs to: whoever works on it holds them.
        """
        streaming = nbytes >= STREAM_BYTES
        if LONG <= size < LARGEST and not streaming:
            found = self._at_once(size, scale, places, numbers, written)
            if found is not None:
                return found
        extra = 0 if size < threads.FEWEST_SHARED else threads.helpers(size)
        if extra == 0:
            return self._piece(0, size, streaming, scale, places, numbers, written)

        def piece(start: int, stop: int, _held: object = owners) -> Result:
            return self._piece(start, stop, streaming, scale, places, numbers, written)

        flags, total = 0, Total()
        for more_flags, more in threads.share(size, extra, piece, threads.step_of(size, extra)):
            flags |= more_flags
            total = total.plus(more)
        return flags, total

    def _at_once(
        self, size: int, scale: float, places: Sequence[int], numbers: Sequence[float], written: Sequence[int]
    ) -> Result | None:
        """All of it, shared out in compiled code; None where that cannot be."""
        workspace = take(SCRATCH)
        bins = workspace.bins
        record = self._pack(workspace.scratch, bins, bins + 8 * BINS, 0, scale, *places, *numbers, *written)
        done = self._shared(id(record) + BYTES_AT, bins, size)
        result = collected(workspace.tally, self._total) if done else None
        give(workspace)
        return result

    def _made_shared(self) -> Entry:
        from lossary.backends.cpu.entries.entry import entries  # noqa: PLC0415  see entries.late

        made = entries(SCRATCH)
        if made is None:
            return no_entry
        return made.shared(self._kernel.address, self._words, 1, BLOCK)  # type: ignore[attr-defined]

    def entry(self, numbers: Sequence[float], most: int, divided: bool, addresses: bool = False) -> Entry:
        """This kernel as a function of two arrays of fewer than ``most`` numbers, and as many as it writes.

        For a kernel whose inputs are both of the output's dtype, and parameters all ``numbers``. ``divided`` says that
        outputs are divided by the number of examples, ``addresses`` that it takes those, and the size.
        """
        from lossary.backends.cpu.entries.entry import Layout, entries  # noqa: PLC0415  see entries.late

        made = entries(SCRATCH)
        if made is None:
            return no_entry
        workspace, dtype, step = made.workspace, self._output, self._step
        bins = workspace.bins
        packed = self._pack(
            workspace.scratch, bins, bins + 8 * BINS, 0, 1.0, 0, step, 0, step, *numbers, *[0] * self.outputs
        )
        record = np.frombuffer(packed, np.int64)
        layout = Layout(record, dtype, self.outputs, scale=4, y=5, f=7, bins=1, unit=BLOCK, y_dtype=dtype, y_step=step)
        address: int = self._kernel.address  # type: ignore[attr-defined]
        return made.entry(address, layout, most, self._total, divided, addresses)

    def whole(
        self, size: int, at_y: int, at_f: int, written: tuple[int, ...], numbers: tuple[float, ...], scale: float
    ) -> workspaces.Workspace:
        """All of two arrays without gaps, by this thread: addresses as they are, and the tally in a workspace.

        The workspace is the caller's, who gives it back.
        """
        workspace = take(SCRATCH)
        bins, step = workspace.bins, self._step
        self._kernel(
            self._pack(
                workspace.scratch, bins, bins + 8 * BINS, 0, scale, at_y, step, at_f, step, *numbers, *written
            ),
            0,
            size,
        )  # fmt: skip
        return workspace

    def _piece(
        self,
        start: int,
        stop: int,
        streaming: bool,
        scale: float,
        places: Sequence[int],
        numbers: Sequence[float],
        written: Sequence[int],
    ) -> Result:
        """One piece, in a workspace of its own."""
        workspace = take(SCRATCH)
        bins = workspace.bins
        record = self._pack(workspace.scratch, bins, bins + 8 * BINS, streaming, scale, *places, *numbers, *written)
        self._kernel(record, start, stop)
        result = collected(workspace.tally, self._total)
        give(workspace)
        return result


take, give = workspaces.pointwise.take, workspaces.pointwise.give


def _compiled(spec: KernelSpec) -> bytes:
    """The kernel's machine code."""
    # Imported here because what writes and compiles kernels is rarely needed, and takes a while.
    from lossary.backends.cpu.pointwise.kernels import compile_kernel  # noqa: PLC0415

    return compile_kernel(spec)
