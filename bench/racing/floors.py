"""What no one can beat by much: the same bytes moved with the least arithmetic, by NumPy's own loops over two threads.

The add reads two arrays and writes a third, which is what value and gradient need at the very least. NumPy writes
through the caches, so that a kernel which writes past them can come out below this floor.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bench.racing.harness import Contestant
from bench.racing.machine import THREADS
from bench.racing.providers import FLOOR

ADD, SUM, COPY = FLOOR + "add", FLOOR + "sum", FLOOR + "copy"

WORTH_SPLITTING = 1 << 17
"""Elements below which a second thread costs more than it saves."""

_pool = ThreadPoolExecutor(max_workers=THREADS - 1)


def _split(size: int, work: Callable[[slice], object]) -> Callable[[], object]:
    if size < WORTH_SPLITTING:
        whole = slice(0, size)
        return lambda: work(whole)
    half = size // 2
    first, second = slice(0, half), slice(half, size)

    def both() -> object:
        other = _pool.submit(work, first)
        own = work(second)
        return own, other.result()

    return both


def copying(f: np.ndarray, out: np.ndarray) -> Contestant:
    """The floor that reads ``f`` and writes ``out``, both contiguous."""
    flat, written = f.reshape(-1), out.reshape(-1)

    def copy(piece: slice) -> None:
        np.copyto(written[piece], flat[piece])

    return Contestant(COPY, _split(flat.size, copy))


def contestants(y: np.ndarray, f: np.ndarray) -> list[Contestant]:
    """The three floors for these data: y + f -> out, read y and f, f -> out."""
    out = np.empty_like(f)

    def add(piece: slice) -> None:
        np.add(y[piece], f[piece], out=out[piece])

    def total(piece: slice) -> tuple[np.floating, np.floating]:
        return np.add.reduce(y[piece]), np.add.reduce(f[piece])

    floors = [Contestant(name, _split(f.size, work)) for name, work in ((ADD, add), (SUM, total))]
    return [*floors, copying(f, out)]
