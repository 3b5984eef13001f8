"""Where helper threads may run."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

import lossary
from lossary.backends.cpu.entries.late import LARGEST
from lossary.backends.cpu.runtime import threads

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a thread choose its processors"),
    pytest.mark.skipif(threads.count() < 2, reason="one processor has no helpers"),
]


@pytest.fixture
def large() -> np.ndarray:
    return np.zeros(LARGEST, dtype=np.float32)


def test_helpers_keep_off_the_callers_processor(large: np.ndarray) -> None:
    mine = os.sched_getaffinity(0)
    here = min(mine)
    os.sched_setaffinity(0, {here})
    try:
        lossary.squared_error.cost(large, large)  # makes the pool, whose threads take over what the caller may use
        os.sched_setaffinity(0, mine)
        threads._pool.avoided = None
        lossary.squared_error.cost(large, large)
        avoided = threads._pool.avoided
        assert avoided is not None
        assert threads._pool.members
        assert all(os.sched_getaffinity(helper) == mine - {avoided[0]} for helper in threads._pool.members)
    finally:
        os.sched_setaffinity(0, mine)


def test_a_caller_bound_to_one_processor_is_served(large: np.ndarray) -> None:
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(mine)})
    try:
        assert lossary.squared_error.cost(large, large + 2.0) == 4.0
    finally:
        os.sched_setaffinity(0, mine)
