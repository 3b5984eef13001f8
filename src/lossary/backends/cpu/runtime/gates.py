"""Gates: locks whose wait no signal handler can cut short.

``threading.Lock.acquire`` lets handlers run while it waits, and what they raise ends the wait: whoever must not leave
before a helper has cannot rely on it. The locks that CPython itself is built on, part of its stable interface, only
ever return locked. They are never freed but used again: a helper that comes late may still try one. All that can come
of that is a moment for which the gate is held.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import repeat

_library = ctypes.pythonapi._handle
_at_once = ctypes.PyDLL("python", handle=_library)
_waiting = ctypes.CDLL("python", handle=_library)  # lets other Python threads run meanwhile

_allocate = _at_once.PyThread_allocate_lock
_allocate.argtypes, _allocate.restype = (), ctypes.c_void_p
_try = _at_once.PyThread_acquire_lock
_wait = _waiting.PyThread_acquire_lock
for _function in (_try, _wait):
    _function.argtypes, _function.restype = (ctypes.c_void_p, ctypes.c_int), ctypes.c_int
leave = _at_once.PyThread_release_lock
leave.argtypes, leave.restype = (ctypes.c_void_p,), None

_idle: list[int] = []
_made: list[int] = []


def taken() -> int:
    """An open gate."""
    try:
        return _idle.pop()
    except IndexError:
        made: int | None = _allocate()
        if made is None:
            raise MemoryError("no memory for a lock") from None
        _made.append(made)
        return made


def enter(gate: int) -> bool:
    """Go in and shut the gate, unless somebody else has; ``leave`` opens it."""
    return bool(_try(gate, 0))


def shutting(gates: Sequence[int]) -> Iterator[int]:
    """What shuts one gate after another, each as soon as nobody is inside, when it is advanced.

    ``all`` of it is a single call: no handler runs between the first gate and the last.
    """
    return map(_wait, gates, repeat(1))


def give_back(gates: Sequence[int]) -> None:
    """Open gates that were shut, for the next call."""
    for gate in gates:
        leave(gate)
        _idle.append(gate)


def open_all() -> None:
    """Open those in a forked child that are held by threads that it does not have."""
    for gate in _made:
        enter(gate)
        leave(gate)
