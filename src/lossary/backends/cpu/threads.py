"""A pool of threads that share out one call's examples. Kernels hold no lock, so Python threads run side by side."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lossary.backends.cpu.spec import BLOCK

Result = TypeVar("Result")

SMALLEST_SHARE = 1 << 16
"""Examples below which another thread costs more than it saves."""

LARGEST_PIECE = 1 << 19
PIECES_A_THREAD = 2
"""At least so many: one would leave a thread waiting for another that was held up, many cost a hand-over each."""

FEW = 8
"""Helpers that are kept off the caller's processor; among more, the system finds a free one by itself."""

_count: int | None = None
_pool: ThreadPoolExecutor | None = None
_helpers: list[int] = []
_avoided: tuple[int, int] | None = None
_processor: Callable[[], int] | None = ctypes.CDLL(None).sched_getcpu if sys.platform == "linux" else None


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
    if _pool is not None:
        _pool.shutdown(wait=False)
    _forget()


def _forget() -> None:
    global _pool, _helpers, _avoided
    _pool, _helpers, _avoided = None, [], None


# A forked child has no pool threads: it must make its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _workers() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        known = _helpers
        _pool = ThreadPoolExecutor(
            max_workers=count() - 1,
            thread_name_prefix="lossary",
            initializer=lambda: known.append(threading.get_native_id()),
        )
    return _pool


def _step_aside() -> None:
    """Let helpers wake on other processors than the caller's.

    Linux wakes a thread where its waker runs. After a pause the waker is then busy with its own share, and on small
    virtual machines the helper waits behind it for milliseconds, until the load is balanced.
    """
    global _avoided
    if _processor is None or len(_helpers) > FEW:
        return
    here = _processor(), len(_helpers)
    if here == _avoided:
        return
    others = os.sched_getaffinity(0) - {here[0]}
    if not others:
        return
    for helper in _helpers:
        try:
            os.sched_setaffinity(helper, others)
        except OSError:  # not allowed here, or gone: as without
            return
    _avoided = here


def helpers(size: int) -> int:
    """How many threads beside the caller's ``size`` examples are worth."""
    return 0 if size < 2 * SMALLEST_SHARE else min(count(), size // SMALLEST_SHARE) - 1


def step_of(size: int, extra: int) -> int:
    """Examples in a piece: whole blocks, a few pieces a thread."""
    return max(SMALLEST_SHARE, min(LARGEST_PIECE, size // (PIECES_A_THREAD * (extra + 1)) // BLOCK * BLOCK))


def share(size: int, extra: int, work: Callable[[int, int], Result], step: int) -> list[Result]:
    """The results of ``work(start, stop)`` over ``range(size)``, in pieces of ``step``, in no particular order.

    Each thread takes the next piece when it has done one, so that none waits for another that was held up.
    """
    starts = iter(range(0, size, step))

    def take() -> list[Result]:
        # Advancing a range iterator is one step of the interpreter: no two threads get the same piece.
        return [work(start, min(start + step, size)) for start in starts]

    _step_aside()
    others = [_workers().submit(take) for _ in range(extra)]
    return [*take(), *(result for other in others for result in other.result())]
