"""A pool of threads that share out one call's examples. Kernels hold no lock, so Python threads run side by side."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lossary.backends.cpu.spec import BLOCK

Result = TypeVar("Result")

SMALLEST_SHARE = 1 << 16
"""Examples below which another thread costs more than it saves."""

_count: int | None = None
_pool: ThreadPoolExecutor | None = None


def count() -> int:
    """How many threads a large call uses: ``LOSSARY_NUM_THREADS``, or as many as the process may use processors."""
    global _count
    if _count is None:
        asked = os.environ.get("LOSSARY_NUM_THREADS", "")
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        _count = int(asked) if asked.isdigit() and int(asked) > 0 else allowed
    return _count


def set_count(number: int) -> None:
    """Use this many threads from now on. Results do not depend on it, to the last bit."""
    global _count
    if number < 1:
        raise ValueError(f"the number of threads must be at least 1, not {number}")
    _count = number
    _forget()


def _forget() -> None:
    global _pool
    _pool = None


# A forked child has no pool threads: it must make its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _workers() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(max_workers=count() - 1, thread_name_prefix="lossary")
    return _pool


def shares(size: int) -> int:
    """How many pieces ``size`` examples are worth."""
    return 1 if size < 2 * SMALLEST_SHARE else min(count(), size // SMALLEST_SHARE)


def share(size: int, pieces: int, work: Callable[[int, int], Result]) -> list[Result]:
    """The results of ``work(start, stop)`` over ``range(size)`` in pieces of whole blocks, one a thread."""
    step = -(-size // (pieces * BLOCK)) * BLOCK
    cuts = [*range(0, size, step), size]
    pool = _workers()
    others = [pool.submit(work, start, stop) for start, stop in itertools.pairwise(cuts[1:])]
    return [work(cuts[0], cuts[1]), *(other.result() for other in others)]
