"""Work on kernels runs on threads of its own, one at a time, where no signal and no exception can reach it.

LLVM keeps tables for the whole process. An interrupt in the middle leaves them half-written for good, and so does a
fork for the child. A caller therefore waits for another thread, and holds no lock: if a signal's handler raises,
the caller goes and the work goes on; if the handler asks for a kernel itself, that is one more thread in the queue. A
fork waits until the work in hand is done.
"""

from __future__ import annotations

import _thread
import atexit
import contextlib
import ctypes
import functools
import logging  # noqa: F401  see below
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

_lock = threading.RLock()
_waiting: dict[int, Any] = {}
_running: set[int] = set()
_worker = threading.local()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Be the only one of the library that uses LLVM."""
    with _lock:
        yield


def apart(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, from a thread of its own. An interrupted caller leaves it running."""
    if _must_be_here():
        return work()
    while True:
        outcome: list[tuple[bool, Any]] = []
        done = _thread.allocate_lock()
        done.acquire()
        mark = id(done)
        _waiting[mark] = done
        try:
            try:
                _thread.start_new_thread(_run, (work, mark, outcome, done))
            except RuntimeError as trouble:
                if "new thread" not in str(trouble):  # what a signal's handler raised
                    raise
                # The interpreter is ending, or the system has no threads left.
                return work()
            done.acquire()
        finally:
            _waiting.pop(mark, None)
        if outcome:  # there is none in a child forked by a signal's handler, where that thread is no more
            worked, answer = outcome[0]
            if worked:
                return answer
            raise answer


def _run(work: Callable[[], object], mark: int, outcome: list[tuple[bool, Any]], done: Any) -> None:
    _worker.inside = True
    _running.add(mark)
    try:
        outcome.append((True, work()) if mark in _waiting else (False, None))
    except BaseException as error:
        outcome.append((False, error))
    finally:
        _running.discard(mark)
        done.release()


def _must_be_here() -> bool:
    """Whether waiting for another thread would be waiting for oneself, as in a finaliser."""
    return getattr(_worker, "inside", False) or sys.is_finalizing()


_taken: list[Any] = []
_interrupts: list[BaseException] = []
_interrupted = ctypes.c_ulong(0)
_interrupt: Any = ctypes.py_object(None)
# Raises the interrupt where the fork was asked for. Inside a Python function that runs around a fork it would be lost.
_deliver = functools.partial(ctypes.pythonapi.PyThreadState_SetAsyncExc, _interrupted, _interrupt)


def _before_fork() -> None:
    _interrupted.value = 0
    if not _held():
        _until(_held, _lock.acquire)
        _taken.append(_lock)


def _let_go() -> None:
    while _taken:
        _until(lambda: not _held(), _taken.pop().release)


def _held() -> bool:
    """Whether this thread has the lock."""
    return _lock._is_owned()  # type: ignore[attr-defined]


def _until(holds: Callable[[], bool], step: Callable[[], object]) -> None:
    """Take a step until it is done. Nobody sees what a handler raises here, so it is kept for later."""
    while not holds():
        try:
            step()
        except BaseException as interrupt:
            _interrupts.append(interrupt)


def _after_fork() -> None:
    _let_go()
    if _interrupts:
        _interrupted.value, _interrupt.value = _thread.get_ident(), type(_interrupts[0])
        _interrupts.clear()


def _after_fork_in_child() -> None:
    global _lock
    _let_go()
    _interrupts.clear()
    _running.clear()
    _lock = threading.RLock()
    for done in list(_waiting.values()):
        with contextlib.suppress(RuntimeError):  # done already
            done.release()


# What was registered last is called first before a fork. Logging takes its lock then, which the work in hand may need:
# it must have been imported by now, so that we wait for the work before that.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
    os.register_at_fork(after_in_parent=_deliver)


def _finish() -> None:
    """Let the work in hand end: LLVM must not be taken down under it."""
    while _running:
        time.sleep(0.002)


atexit.register(_finish)
