"""Where kernels are kept, and whether that is safe: what lies there is run.

``LOSSARY_CACHE_DIR`` comes first. Where it may only be read (an image of a container that ships with kernels), new ones
go to the user's own folder. That is ``lossary`` in ``XDG_CACHE_HOME`` or ``~/.cache``, or one in the folder for
temporary files where there is no home to write to.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


class Refusal(Exception):
    """Why kernels cannot be kept, in a sentence."""


def readable() -> list[Path]:
    """The folders that kernels may be read from, in this order."""
    return [place for place in _places() if fault(place) is None]


def writable() -> Path:
    """The folder that new kernels go to, made if there is none; Refusal if nothing may be kept."""
    place = _places()[-1]
    if not place.exists():
        _make(place, 0o700 if place == _own() else 0o755)
    reason = fault(place)
    if reason is not None:
        raise Refusal(f"{place} is not used, because {reason}: whoever can write there can run code as you")
    return place


def _places() -> list[Path]:
    """Where to look for a kernel; the last is where a new one goes."""
    chosen = os.environ.get("LOSSARY_CACHE_DIR")
    if not chosen:
        return [_own()]
    place = Path(os.path.realpath(chosen))
    if place.exists() and fault(place) is None and not _may_write(place):
        return [place, _own()]
    return [place]


def _own() -> Path:
    """The user's own folder."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        home = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # no HOME, and nobody knows the user
        return _temporary()
    place = Path(os.path.realpath(home / "lossary"))
    nearest = next(parent for parent in (place, *place.parents) if parent.exists())
    return place if nearest == place or _may_write(nearest) else _temporary()


def _temporary() -> Path:
    import tempfile  # noqa: PLC0415  it takes 3 ms to import, and folders of one's own are the rule

    user = os.geteuid() if hasattr(os, "geteuid") else "user"
    return Path(os.path.realpath(tempfile.gettempdir())) / f"lossary-{user}"


def _may_write(place: Path) -> bool:
    return os.access(place, os.W_OK | os.X_OK)


def _make(place: Path, mode: int) -> None:
    """Make the folder, and those above it for the user alone, as the XDG specification asks."""
    try:
        for parent in reversed(place.parents):
            if not parent.exists():
                parent.mkdir(0o700 if mode == 0o700 else 0o755, exist_ok=True)
        place.mkdir(mode, exist_ok=True)
    except OSError as trouble:
        raise Refusal(f"{place} cannot be made: {trouble.strerror}") from trouble


def fault(place: Path) -> str | None:
    """Why others than the user and root could put files into a folder; None if they cannot.

    ``place`` has no symbolic links. As ssh does, every folder above is looked at too: who may rename one may put
    another in its place, except in a folder whose files only their owners may move (sticky, as /tmp is).
    """
    for part in (place, *place.parents):
        try:
            status = part.lstat()
        except OSError as trouble:
            return f"{part} cannot be looked at ({trouble.strerror})"
        if not stat.S_ISDIR(status.st_mode):
            return f"{part} is no folder"
        sticky = part != place and bool(status.st_mode & stat.S_ISVTX)
        if not owned(status):
            return f"{part} belongs to another user"
        if not sticky and others_write(status):
            return f"others may write to {part}"
    return None


def owned(status: os.stat_result) -> bool:
    """Whether a file is the user's or root's."""
    return not hasattr(os, "geteuid") or status.st_uid in (0, os.geteuid())


def others_write(status: os.stat_result) -> bool:
    """Whether anybody but the owner, and root, may write to a file."""
    if not hasattr(os, "geteuid"):
        return False
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not _private(status.st_gid)


def _private(group: int) -> bool:
    """Whether a group is the user's alone: of the same name, as many systems make one for each user."""
    import grp  # noqa: PLC0415  not on Windows, and seldom asked
    import pwd  # noqa: PLC0415

    try:
        user, entry = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return user.pw_gid == group and entry.gr_name == user.pw_name and set(entry.gr_mem) <= {user.pw_name}
