"""Threads that share out one call's examples. Kernels hold no lock, so Python threads run side by side.

A call returns, or raises, only when no helper is at work for it any more, whatever happened on the way: its memory may
be somebody else's a moment later. A helper that has not begun by then is not waited for.
"""

from __future__ import annotations

import _thread
import ctypes
import functools
import operator
import os
import sys
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

from lossary.backends.cpu.runtime import gates, processors
from lossary.backends.cpu.specs.conventions import BLOCK

Result = TypeVar("Result")

SMALLEST_SHARE = 1 << 16
"""Examples below which another thread costs more than it saves."""

FEWEST_SHARED = 2 * SMALLEST_SHARE

LARGEST_PIECE = 1 << 18
"""Examples a piece at most: a call that is interrupted waits for the pieces that helpers have begun."""

PIECES_A_THREAD = 2
"""At least so many: one would leave a thread waiting for another that was held up, many cost a hand-over each."""

FEW = 8
"""Helpers that are kept off the caller's processor; among more, the system finds a free one by itself."""

_chosen: int | None = None
_listeners: list[Callable[[int], None]] = []
_processor: Callable[[], int] | None = ctypes.CDLL(None).sched_getcpu if sys.platform == "linux" else None
_default = functools.cache(processors.threads)


def count() -> int:
    """How many threads a large call uses: as ``lossary.threads`` says, or the environment.

    Shown as ``lossary.thread_count``. Raises ValueError if ``LOSSARY_NUM_THREADS`` is no number of threads.

    Examples
    --------
    >>> import lossary
    >>> with lossary.threads(2):
    ...     lossary.thread_count()
    2
    """
    return _default() if _chosen is None else _chosen


thread_count = count


def set_count(number: int) -> None:
    """Use this many threads from now on. Results do not depend on it, to the last bit."""
    try:
        wanted = operator.index(number)
    except TypeError:
        wanted = 0
    if wanted < 1 or isinstance(number, bool):
        raise ValueError(f"the number of threads must be a whole number of at least 1, not {number!r}")
    _choose(wanted)


def _choose(number: int | None) -> None:
    global _chosen
    _chosen = number
    for listener in _listeners:
        listener(count())


def told(listener: Callable[[int], None]) -> None:
    """Tell a function the number of threads, now and whenever it changes."""
    _listeners.append(listener)
    listener(count())


