"""What a call costs besides its arithmetic: the small call, the import, and the first call of a second process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from unittest import mock

import numpy as np

from bench.pointwise.cases import Case, Store
from bench.pointwise.providers import own_loss
from bench.racing.harness import Contestant, Rules, race

SMALL = 1000


@dataclass(frozen=True)
class SmallCall:
    """Seconds of a call on 1,000 float32 examples, and of its kernel alone, where it could be had."""

    loss: str
    call: float
    kernel: float | None

    @property
    def overhead(self) -> float:
        return self.call - (self.kernel or 0.0)


@dataclass(frozen=True)
class Startup:
    """Milliseconds, medians over fresh processes.

    imported  ``import lossary``, NumPy and all
    first     the first call, with NumPy imported, kernels kept on disk by an earlier process
    answered  from before the import to the first answer
    compiled  the first call on a machine that has never seen the kernel (one process)
    heavy     modules that ``import lossary`` should not have loaded, and did
    """

    imported: float
    first: float
    answered: float
    compiled: float
    heavy: tuple[str, ...]


def _captured(call: Callable[[], object]) -> tuple[Callable[[bytes, int, int], None], bytes] | None:
    """The machine code that a call runs and the record it is given; None if the back end no longer works that way."""
    caught: list[tuple[Callable[[bytes, int, int], None], bytes]] = []
    try:
        from lossary.backends.cpu.cache import store  # noqa: PLC0415  a detail of the back end, which may move
        from lossary.backends.cpu.entries import entry  # noqa: PLC0415

        real = store.kernel
    except (ImportError, AttributeError):
        return None

    def watched(*arguments: Any) -> Callable[[bytes, int, int], None]:
        native = real(*arguments)

        def kernel(record: bytes, start: int, stop: int) -> None:
            caught.append((native, record))
            native(record, start, stop)

        return kernel

    # Without entries, which know a kernel by its address: step by step it gets the same record.
    with mock.patch.object(store, "kernel", watched), mock.patch.object(entry, "entries", return_value=None):
        call()
    return caught[0] if caught else None


def small_call(case: Case, data: Store, rng: np.random.Generator) -> SmallCall:
    """Time a small call beside its bare kernel. The kernel's time is without that of calling it on nothing."""
    given = data.get(case, SMALL, "float32")
    out = np.empty_like(given.f)
    loss, twin = own_loss(case), own_loss(case)  # the one that is watched keeps its watcher
    found = _captured(lambda: twin.cost_and_gradient(given.y, given.f, out=out))
    loss.cost_and_gradient(given.y, given.f, out=out)
    runners = [Contestant("call", lambda: loss.cost_and_gradient(given.y, given.f, out=out))]
    if found is not None:
        native, record = found
        runners += [
            Contestant("kernel", lambda: native(record, 0, SMALL)),
            Contestant("nothing", lambda: native(record, 0, 0)),
        ]
    times = race(runners, Rules(budget=0.3), rng)
    kernel = times["kernel"].median - times["nothing"].median if found is not None else None
    return SmallCall(case.name, times["call"].median, kernel)


_PROBE = """
import sys, time
zero = time.perf_counter()
import lossary
imported = time.perf_counter() - zero
heavy = [m for m in ("llvmlite", "torch", "jax", "sklearn", "mpmath", "scipy") if m in sys.modules]
import numpy as np
y = np.linspace(-1, 1, 1000, dtype=np.float32)
f = y[::-1].copy()
start = time.perf_counter()
lossary.huber.cost_and_gradient(y, f)
end = time.perf_counter()
import json
print(json.dumps([1e3 * imported, 1e3 * (end - start), 1e3 * (end - zero), heavy]))
"""


def _probe(cache: str | None = None) -> tuple[float, float, float, Sequence[str]]:
    environment = dict(os.environ)
    if cache is not None:
        environment["LOSSARY_CACHE_DIR"] = cache
    done = subprocess.run([sys.executable, "-c", _PROBE], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a fresh process could not call lossary.huber:\n{done.stderr}")
    imported, first, answered, heavy = json.loads(done.stdout)
    return imported, first, answered, heavy


def startup(processes: int) -> Startup:
    """Probe fresh processes: one with an empty kernel cache, then ``processes`` with a warm one."""
    with tempfile.TemporaryDirectory() as empty:
        _, compiled, _, _ = _probe(empty)
        seen = [_probe(empty) for _ in range(processes)]
    imported, first, answered, heavy = zip(*seen, strict=True)
    return Startup(median(imported), median(first), median(answered), compiled, tuple(heavy[0]))
