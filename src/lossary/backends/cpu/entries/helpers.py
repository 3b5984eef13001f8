"""Threads that help entries: where they and their caller talk, and what is done for them in Python.

``help_text`` says how work is handed over. A helper waits without Python's lock and never returns; that costs nothing
until the process ends, which does not wait for it.
"""

from __future__ import annotations

import _thread
import ctypes
import platform
import sys
import threading
import types

import numpy as np

from lossary.backends.cpu.runtime import threads
from lossary.backends.cpu.runtime.array_addresses import dense
from lossary.backends.cpu.runtime.workspaces import Workspace

MOST = 15
"""Helpers at most: for calls of a millisecond. Longer ones share their work out in ``runtime.threads``."""

LONGEST_GAP, VERY_LONGEST_GAP = 50_000, 200_000
"""Nanoseconds since the last call within which calls are said to keep coming: as in a loop that trains on so few. For
calls that take longer half of what they take, up to the second.

A helper then spins after work, for twice that gap and ``WINDOW``; else for the longest gap. So it takes no more for
nothing than it did of use: only a call that is long wakes it, or one after ``LONG_STREAK`` that kept coming.
"""

WINDOW, LONG_STREAK = 5_000, 16

LONG_SPINNING, LONG_PARKED, LONG_SHARE = 3_500, 40_000, 1_750
"""Nanoseconds of work that are worth handing part of it to a helper that spins, waking one, and each helper."""

PIECES_A_THREAD = 2

STATES = {"PARKED": 1, "SPINNING": 2, "POSTED": 3, "WORKING": 4}
"""Of a helper; 0 where there is none."""

SHARED = {
    "busy": 0, "allowed": 1, "running": 2, "avoided": 3, "ended": 4, "wanted": 5, "caller": 6, "window": 7,
    "next": 8, "stop": 16, "step": 17, "kernel": 18, "streak": 19,
    "clock": 24, "wait": 25, "wake": 26, "processor": 27, "yield": 28,
}  # fmt: skip
"""The words that all entries of a kind, those of rows or the others, and their helpers share:

busy       1 while an entry runs: all work in one place
allowed    the helpers that ``lossary.threads`` allows
running    how many there are
avoided    the processor that they were told to avoid
ended      when the last long call ended
window     the nanoseconds for which to spin after work
streak     how many calls have kept coming
wanted, caller   the helpers that a call would have, and the processor on which it runs
next       the first example that nobody has begun: a cache line of its own, as all write to it
stop, step, kernel   the examples, those of a piece, and what does them
clock, wait, wake, processor, yield   addresses of clock_gettime, sem_wait, sem_post, sched_getcpu and sched_yield
"""

BOXES = 32
"""The word at which the boxes begin."""

BOX = {
    "state": 0, "asked": 1, "woken": 2,
    "shared": 8, "scratch": 10, "tally": 11, "semaphore": 16, "record": 24,
}  # fmt: skip
"""The words of a helper's box:

state            one of ``STATES``
asked            the state in which it was asked to help in this call, or 0
woken            1 while a wake is on its way
shared           the address of the words above
scratch, tally   addresses of its own workspace
semaphore        where it waits
record           the kernel's call record
"""

WORDS_OF_BOX = 88
LONGEST_RECORD = WORDS_OF_BOX - BOX["record"]
_CACHE_LINE = 8

PAUSES = {
    "x86_64": ("call void @llvm.x86.sse2.pause()", "declare void @llvm.x86.sse2.pause()"),
    "aarch64": ("call void @llvm.aarch64.hint(i32 1)", "declare void @llvm.aarch64.hint(i32)"),
}
PAUSE, PAUSE_DECLARED = PAUSES.get(platform.machine(), ("", ""))
"""What tells the processor that a thread only waits."""


