"""Memory for results: large blocks are kept for the next call.

A fresh block of megabytes costs as much as computing what goes into it: the system hands it out page by page, each
cleared at its first touch. A training loop asks for the same gradient again and again, so blocks that nobody holds any
more are handed out anew, up to ``KEPT`` bytes in all.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

import numpy as np

SMALL = 1 << 20
"""Bytes below which the allocator keeps blocks itself."""

KEPT = 1 << 28
"""Bytes kept at most."""


class _Spare:
    """Blocks that nobody holds, the oldest first."""

    def __init__(self) -> None:
        self._blocks: list[np.ndarray] = []
        self._lock = threading.RLock()  # a garbage collection may give a block back while one is being taken

    def take(self, nbytes: int) -> np.ndarray:
        """A block of at least that size: one of less than twice the size, or a new one."""
        with self._lock:
            for i, each in enumerate(self._blocks):
                if nbytes <= each.nbytes < 2 * nbytes:
                    return self._blocks.pop(i)
        return np.empty(nbytes, np.uint8)

    def give(self, block: np.ndarray) -> None:
        """Keep a block, and let go of the oldest that are too many with it."""
        with self._lock:
            self._blocks.append(block)
            while sum(each.nbytes for each in self._blocks) > KEPT:
                self._blocks.pop(0)


class _Lease:
    """Owns a block while any array made of it lives; NumPy keeps it as that array's base."""

    def __init__(self, count: int, dtype: np.dtype) -> None:
        self._block = _spare.take(count * dtype.itemsize)
        self._give = _spare.give
        place = self._block.__array_interface__["data"]
        self.__array_interface__ = {"version": 3, "shape": (count,), "typestr": dtype.str, "data": place}

    def __del__(self) -> None:
        self._give(self._block)


_spare = _Spare()


def fresh(shape: int | Sequence[int], dtype: str | np.dtype) -> np.ndarray:
    """An array whose numbers are not set, like ``numpy.empty``."""
    kind = np.dtype(dtype)
    count = shape if isinstance(shape, int) else math.prod(shape)
    if count * kind.itemsize < SMALL:
        return np.empty(shape, kind)
    found = np.asarray(_Lease(count, kind))
    return found if isinstance(shape, int) else found.reshape(shape)
