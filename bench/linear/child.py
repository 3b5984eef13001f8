"""``python -m bench.linear.child MODULE CONTESTANT N D CLASSES SEED``: one call, and the bytes it needed at most.

A small call comes first, so that libraries loaded and kernels compiled are not counted.
"""

from bench.racing import machine

machine.pin()

import ctypes  # noqa: E402
import importlib  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from bench.linear.cases import LinearShape, made  # noqa: E402

SMALL = (64, 64)
"""Examples and classes of the call that comes first."""


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _highest() -> int:
    """The most that was ever resident or, where the kernel let us ``_forget``, since then."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _forget() -> None:
    """Give back freed memory, and start the high-water mark anew where that is allowed."""
    ctypes.CDLL(None).malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return  # the mark then stands for the whole process, in which the call that is measured is the largest thing


def measured(module: str, name: str, shape: LinearShape, seed: int) -> int:
    provider = next(one for one in importlib.import_module(module).PROVIDERS if one.name == name)
    n, d, classes = shape
    small = (min(n, SMALL[0]), d, min(classes, SMALL[1]))
    provider.enter(small, made(small, seed)).contestant.once()
    entry = provider.enter(shape, made(shape, seed))
    _forget()
    before = _resident()
    answer = entry.contestant.once()
    found = _highest() - before
    del answer  # held until here: the gradients are part of what a call needs
    return found


if __name__ == "__main__":
    n, d, classes, seed = map(int, sys.argv[3:7])
    print(measured(sys.argv[1], sys.argv[2], (n, d, classes), seed))