class threads:
    """Use so many threads in this process, from now on or within a ``with`` block.

    The number counts the calling thread, and holds for all of a process's threads, also for calls that are under way
    elsewhere when they next share out work. Results do not depend on it, to the last bit. Without it a process uses
    ``LOSSARY_NUM_THREADS``; if that is unset, as many threads as it may use processors (those it is bound to, within a
    container's quota), and no more than ``OMP_NUM_THREADS``.

    Parameters
    ----------
    number : int
        At least 1; 1 leaves all work to the caller's thread. Anything else raises ValueError.

    Examples
    --------
    >>> import lossary
    >>> with lossary.threads(1):
    ...     lossary.squared_error.cost([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    def __init__(self, number: int) -> None:
        self._before = _chosen
        set_count(number)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *raised: object) -> None:
        _choose(self._before)


def helpers(size: int) -> int:
    """How many threads beside the caller's ``size`` examples are worth."""
    return 0 if size < FEWEST_SHARED else min(count(), size // SMALLEST_SHARE) - 1


def step_of(size: int, extra: int) -> int:
    """Examples in a piece: whole blocks, a few pieces a thread."""
    return max(SMALLEST_SHARE, min(LARGEST_PIECE, size // (PIECES_A_THREAD * (extra + 1)) // BLOCK * BLOCK))


class _Job:
    """One call's examples, cut into pieces that go to whoever asks next."""

    __slots__ = ("_pieces", "_size", "_step", "failure", "results", "work")

    def __init__(self, size: int, work: Callable[[int, int], Any], step: int) -> None:
        self._size, self._step = size, step
        self._pieces = iter(range(0, size, step))
        self.work: Callable[[int, int], Any] | None = work
        """None once the call is over or a helper has failed: nobody begins another piece then."""
        self.results: list[Any] = []
        self.failure: BaseException | None = None

    def take(self) -> None:
        """Do pieces until there are none left."""
        # Advancing a range iterator is one step of the interpreter: no two threads get the same piece.
        for start in self._pieces:
            work = self.work
            if work is None:
                return
            self.results.append(work(start, min(start + self._step, self._size)))

    def help(self, gate: int) -> None:
        """Do pieces as a helper, unless the call is over."""
        if not gates.enter(gate):
            return
        try:
            self.take()
        except BaseException as error:
            self.failure, self.work = error, None
        finally:
            gates.leave(gate)


class _Pool:
    """Helper threads, begun when they are first wanted. They wait for work as long as the process lives."""

    def __init__(self) -> None:
        self.members: list[int] = []
        """The system's numbers of the threads that are up."""
        self.avoided: tuple[int, int] | None = None
        self._jobs: SimpleQueue[tuple[_Job, int]] = SimpleQueue()
        self._begun = 0

    def call(self, job: _Job, open_gates: Sequence[int]) -> None:
        """Ask as many helpers as there are gates; fewer where no more threads can be had, as at the very end."""
        if sys.is_finalizing():
            return
        self._grow(len(open_gates))
        self._step_aside()
        for gate in open_gates[: self._begun]:
            self._jobs.put((job, gate))

    def _grow(self, wanted: int) -> None:
        # ``threading.Thread`` takes locks that would not let in a signal handler's call in the midst of another.
        while self._begun < wanted:
            self._begun += 1
            try:
                _thread.start_new_thread(self._serve, ())
            except RuntimeError:
                self._begun -= 1
                return

    def _serve(self) -> None:
        self.members.append(threading.get_native_id())
        while True:
            _Job.help(*self._jobs.get())  # keeps nothing of it while it waits

    def _step_aside(self) -> None:
        if _processor is None:
            return
        placement = _processor(), len(self.members)
        if placement != self.avoided and keep_off(self.members, placement[0]):
            self.avoided = placement


def keep_off(members: Sequence[int], processor: int) -> bool:
    """Let helpers, by the system's numbers, wake on other processors than the caller's; whether they will.

    Linux wakes a thread where its waker runs. After a pause the waker is then busy with its own share, and on small
    virtual machines the helper waits behind it for milliseconds, until the load is balanced.
    """
    if len(members) > FEW:
        return False
    others = os.sched_getaffinity(0) - {processor}
    if not others:
        return False
    for helper in members:
        try:
            os.sched_setaffinity(helper, others)
        except OSError:  # not allowed here: as without
            return False
    return True


_pool = _Pool()


def _forget() -> None:
    global _pool
    _pool = _Pool()
    gates.open_all()


# A forked child has no helpers: it must make its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def share(size: int, extra: int, work: Callable[[int, int], Result], step: int) -> list[Result]:
    """The results of ``work(start, stop)`` over ``range(size)``, in pieces of ``step``, in no particular order.

    Each thread takes the next piece when it has done one, so that none waits for another that was held up. What a
    helper's ``work`` raises is raised here.
    """
    job = _Job(size, work, step)
    open_gates = [gates.taken() for _ in range(extra)]
    shutting = gates.shutting(open_gates)
    try:
        _pool.call(job, open_gates)
        job.take()
    finally:
        # A handler may raise after any call, but runs before none: these are a store and one call, and cannot be
        # passed by. However often the user interrupts, nobody is at work when this frame is left.
        job.work = None
        all(shutting)
        gates.give_back(open_gates)
    if job.failure is not None:
        failure, job.failure = job.failure, None
        try:
            raise failure
        finally:
            del failure  # or it would keep itself, and every array of this call, alive
    if len(job.results) * step < size:
        raise RuntimeError("this process was forked in the midst of a call, whose helpers it does not have: call again")
    return job.results
