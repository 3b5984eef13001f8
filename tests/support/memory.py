"""Keeps test processes small: what compilers, referees and the library keep for the next call is given back in between.

One process runs thousands of tests with torch, JAX, referees of 60 digits and results of many megabytes. Each keeps
what it may need again, and no test needs what an earlier one left.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from pathlib import Path

import pytest

PLENTY = 1.0
"""Gigabytes in use after a test from which on memory is given back."""

GROWTH = 0.2
"""Gigabytes that a process must have grown by since, before that is done again: some memory is in use for good."""

REFEREES = (
    ("lossary.proof.accuracy", "exact_at"),
    ("lossary.proof.rows.accuracy", "judge"),
    ("tests.fuzz.exact", "answer"),
)
"""Functions that keep exact answers, by their modules."""

_STATUS = Path("/proc/self/statm")


def memory() -> float:
    """The memory that this process uses now, in gigabytes; zero where the system does not say."""
    try:
        return int(_STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e9
    except OSError:
        return 0.0


def give_back() -> None:
    """Empty every cache that a test may have filled."""
    modules = sys.modules
    if "jax" in modules:
        modules["jax"].clear_caches()
    if "torch._dynamo" in modules:
        modules["torch._dynamo"].reset()
    if "lossary.evaluate.arrays.memory" in modules:
        modules["lossary"].release_memory()
    for name, function in REFEREES:
        if name in modules:
            getattr(modules[name], function).cache_clear()
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # what was freed goes back to the system


class Memory:
    """Gives memory back between tests where a process has grown large."""

    def __init__(self) -> None:
        self._limit = PLENTY

    def pytest_collection_finish(self) -> None:
        """Modules and tests stay until the end: whoever collects garbage need not look at their million objects."""
        gc.collect()
        gc.freeze()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        if memory() > self._limit:
            give_back()
            self._limit = max(PLENTY, memory() + GROWTH)


def pytest_configure(config: pytest.Config) -> None:
    # The process that hands tests out to workers runs none.
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        config.pluginmanager.register(Memory(), "lossary-memory")
