"""A call in the midst of another one of the same thread (a signal handler's, a finaliser's) disturbs neither."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import lossary
from lossary.backends.cpu.pointwise import runner
from lossary.backends.cpu.rows import runner as rows
from lossary.backends.cpu.runtime import threads, workspaces

from .conftest import Process

Y, F = np.zeros(100), np.linspace(-2.0, 5.0, 100)
CLASSES, SCORES = np.arange(50) % 4, np.linspace(-3.0, 2.0, 200).reshape(50, 4)


def pointwise() -> float:
    return lossary.squared_error.cost(Y, F)


def rowwise() -> float:
    return lossary.softmax_cross_entropy.cost(CLASSES, SCORES)


def other_pointwise() -> float:
    return lossary.squared_error.cost(F, Y + 3.0)


def other_rowwise() -> float:
    return lossary.softmax_cross_entropy.cost(CLASSES, 3.0 * SCORES)


@pytest.mark.parametrize(
    ("outer", "module", "inner"),
    [(pointwise, runner, other_pointwise), (rowwise, rows, other_rowwise)],
    ids=["pointwise", "rows"],
)
def test_a_call_between_a_kernel_and_its_sum(
    outer: Callable[[], float], module: ModuleType, inner: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for loss in (lossary.huber, lossary.squared_error, lossary.softmax_cross_entropy, lossary.focal_softmax):
        monkeypatch.setattr(loss, "direct", None)  # what answers at once has no Python in between
    expected = outer(), inner()
    collected = module.collected
    nested: list[float] = []

    def interrupted(*given: Any) -> Any:
        if not nested:
            nested.append(0.0)
            nested[0] = inner()
        return collected(*given)

    monkeypatch.setattr(module, "collected", interrupted)
    assert (outer(), *nested) == expected


HANDLER = """
import signal
import numpy as np
import lossary

y, f = np.zeros(20_000), np.linspace(-2.0, 5.0, 20_000)
classes, scores = np.arange(5_000) % 4, np.linspace(-3.0, 2.0, 20_000).reshape(5_000, 4)
calls = (
    lambda: lossary.squared_error.cost(y, f),
    lambda: lossary.squared_error.cost(f, y + 3.0),
    lambda: lossary.softmax_cross_entropy.cost(classes, scores),
    lambda: lossary.softmax_cross_entropy.cost(classes, 3.0 * scores),
)
expected = [call() for call in calls]
rings = wrong = 0

def ring(*_):
    global rings, wrong
    rings += 1
    wrong += [call() for call in calls] != expected

signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
for _ in range(1_000):
    wrong += calls[0]() != expected[0]
    wrong += calls[2]() != expected[2]
signal.setitimer(signal.ITIMER_REAL, 0.0)
print(wrong, rings > 10)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no interval timer")
def test_a_handler_that_calls_the_library(process: Process) -> None:
    done = process(HANDLER)
    assert (done.returncode, done.stdout.split()) == (0, ["0", "True"]), done.stderr


NESTED = """
from lossary.backends.cpu.runtime import threads

threads.set_count(2)

def inner(start, stop):
    return stop - start

def outer(start, stop):
    return sum(threads.share(8, 1, inner, 1))

print(sum(threads.share(6, 1, outer, 1)))
"""


def test_helpers_may_share_out_work_themselves(process: Process) -> None:
    done = process(NESTED, seconds=20)
    assert (done.returncode, done.stdout.strip()) == (0, "48"), done.stderr


def test_each_run_has_a_workspace_of_its_own() -> None:
    held = workspaces.pointwise.take(runner.SCRATCH), workspaces.pointwise.take(runner.SCRATCH)
    assert held[0].bins != held[1].bins
    assert abs(held[0].scratch - held[1].scratch) >= runner.SCRATCH
    assert threads.count() >= 1
