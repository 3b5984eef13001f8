"""Holds BLAS to one thread while fits run, also where the fits of several threads overlap.

The kernels' own threads share out the rows of a fit; BLAS's threads would wait for each other at every small product.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread_of_blas() -> Iterator[None]:
    """Hold BLAS to one thread until the last of the fits that overlap is done."""
    limit = _process_limit()
    # From version 3.8 on threadpoolctl lets only one thread change the number of the process, and says nothing where
    # another tries. A thread gives that control up at the end of its outermost ``with`` over a limit: of this one.
    with limit.per_thread.limit(limits=1, user_api="blas"):
        limit.enter()
        try:
            yield
        finally:
            limit.leave()


class ProcessLimit:
    """One limit for all fits of the process: the first to begin sets it, the last to end lifts it.

    A limit for each fit would not do. The number of threads belongs to the process (of OpenBLAS with threads of its
    own), so a fit that begins within another's would take that one's limit for the number to go back to.
    """

    def __init__(self) -> None:
        controller = ThreadpoolController()
        libraries = controller.lib_controllers
        self.per_thread = controller.select(
            filepath=[library.filepath for library in libraries if _is_per_thread(library)]
        )
        """The libraries in which each thread has a limit of its own, which it sets and lifts itself."""

        self._shared = controller.select(
            filepath=[library.filepath for library in libraries if not _is_per_thread(library)]
        )
        # A signal handler may run a fit while this thread holds the lock.
        self._lock = threading.RLock()
        self._fits = 0
        self._limiter: Any = None

    def enter(self) -> None:
        """A fit begins."""
        with self._lock:
            if self._fits == 0:
                self._limiter = self._shared.limit(limits=1, user_api="blas")
            self._fits += 1

    def leave(self) -> None:
        """A fit ends."""
        with self._lock:
            self._fits -= 1
            if self._fits == 0:
                self._limiter.restore_original_limits()


def _is_per_thread(library: Any) -> bool:
    """Whether each thread has its own limit, which no other thread can lift: so it is under OpenMP."""
    return getattr(library, "threading_layer", None) == "openmp"


@cache
def _process_limit() -> ProcessLimit:
    return ProcessLimit()


# The fits of the parent's other threads do not go on in a child, which must not wait for them.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process_limit.cache_clear)
