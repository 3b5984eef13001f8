"""The neighbour part of the benchmark: calls alone, and beside another process that keeps one processor busy.

Of two processors a fair share is then half or more: no call may take more than twice its time.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

import numpy as np

import lossary
from bench.pointwise.cases import CASES, Store
from bench.pointwise.providers import own_loss
from bench.racing.cells import figure
from bench.racing.lost import Lost
from bench.racing.part import Part, progress

SIZES = (10**3, 10**4, 10**5, 10**6)
SHAPES = ((100, 10), (10_000, 100), (10_000, 1_000))
ROUNDS, LEAST = 40, 2e-3
FAIR = 2.0
"""How many times as long a call may take."""

SETTLE = 5e-3
"""Seconds for the other process to come or go."""

LEGEND = (
    "Cost and gradient of float32 arrays, with and without another process that is always busy, in rounds of random "
    f"order; milliseconds of a call, of which at most {FAIR:g} times as many are allowed. A sample lasts 2 ms or more."
)


@contextmanager
def _neighbour() -> Iterator[Callable[[bool], None]]:
    """A process that is busy whenever it may run, and what lets it run or stops it."""
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def run(may: bool) -> None:
        other.send_signal(signal.SIGCONT if may else signal.SIGSTOP)
        time.sleep(SETTLE)

    try:
        yield run
    finally:
        other.kill()
        other.wait()


def _calls(quick: bool, seed: int) -> Iterable[tuple[str, str, Callable[[], object]]]:
    """Table, label and call of each cell."""
    store = Store(seed)
    for size in SIZES[::3] if quick else SIZES:
        for case in CASES[:2] if quick else CASES:
            data, loss = store.get(case, size, "float32"), own_loss(case)
            out = np.empty_like(data.f)
            yield (
                f"beside a busy process, {size:,} examples",
                case.name,
                lambda loss=loss, data=data, out=out: loss.cost_and_gradient(data.y, data.f, out=out),
            )
    rng = np.random.default_rng(seed)
    for n, k in SHAPES:
        f, y = rng.standard_normal((n, k), np.float32), rng.integers(0, k, n)
        out = np.empty_like(f)
        yield (
            "beside a busy process, softmax cross-entropy",
            f"{n:,} x {k:,}",
            lambda y=y, f=f, out=out: lossary.softmax_cross_entropy.cost_and_gradient(y, f, out=out),
        )


def _timed(call: Callable[[], object]) -> float:
    """Seconds of a call, over as many as last long enough for the scheduler to be fair."""
    count, start = 0, time.perf_counter()
    while True:
        call()
        count += 1
        if (taken := time.perf_counter() - start) >= LEAST:
            return taken / count


def _measured(
    call: Callable[[], object], run: Callable[[bool], None], rounds: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Median seconds alone, and beside the other."""
    samples: dict[bool, list[float]] = {False: [], True: []}
    call()
    for _ in range(rounds):
        for busy in rng.permutation([False, True]).tolist():
            run(busy)
            samples[busy].append(_timed(call))
    return median(samples[False]), median(samples[True])


def neighbour(quick: bool, seed: int, rng: np.random.Generator) -> Part:
    """Measure every call alone and beside a busy process."""
    cells, losing = [], []
    with _neighbour() as run:
        for table, label, call in _calls(quick, seed):
            progress(f"{table}: {label}")
            alone, beside = _measured(call, run, 10 if quick else ROUNDS, rng)
            times = beside / alone
            numbers = {"alone": 1e3 * alone, "beside": 1e3 * beside, "times": times, "times allowed": FAIR}
            shown = {name: figure(x) for name, x in numbers.items()}
            cells.append({"table": table, "label": label, "measures": {"milliseconds": shown}})
            if times > FAIR:
                losing.append(Lost(table, f"at most {FAIR:g} times its time alone", label, f"{times:.2f} times"))
    progress("")
    return Part(LEGEND, cells, losing)


def allowed_over_taken(cells: Sequence[dict]) -> dict[str, list[float]]:
    """Of each table, how many times as long a call might have taken."""
    found: dict[str, list[float]] = {}
    for cell in cells:
        numbers = cell["measures"]["milliseconds"]
        found.setdefault(cell["table"], []).append(numbers["times allowed"] / numbers["times"])
    return found
