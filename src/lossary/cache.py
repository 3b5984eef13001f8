"""The kernels kept on disk: where they are, how large, and how to clear and to warm the folder.

A kernel is compiled the first time that a loss is called in some way (which takes a second or more), and kept. Later
processes load it in milliseconds. An image of a container, or a cluster's shared folder, can come with the kernels that
will be asked for:

>>> import lossary
>>> lossary.cache.warm("squared_error", calls=["cost"]).failed
()
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from lossary.backends.cpu.cache import file, loader
from lossary.backends.cpu.cache import folder as _folder
from lossary.backends.cpu.cache.notice import CacheWarning
from lossary.evaluate.warming import Warmed, warm

__all__ = ["CacheWarning", "Warmed", "clear", "count", "folder", "size", "warm", "why_not"]


def folder() -> Path | None:
    """The folder that new kernels are kept in; None where they live only as long as the process.

    That is ``LOSSARY_CACHE_DIR``; or else ``lossary`` in ``XDG_CACHE_HOME``, in ``~/.cache``, or, where there is no
    home to write to, in the folder for temporary files. It is made if there is none. A folder that others may write to
    is never used: what lies there is run. ``why_not`` says why there is none.

    Examples
    --------
    >>> import lossary
    >>> lossary.cache.folder().is_dir()
    True
    """
    with contextlib.suppress(_folder.Refusal):
        return _folder.writable()
    return None


def why_not() -> str:
    """Why kernels are not kept, in a sentence; empty if they are.

    Examples
    --------
    >>> import lossary
    >>> lossary.cache.why_not()
    ''
    """
    try:
        _folder.writable()
    except _folder.Refusal as refusal:
        return str(refusal)
    return ""


def count() -> int:
    """How many kernels are kept, over all folders that are read.

    Examples
    --------
    >>> import lossary
    >>> lossary.huber([0.0], [0.5])
    array([0.125])
    >>> lossary.cache.count() > 0
    True
    """
    return len(_kept())


def size() -> int:
    """How many bytes the kernels take, over all folders that are read.

    Examples
    --------
    >>> import lossary
    >>> lossary.huber([0.0], [0.5])
    array([0.125])
    >>> lossary.cache.size() > 1000
    True
    """
    total = 0
    for path in _kept():
        with contextlib.suppress(OSError):  # another process may clear too
            total += path.stat().st_size
    return total


def clear() -> int:
    """Remove the kernels that this user may remove; how many these were. Processes that run are not disturbed.

    Examples
    --------
    >>> import os, tempfile
    >>> import lossary
    >>> before = os.environ.get("LOSSARY_CACHE_DIR")
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     os.environ["LOSSARY_CACHE_DIR"] = empty
    ...     lossary.cache.clear()
    0
    >>> _ = os.environ.pop("LOSSARY_CACHE_DIR") if before is None else os.environ.update(LOSSARY_CACHE_DIR=before)
    """
    removed = 0
    for path in _kept():
        with contextlib.suppress(OSError):
            path.unlink()
            removed += 1
    loader.forget()
    return removed


def _kept() -> list[Path]:
    return [path for place in _folder.readable() for path in sorted(place.glob(f"*{file.KERNEL}"))]
