"""One kernel's file: read whole or not at all, written so that nobody ever sees half of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from pathlib import Path

from lossary.backends.cpu.cache.folder import others_write, owned

KERNEL = ".kernel"
PART = ".kernel-part"
"""How the name of a file ends that is being written."""

ABANDONED = 3600.0
"""Seconds after which such a file was left behind by a process that was killed."""

# A link may lead to another's file, and a pipe would make us wait for its writer.
_READ = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | sum(getattr(os, flag, 0) for flag in ("O_CLOEXEC", "O_BINARY"))


def read(path: Path) -> bytes | None:
    """A kept kernel; None if there is none, if it was cut short, or if it may be another user's."""
    try:
        handle = os.open(path, _READ)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or not owned(status) or others_write(status):
            return None
        with os.fdopen(handle, "rb", closefd=False) as file:
            digest, _, code = file.read().partition(b"\n")
    except OSError:
        return None
    finally:
        os.close(handle)
    return code if hashlib.sha256(code).hexdigest().encode() == digest else None


def write(path: Path, code: bytes) -> None:
    """Keep a kernel, readable for all who can enter its folder; OSError where that fails, with nothing left behind."""
    _sweep(path.parent)
    part = path.with_name(os.urandom(8).hex() + PART)
    try:
        with os.fdopen(os.open(part, _WRITE, 0o600), "wb") as file:
            file.write(hashlib.sha256(code).hexdigest().encode() + b"\n" + code)
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _sweep(folder: Path) -> None:
    """Remove what killed processes have left."""
    oldest = time.time() - ABANDONED
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(PART) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()
