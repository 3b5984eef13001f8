"""Memory for results: large blocks are kept for the next call.

A fresh block of megabytes costs as much as computing what goes into it: the system hands it out page by page, each
cleared at its first touch. A training loop asks for the same gradient again and again, so blocks that nobody holds any
more are handed out anew, up to ``KEPT`` bytes in all. ``release_memory`` lets go of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lossary.backends.cpu.runtime import workspaces
from lossary.backends.cpu.runtime.array_addresses import DTYPES

SMALL = 1 << 20
"""Bytes below which the allocator keeps blocks itself."""

KEPT = 1 << 28
"""Bytes kept at most."""


class _Spare:
    """Blocks that nobody holds, the oldest first.

    A garbage collection or a signal handler may give a block, or take one, in the midst of any method. So a block goes
    by its own key, and each step is one of the interpreter's: whoever pops it has it.
    """

    def __init__(self) -> None:
        self._blocks: dict[int, np.ndarray] = {}

    def take(self, nbytes: int) -> np.ndarray:
        """A block of at least that size: one of less than twice the size, or a new one."""
        for block in list(self._blocks.values()):
            if nbytes <= block.nbytes < 2 * nbytes and self._blocks.pop(id(block), None) is not None:
                return block
        return np.empty(nbytes, np.uint8)

    def give(self, block: np.ndarray, kept: int = KEPT) -> None:
        """Keep a block, and let go of the oldest that are too many with it.

        At the interpreter's end the module's names are gone; what is bound here is not.
        """
        self._blocks[id(block)] = block
        self.release(kept)

    def release(self, kept: int = 0) -> int:
        """Let go of the oldest blocks until no more than ``kept`` bytes are left; how many bytes that was."""
        blocks = list(self._blocks.values())
        excess = sum([block.nbytes for block in blocks]) - kept
        freed = 0
        for block in blocks:
            if freed >= excess:
                break
            if self._blocks.pop(id(block), None) is not None:
                freed += block.nbytes
        return freed


class _Lease:
    """Owns a block while any array made of it lives; NumPy keeps it as that array's base."""

    _block: np.ndarray | None = None  # where an interrupt leaves it half made

    def __init__(self, count: int, dtype: np.dtype) -> None:
        self._give = _spare.give
        self._block = block = _spare.take(count * dtype.itemsize)
        place = block.__array_interface__["data"]
        self.__array_interface__ = {"version": 3, "shape": (count,), "typestr": dtype.str, "data": place}

    def __del__(self) -> None:
        if self._block is not None:
            self._give(self._block)


_spare = _Spare()
_empty = np.empty


def fresh(shape: int | Sequence[int], dtype: str | np.dtype) -> np.ndarray:
    """An array whose numbers are not set, like ``numpy.empty``."""
    kind = DTYPES[dtype] if isinstance(dtype, str) and dtype in DTYPES else np.dtype(dtype)
    count = shape if isinstance(shape, int) else math.prod(shape)
    if count * kind.itemsize < SMALL:
        return np.empty(shape, kind)
    leased = np.asarray(_Lease(count, kind))
    return leased if isinstance(shape, int) else leased.reshape(shape)


def like(array: np.ndarray) -> np.ndarray:
    """An array of the same shape and dtype whose numbers are not set, for calls that count every microsecond."""
    return _empty(array.shape, array.dtype) if array.nbytes < SMALL else fresh(array.shape, array.dtype)


def release_memory() -> int:
    """Give the memory back that is kept for coming calls: large results that nobody holds, and scratch.

    Up to 256 MB of the first are kept, and of the second what the largest call needed, up to 256 MB too. Arrays that
    are still held are not touched, and the next large call takes new memory.

    Returns
    -------
    int
        The bytes let go.

    Examples
    --------
    >>> import lossary
    >>> float(lossary.squared_error.gradient([0.0] * 200_000, [0.0] * 200_000).sum())  # its memory is kept
    0.0
    >>> lossary.release_memory() >= 1_600_000
    True
    >>> lossary.release_memory()
    0
    """
    return _spare.release() + workspaces.pointwise.release() + workspaces.rowwise.release()
