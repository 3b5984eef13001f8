"""Sharing a call out: who fails, who comes late, who changes the number of threads."""

from __future__ import annotations

import sys
import threading
import time
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import lossary
from lossary.backends.cpu.rows.runner import RowRunner
from lossary.backends.cpu.runtime import threads
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE, RowSpec, rows_a_block

from .conftest import Process


class Trouble(Exception):
    pass


class Watched:
    """Work that notes who is inside, and fails in helpers or in the caller's thread, once all have begun."""

    def __init__(self, members: int, failing: str) -> None:
        self.caller = threading.get_ident()
        self.failing = failing
        self.all_here = threading.Barrier(members)
        self.inside: list[int] = []
        self.failed = False

    def __call__(self, start: int, stop: int) -> int:
        self.inside.append(start)
        if start < self.all_here.parties:
            self.all_here.wait(timeout=10.0)
        who = "caller" if threading.get_ident() == self.caller else "helper"
        try:
            if who == self.failing and not self.failed:
                self.failed = True
                raise Trouble(who)
            time.sleep(0.05)
        finally:
            self.inside.remove(start)
        return start


@pytest.mark.parametrize("failing", ["helper", "caller"])
def test_nobody_is_inside_when_a_failure_is_raised(failing: str) -> None:
    work = Watched(4, failing)
    begun = time.monotonic()
    with pytest.raises(Trouble, match=failing):
        threads.share(1_000, 3, work, 1)
    assert work.inside == []
    assert time.monotonic() - begun < 10.0  # a thousand pieces would take longer


def test_all_pieces_are_done_once() -> None:
    found = threads.share(1_000, 3, lambda start, stop: (start, stop), 7)
    assert sorted(found) == [(i, min(i + 7, 1_000)) for i in range(0, 1_000, 7)]


def test_a_helper_that_comes_late_is_not_waited_for_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_pool", threads._Pool())
    occupied, over = threading.Barrier(3), threading.Event()

    def last(start: int, stop: int) -> None:
        occupied.wait(timeout=10.0)
        over.wait(timeout=10.0)

    other = threading.Thread(target=lambda: threads.share(2, 1, last, 1))  # takes the only helper
    other.start()
    try:
        occupied.wait(timeout=10.0)
        data = np.zeros(10)
        gone = weakref.ref(data)
        assert threads.share(10, 1, lambda i, j, data=data: float(data[i]), 1) == [0.0] * 10
        assert not over.is_set()
        del data
        assert gone() is None
    finally:
        over.set()
        other.join()


@pytest.fixture
def restored() -> Iterator[None]:
    with lossary.threads(2):
        yield


@pytest.mark.usefixtures("restored")
def test_the_number_may_change_while_others_compute() -> None:
    y, f = np.zeros(600_000, np.float32), np.linspace(-3.0, 3.0, 600_000, dtype=np.float32)
    expected, slope = lossary.squared_error.cost_and_gradient(y, f)
    wrong: list[object] = []
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            for number in (1, 4, 2, 3):
                threads.set_count(number)
                time.sleep(0.0005)

    def compute() -> None:
        try:
            for _ in range(40):
                cost, gradient = lossary.squared_error.cost_and_gradient(y, f)
                if cost != expected or not (gradient == slope).all():
                    wrong.append(cost)
        except BaseException as error:
            wrong.append(error)

    changing = threading.Thread(target=change)
    computing = [threading.Thread(target=compute) for _ in range(2)]
    for each in (changing, *computing):
        each.start()
    for each in computing:
        each.join()
    over.set()
    changing.join()
    assert wrong == []


@pytest.mark.parametrize("size", [1 << 17, 1 << 20, 10**9])
def test_helpers_stop_soon_because_pieces_are_small(size: int) -> None:
    assert threads.step_of(size, 1) <= 1 << 18
    for classes in (2, 10, 64, 100, 10_000):
        record = lossary.softmax_cross_entropy.record
        narrow = classes < NARROWEST_WIDE
        spec = RowSpec(record, "i8", "f8", "f8", (), True, False, False, False, False, False, narrow)
        rows = RowRunner(spec)._step(size // classes, classes, 1)
        assert rows * classes <= (1 << 19) + classes * (rows_a_block(classes) if narrow else 0)


def refused(*_: object) -> None:
    raise RuntimeError("can't start new thread")


def test_without_more_threads_the_caller_works_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_pool", threads._Pool())
    monkeypatch.setattr(threads._thread, "start_new_thread", refused)
    here = threading.get_ident()
    assert threads.share(8, 3, lambda start, stop: threading.get_ident(), 1) == [here] * 8


# The caller forks while a helper is inside, and again when none is; both processes go on with the call.
FORKED = """
import os, sys, threading, time
from lossary.backends.cpu.runtime import threads

caller = threading.get_ident()
begun = threading.Event()

def work(start, stop):
    if threading.get_ident() != caller:
        begun.set()
        time.sleep(0.2)
        return start
    begun.wait(5.0)
    if not forked:
        forked.append(os.fork())
    return start

for extra in (1, 0):
    forked = []
    try:
        answer = sum(threads.share(6, extra, work, 1))
    except RuntimeError as error:
        answer = str(error)[:16]
    if forked[0] == 0:
        os.write(1, f"child {answer}\\n".encode())
        os._exit(0)
    os.waitpid(forked[0], 0)
    os.write(1, f"parent {answer}\\n".encode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system cannot fork")
def test_a_child_forked_in_the_midst_of_a_call_neither_hangs_nor_answers_wrongly(process: Process) -> None:
    done = process(FORKED, seconds=20)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["child this process was", "parent 15", "child 15", "parent 15"]
