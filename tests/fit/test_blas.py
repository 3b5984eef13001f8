"""BLAS is held to one thread while fits run, and has its own number back when the last has ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

import lossary
from lossary.fit.blas import one_thread_of_blas

CONTROLLER = ThreadpoolController().select(user_api="blas")
THREADS = 2


def numbers() -> set[int]:
    """How many threads the BLAS libraries of this process take."""
    return {library.get_num_threads() for library in CONTROLLER.lib_controllers}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    # On a machine of one processor too; not by ``with``, as this thread would then keep control of the setting.
    before = CONTROLLER.limit(limits=THREADS)
    for library in CONTROLLER.lib_controllers:
        getattr(library, "clear_controlling_thread", lambda: None)()
    if numbers() != {THREADS}:
        pytest.skip("this BLAS does not take two threads")
    yield
    with before:
        pass


class Fit:
    """A thread that is in the midst of a fit until it is told to end."""

    def __init__(self) -> None:
        self._begun, self._told, self._end = threading.Event(), threading.Event(), threading.Event()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._begun.wait(30)

    def _run(self) -> None:
        with one_thread_of_blas():
            self._begun.set()
            self._told.wait(30)
        self._left.set()
        # The thread lives on, as one of a pool does: only then may threadpoolctl refuse others its control.
        self._end.wait(30)

    def leave(self) -> None:
        self._told.set()
        assert self._left.wait(30)

    def end(self) -> None:
        self._told.set()
        self._end.set()
        self._thread.join()


@pytest.fixture
def fits() -> Iterator[list[Fit]]:
    running = [Fit() for _ in range(3)]
    yield running
    for fit in running:
        fit.end()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)])
def test_overlapping_fits_give_the_threads_back(fits: list[Fit], order: tuple[int, ...]) -> None:
    for i in order:
        assert numbers() == {1}
        fits[i].leave()
    assert numbers() == {THREADS}


def test_a_limit_for_each_fit_would_not() -> None:
    """The twin: what is tested above fails for limits that know nothing of each other."""
    entered, leave = threading.Event(), threading.Event()

    def within_another_fit() -> None:
        with CONTROLLER.limit(limits=1):
            entered.set()
            leave.wait(30)

    inner = threading.Thread(target=within_another_fit)
    with CONTROLLER.limit(limits=1):
        inner.start()
        assert entered.wait(30)
    leave.set()
    inner.join()
    assert numbers() == {1}


def test_a_thread_whose_fit_is_over_keeps_no_control(fits: list[Fit]) -> None:
    for fit in fits:
        fit.leave()
    with threadpool_limits(1):
        assert numbers() == {1}
    assert numbers() == {THREADS}


def test_a_fit_within_a_fit_and_within_the_users_limit() -> None:
    with threadpool_limits(1):
        with one_thread_of_blas(), one_thread_of_blas():
            assert numbers() == {1}
        assert numbers() == {1}
    assert numbers() == {THREADS}


def test_a_fit_that_fails_gives_the_threads_back() -> None:
    with pytest.raises(ValueError, match="the cost at the start"):
        lossary.fit.linear([[0.0], [1.0]], [1e200, -1e200], "squared_error")
    assert numbers() == {THREADS}
    lossary.fit.linear(np.eye(3), np.arange(3.0), "squared_error", alpha=0.1)
    assert numbers() == {THREADS}
