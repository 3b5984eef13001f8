"""Scratch for kernels. A run owns its own from beginning to end and leaves it for the next.

What belongs to a thread would not do: a signal handler, a finaliser or the garbage collector may call the library in
the midst of another call of the same thread.
"""

from __future__ import annotations

import numpy as np

from lossary.backends.cpu.runtime.array_addresses import dense
from lossary.backends.cpu.specs.conventions import BINS

MOST = 64
"""Workspaces kept at most."""

LARGE = 1 << 22
KEPT = 1 << 28
"""Bytes kept at most, once a call is over that took more than ``LARGE``."""


PAGE, INTO = 4096, 1024
"""Scratch begins so far into a page. Large arrays begin with one, and processors take a write to the same place in
another page for one to what they are about to read: that costs 4%."""


class Workspace:
    """Scratch, and the tally in which a kernel leaves its sum and its flags."""

    __slots__ = ("_memory", "bins", "nbytes", "scratch", "tally")

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self._memory = np.zeros(nbytes + PAGE, np.uint8)
        start = dense(self._memory, self._memory.dtype, nbytes + PAGE)
        self.scratch: int = start + (INTO - start) % PAGE
        """The address of ``nbytes``, a multiple of 64."""
        self.tally = np.zeros(BINS + 1, np.int64)
        self.bins: int = dense(self.tally, self.tally.dtype, BINS + 1)
        """The tally's address."""


class Workspaces:
    """Those that no run owns. Each step is one of the interpreter's, so that no lock is needed."""

    def __init__(self) -> None:
        self._idle: list[Workspace] = []

    def take(self, nbytes: int) -> Workspace:
        """One of at least this size, its tally all zero."""
        try:
            workspace = self._idle.pop()
        except IndexError:
            return Workspace(nbytes)
        if workspace.nbytes >= nbytes:
            workspace.tally.fill(0)
            return workspace
        return Workspace(nbytes)

    def give(self, workspace: Workspace) -> None:
        """Keep one whose run is over. One whose run was cut short is not given, and its memory freed."""
        if len(self._idle) < MOST:
            self._idle.append(workspace)

    def trim(self) -> None:
        """Let go of the oldest, down to ``KEPT`` bytes."""
        held = sum([each.nbytes for each in self._idle])
        while held > KEPT and self._idle:
            held -= self._oldest()

    def release(self) -> int:
        """Let go of all; how many bytes that was."""
        freed = 0
        while self._idle:
            freed += self._oldest()
        return freed

    def _oldest(self) -> int:
        try:
            return self._idle.pop(0).nbytes
        except IndexError:  # another thread took the last
            return 0


pointwise = Workspaces()
rowwise = Workspaces()