class Helpers:
    """The helpers of this process, begun when they are first wanted.

    ``code`` is the address of ``lossary_help``, ``scratch`` the bytes that a kernel may use.
    """

    def __init__(self, code: int, scratch: int) -> None:
        self._help = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(code)  # without Python's lock
        self._scratch = scratch
        words = BOXES + MOST * WORDS_OF_BOX
        self._memory = np.zeros(words + _CACHE_LINE, np.int64)
        start = dense(self._memory, self._memory.dtype, self._memory.size)
        skipped = -start // 8 % _CACHE_LINE
        self.words = self._memory[skipped : skipped + words]
        self.shared: int = start + 8 * skipped
        """The address of the shared words."""
        self._workspaces: list[Workspace] = []
        self.members: list[int] = []
        """The system's numbers of the threads that are up."""
        self._inside: list[int] = []
        """The thread that prepares, if one does."""
        self._generation = 0
        """How many forks lie between the first process and this one."""
        self._library = _library()
        self.words[SHARED["avoided"]] = -1
        if self._library is not None:
            for name, function in _FUNCTIONS.items():
                self.words[SHARED[name]] = _address(getattr(self._library, function))
        threads.told(self._allow)

    def _allow(self, count: int) -> None:
        self.words[SHARED["allowed"]] = 0 if self._library is None else min(count - 1, MOST)

    @property
    def possible(self) -> bool:
        """Whether there can be any on this system."""
        return self._library is not None

    def tallies(self) -> list[np.ndarray]:
        """What each helper counted in the last call in which it was asked."""
        return [each.tally for each in self._workspaces]

    def prepare(self) -> None:
        """Have as many as the call in hand wants, away from its processor. Entries call it in the midst of a call."""
        if sys.is_finalizing():
            return
        self._inside.append(threading.get_ident())
        try:
            self._prepare(self._generation)
        finally:
            self._inside.clear()

    def _prepare(self, generation: int) -> None:
        words = self.words
        while (
            generation == self._generation
            and words[SHARED["running"]] < words[SHARED["wanted"]]
            and self._begin(int(words[SHARED["running"]]), generation)
        ):
            pass
        caller = int(words[SHARED["caller"]])
        # Some may not be up yet, or this process bound to one processor for the moment: then at the next call.
        up = len(self.members) == words[SHARED["running"]]
        settled = up and (threads.keep_off(self.members, caller) or len(self.members) > threads.FEW)
        words[SHARED["avoided"]] = caller if settled else -1

    def _begin(self, number: int, generation: int) -> bool:
        """Begin a helper; False where the system has no more threads, or another's are no threads of the system."""
        assert self._library is not None
        if not isinstance(_thread.start_new_thread, types.BuiltinFunctionType):  # gevent's, say: it would wait for good
            return False
        box = self.words[BOXES + number * WORDS_OF_BOX :]
        address = self.shared + 8 * (BOXES + number * WORDS_OF_BOX)
        if len(self._workspaces) <= number:
            self._workspaces.append(Workspace(self._scratch))
        workspace = self._workspaces[number]
        if self._library.sem_init(ctypes.c_void_p(address + 8 * BOX["semaphore"]), 0, 0):
            return False
        box[BOX["shared"]] = self.shared
        box[BOX["scratch"]], box[BOX["tally"]] = workspace.scratch, workspace.bins
        box[BOX["asked"]] = box[BOX["woken"]] = 0
        box[BOX["state"]] = STATES["PARKED"]
        if generation != self._generation:  # a signal's handler has forked: this is the child
            box[BOX["state"]] = 0
            return False
        # Counted first: should a signal's handler raise now, there is a box that nobody serves, and not one with two.
        self.words[SHARED["running"]] += 1
        try:
            _thread.start_new_thread(self._serve, (address,))
        except RuntimeError:
            self.words[SHARED["running"]] -= 1
            return False
        return True

    def _serve(self, box: int) -> None:
        self.members.append(threading.get_native_id())
        self._help(box)

    def forget(self) -> None:
        """In a forked child there are none, and nobody runs what was running but who forks in the midst of a call."""
        words = self.words
        words[SHARED["busy"]] = self._inside == [threading.get_ident()]
        words[SHARED["running"]] = 0
        words[SHARED["avoided"]] = -1
        words[BOXES::WORDS_OF_BOX] = 0
        self.members = []
        self._generation += 1


_FUNCTIONS = {
    "clock": "clock_gettime",
    "wait": "sem_wait",
    "wake": "sem_post",
    "processor": "sched_getcpu",
    "yield": "sched_yield",
}


def _library() -> ctypes.CDLL | None:
    """The system's functions that helpers need; None where it lacks one."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if all(hasattr(library, name) for name in [*_FUNCTIONS.values(), "sem_init"]) else None


def _address(function: object) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0  # type: ignore[arg-type]


def numbers() -> dict[str, int | str]:
    """What ``help_text`` and ``share_text`` leave open, by name."""
    return {
        **{f"s_{name}": word for name, word in SHARED.items()},
        **{f"b_{name}": word for name, word in BOX.items()},
        **STATES,
        "boxes": BOXES,
        "words_of_box": WORDS_OF_BOX,
        "longest_gap": LONGEST_GAP,
        "very_longest_gap": VERY_LONGEST_GAP,
        "window": WINDOW,
        "long_streak": LONG_STREAK,
        "long_spinning": LONG_SPINNING,
        "long_parked": LONG_PARKED,
        "long_share": LONG_SHARE,
        "pieces_a_thread": PIECES_A_THREAD,
        "pause": PAUSE,
    }
