"""Compiling and loading survive interrupts, signal handlers, finalisers and the end of the interpreter."""

from __future__ import annotations

import signal

import pytest

from lossary.backends.cpu.cache.apart import apart

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs signals that come by themselves")


def test_the_call_after_an_interrupted_first_compile_works(python):
    done = python(
        """
        import signal, lossary, numpy.ma
        lossary.squared_error, lossary.absolute_error  # importing is Python's business
        interrupts = 0
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        while True:
            signal.setitimer(signal.ITIMER_REAL, 0.005 if interrupts < 8 else 0.0)
            try:
                cost = lossary.squared_error.cost([0.0, 1.0], [1.0, 3.0])
                signal.setitimer(signal.ITIMER_REAL, 0.0)
                break
            except KeyboardInterrupt:
                interrupts += 1
        print(interrupts, cost)
        """
    )
    interrupts, cost = done.stdout.split()
    assert int(interrupts) >= 2
    assert float(cost) == 2.5


def test_a_handler_may_be_the_first_to_ask_for_a_kernel(python):
    done = python(
        """
        import signal, lossary, numpy.ma
        lossary.squared_error, lossary.absolute_error  # importing is Python's business
        y, f, answers = [0.0, 1.0], [1.0, 3.0], []
        def handler(*_):
            answers.append((lossary.absolute_error.cost(y, f), lossary.squared_error.cost(y, f)))
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        print(lossary.squared_error.cost(y, f), answers)
        """
    )
    assert done.stdout == "2.5 [(1.5, 2.5)]\n"


def test_leaving_in_the_middle_of_a_compile_ends_without_a_crash(python):
    done = python(
        """
        import signal, lossary, numpy.ma
        lossary.squared_error, lossary.absolute_error  # importing is Python's business
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        lossary.squared_error.cost([0.0], [1.0])
        """,
        check=False,
    )
    assert "KeyboardInterrupt" in done.stderr
    assert done.returncode in (1, 130, -signal.SIGINT)


def test_the_end_of_the_interpreter_may_ask_for_kernels(python):
    done = python(
        """
        import atexit, lossary
        lossary.squared_error
        atexit.register(lambda: print(lossary.squared_error.cost([0.0], [2.0])))
        """
    )
    assert done.stdout == "4.0\n"


def test_work_that_asks_for_work_is_done_on_the_same_thread():
    assert apart(lambda: apart(lambda: 3)) == 3


def test_what_work_raises_reaches_the_caller():
    def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        apart(fail)
