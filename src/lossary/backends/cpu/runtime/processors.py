"""How many threads are worth having: what the user, the system and the container allow."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "LOSSARY_NUM_THREADS"
PROCESS = Path("/proc/self")
"""Where Linux describes this process."""


def threads() -> int:
    """``LOSSARY_NUM_THREADS``; unset, the processors that may be used, and no more than ``OMP_NUM_THREADS``."""
    asked = os.environ.get(VARIABLE, "").strip()
    if asked:
        number = _number(asked)
        if number is None:
            raise ValueError(
                f"{VARIABLE} must be a whole number of at least 1, not {asked!r}; "
                "unset it to use the processors that this process may use"
            )
        return number
    # OpenMP takes a list, one number for each level of nesting; what is no number it ignores, and so do we.
    outermost = _number(os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip())
    return min(allowed(), outermost or allowed())


def allowed() -> int:
    """The processors that the system lets this process run on, or fewer if a container's quota is worth fewer."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota = min(_quotas(PROCESS), default=processors)
    except (OSError, ValueError):  # no Linux, or one that describes itself in another way
        return processors
    return max(1, min(processors, math.ceil(quota)))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _quotas(process: Path) -> Iterator[float]:
    """How many processors' time each control group around this process may use, where one is limited."""
    groups = [line.split(":", 2) for line in (process / "cgroup").read_text().splitlines()]
    mounts = [line.split(" ") for line in (process / "mountinfo").read_text().splitlines()]
    for _, controllers, path in groups:
        for mount in mounts:
            kind, _, options = mount[mount.index("-") + 1 :][:3]
            # Version 2 has one hierarchy and names no controllers, version 1 one for each few of them.
            if kind == "cgroup2" and not controllers:
                yield from _around(Path(mount[4]), mount[3], path)
            if kind == "cgroup" and "cpu" in controllers.split(",") and "cpu" in options.split(","):
                yield from _around(Path(mount[4]), mount[3], path)


def _around(mount: Path, root: str, path: str) -> Iterator[float]:
    """The quotas of a group and of those that hold it; in a container its own is the root, or named as on the host."""
    inside = Path(path).relative_to(root) if Path(path).is_relative_to(root) and ".." not in path else Path()
    for folder in (mount / inside, *(mount / each for each in inside.parents)):
        quota = _quota(folder)
        if quota is not None:
            yield quota


def _quota(folder: Path) -> float | None:
    """The share of time in ``cpu.max`` (version 2) or ``cpu.cfs_quota_us`` (version 1); None if there is no limit."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
        return None if quota in ("max", "-1") else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
