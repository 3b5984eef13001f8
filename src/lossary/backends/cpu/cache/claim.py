"""One process compiles a kernel; others that want it at the same time wait, and read what was kept.

A claim saves work and protects nothing: files are written whole or not at all, so whoever gets no claim compiles too.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from lossary.backends.cpu.cache.file import PART

if sys.platform != "win32":
    import fcntl

PATIENCE = 15.0
"""Seconds to wait for another process: it may have been stopped in the middle of compiling."""

PAUSE = 0.02
"""Seconds between two attempts to get a claim."""

_OPEN = os.O_RDWR | os.O_CREAT | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_CLOEXEC"))


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Be the only process that compiles the kernel of the file ``path``; False if no claim was to be had in time.

    The claim of a process that is killed ends with it; the empty file that it leaves is swept with unfinished kernels.
    """
    claim = path.with_name(path.name + PART)
    try:
        handle = os.open(claim, _OPEN, 0o600)
    except OSError:
        yield False
        return
    try:
        locked = _lock(handle)
        try:
            yield locked
        finally:
            if locked:
                # Those who have opened this file already lock it next, and find the kernel.
                with contextlib.suppress(OSError):
                    claim.unlink()
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Lock an open file, and wait for it no longer than ``PATIENCE``."""
    if sys.platform == "win32":  # no such locks: each process compiles what it does not find
        return False
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(PAUSE)
        except OSError:  # a file system without locks
            return False
        else:
            return True
