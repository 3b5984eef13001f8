"""The startup part of the benchmark: import, first call, and calls on a thousand numbers, each within its limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.pointwise.cases import CASES, Store
from bench.racing.cells import figure
from bench.racing.lost import Lost
from bench.racing.part import Part, progress
from bench.startup.probes import SmallCall, Startup, small_call, startup

STARTING, SMALL = "starting up", "a call on 1,000 float32 examples"
IMPORT_MS, WARM_MS, COLD_MS, SMALL_LIMIT_US = 150.0, 50.0, 500.0, 4.0

LEGEND = (
    "Starting up: medians over fresh processes, in milliseconds. A call on 1,000 "
    "float32 examples with out= reused, in microseconds: what it takes beyond the kernel that it runs is to be "
    f"less than {SMALL_LIMIT_US:g}."
)


def _milestones(found: Startup) -> Iterable[tuple[str, float, float | None]]:
    """What is waited for, the milliseconds it took, and those allowed."""
    yield "import lossary, NumPy included", found.imported, IMPORT_MS
    yield "first call in a second process", found.first, WARM_MS
    yield "import, NumPy and first call together", found.answered, None
    yield "first call ever (kernel compiled)", found.compiled, COLD_MS


def _cell(table: str, label: str, what: str, numbers: dict[str, float | None]) -> dict[str, object]:
    known = {name: figure(x) for name, x in numbers.items() if x is not None}
    return {"table": table, "label": label, "measures": {what: known}}


def _cells(found: Startup, calls: Sequence[SmallCall]) -> Iterable[dict[str, object]]:
    for label, took, limit in _milestones(found):
        yield _cell(STARTING, label, "milliseconds", {"taken": took, "allowed": limit})
    for call in calls:
        kernel = None if call.kernel is None else 1e6 * call.kernel
        over, allowed = 1e6 * call.overhead, SMALL_LIMIT_US
        numbers = {"whole call": 1e6 * call.call, "its kernel": kernel, "over the kernel": over, "allowed": allowed}
        yield _cell(SMALL, call.loss, "microseconds", numbers)


def _lost(found: Startup, calls: Sequence[SmallCall]) -> Iterable[Lost]:
    for label, took, limit in _milestones(found):
        if limit is not None and took > limit:
            yield Lost(STARTING, f"{label}: under {limit:g} ms", "", f"{took:.0f} ms")
    if found.heavy:
        yield Lost(STARTING, "import lossary imports no framework", "", ", ".join(found.heavy))
    for call in calls:
        if call.kernel is not None and 1e6 * call.overhead > SMALL_LIMIT_US:
            wanted = f"under {SMALL_LIMIT_US:g} us over the kernel"
            yield Lost(SMALL, wanted, call.loss, f"{1e6 * call.overhead:.1f} us")


def starting_up(quick: bool, seed: int, rng: np.random.Generator) -> Part:
    """Measure fresh processes and small calls."""
    progress("import and first call")
    found = startup(3 if quick else 7)
    progress("small calls")
    data = Store(seed)
    calls = [small_call(case, data, rng) for case in (CASES[:2] if quick else CASES)]
    progress("")
    return Part(LEGEND, list(_cells(found, calls)), list(_lost(found, calls)))
