"""One warning in a process that its kernels are not kept, and why."""

from __future__ import annotations

import warnings
from collections import deque

_reasons: deque[str] = deque(maxlen=1)
_given = False


class CacheWarning(RuntimeWarning):
    """Kernels are compiled anew in every process, because they cannot be kept on disk."""


def note(reason: str) -> None:
    """Remember why a kernel was not kept; whoever asked for it is told by ``give``, on their own thread."""
    _reasons.append(reason)


def give() -> None:
    """Warn, if there is a reason to and none was given before."""
    global _given
    if _reasons and not _given:
        _given = True
        warnings.warn(
            f"compiled kernels are not kept, so every process compiles its own: {_reasons.pop()}. "
            "Set LOSSARY_CACHE_DIR to a folder that only you can write to",
            CacheWarning,
            stacklevel=2,
        )
