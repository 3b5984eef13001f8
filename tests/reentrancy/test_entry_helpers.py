"""Helpers of calls of up to a million numbers: threads that spin for a moment, or wait to be woken."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

import lossary
from lossary.backends.cpu.entries import entry, helpers
from lossary.backends.cpu.entries.helpers import BOX, BOXES, SHARED, STATES, WORDS_OF_BOX
from lossary.backends.cpu.pointwise import runner
from lossary.backends.cpu.rows.runner import ENTRY_SCRATCH
from lossary.evaluate.arrays.refusals import DomainError

from .conftest import Process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="helpers need Linux's semaphores")

SIZES = (9_000, 60_001, 400_000)
ROUNDS = 40


@pytest.fixture
def made() -> helpers.Helpers:
    found = entry.entries(runner.SCRATCH)
    assert found is not None
    return found.helpers


@pytest.fixture
def two() -> Iterator[None]:
    with lossary.threads(2):
        yield


def busy_for(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def data(size: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(size)
    return rng.standard_normal(size).astype(dtype), rng.standard_normal(size).astype(dtype)


def once_worked(made: helpers.Helpers, call: object) -> bool:
    """Whether a helper took part in one of many calls: its tally, cleared when it is asked, is no longer zero.

    On a busy machine it may be long until it gets a processor.
    """
    assert callable(call)
    end = time.monotonic() + 30.0
    while time.monotonic() < end:
        call()
        if any(each.any() for each in made.tallies()):
            return True
        busy_for(1e-5)
    return False


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", ["huber", "log_cosh"])
def test_shared_calls_give_the_same_bits(name: str, dtype: str, size: int) -> None:
    loss = lossary.get(name)
    y, f = data(size, dtype)
    with lossary.threads(1):
        cost, slope = loss.cost_and_gradient(y, f)
        pair = loss.gradient_and_hessian(y, f)
    for number in (2, 3, 5):
        with lossary.threads(number):
            for _ in range(ROUNDS):
                found, gradient = loss.cost_and_gradient(y, f)
                assert found == cost
                assert np.array_equal(gradient, slope)
                assert loss.cost(y, f) == cost
                assert all(map(np.array_equal, loss.gradient_and_hessian(y, f), pair))


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_shared_rows_give_the_same_bits(classes: int) -> None:
    rng = np.random.default_rng(classes)
    f = rng.standard_normal((200_000 // classes, classes)).astype("f4")
    y = rng.integers(0, classes, len(f))
    with lossary.threads(1):
        cost, slope = lossary.softmax_cross_entropy.cost_and_gradient(y, f)
    for number in (2, 3):
        with lossary.threads(number):
            for _ in range(ROUNDS):
                found, gradient = lossary.softmax_cross_entropy.cost_and_gradient(y, f)
                assert found == cost
                assert np.array_equal(gradient, slope)


def test_shared_calls_with_weights_give_the_same_bits() -> None:
    y, f = data(60_001, "f4")
    w = np.random.default_rng(1).integers(0, 3, len(y)).astype("f4")
    with lossary.threads(1):
        cost, slope = lossary.log_cosh.cost_and_gradient(y, f, w)
        pair = lossary.log_cosh.gradient_and_hessian(y, f, w)
    with lossary.threads(2):
        for _ in range(ROUNDS):
            found, gradient = lossary.log_cosh.cost_and_gradient(y, f, w)
            assert found == cost
            assert np.array_equal(gradient, slope)
            assert all(map(np.array_equal, lossary.log_cosh.gradient_and_hessian(y, f, w), pair))


@pytest.mark.parametrize("classes", [3, 100, 300])
@pytest.mark.parametrize(
    "options", [{"ignore_index": -1}, {"label_smoothing": 0.1}, {"temperature": 2.0}, {"class_weight": None}], ids=str
)
def test_shared_rows_with_options_give_the_same_bits(classes: int, options: dict[str, object]) -> None:
    rng = np.random.default_rng(classes)
    f = rng.standard_normal((200_000 // classes, classes)).astype("f4")
    y = rng.integers(-1 if "ignore_index" in options else 0, classes, len(f))
    if "class_weight" in options:
        options = {"class_weight": rng.uniform(0.5, 2.0, classes)}
    with lossary.threads(1):
        cost, slope = lossary.softmax_cross_entropy.cost_and_gradient(y, f, **options)
    for number in (2, 3):
        with lossary.threads(number):
            for _ in range(ROUNDS // 2):
                found, gradient = lossary.softmax_cross_entropy.cost_and_gradient(y, f, **options)
                assert found == cost
                assert np.array_equal(gradient, slope)


CLASSES = np.arange(10_000) % 20
SCORES = np.random.default_rng(0).standard_normal((10_000, 20)).astype("f4")
CALLS = {
    "numbers": (runner.SCRATCH, lambda y, f: lossary.log_cosh.cost(y, f)),
    "weights": (runner.SCRATCH, lambda y, f: lossary.log_cosh.cost(y, f, np.ones_like(y))),
    "rows": (ENTRY_SCRATCH, lambda y, f: lossary.softmax_cross_entropy.cost(CLASSES, SCORES)),
    "ignored": (ENTRY_SCRATCH, lambda y, f: lossary.softmax_cross_entropy.cost(CLASSES, SCORES, ignore_index=3)),
}


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("kind", CALLS)
def test_a_helper_takes_part_and_parks_when_no_call_comes(kind: str) -> None:
    scratch, call = CALLS[kind]
    found = entry.entries(scratch)
    assert found is not None
    made, (y, f) = found.helpers, data(400_000, "f4")
    for each in made.tallies():
        each.fill(0)
    assert once_worked(made, lambda: call(y, f))
    state = made.words[BOXES + BOX["state"] :]
    for _ in range(2_000):
        if state[0] == STATES["PARKED"]:
            break
        time.sleep(0.001)
    assert state[0] == STATES["PARKED"]


def test_one_thread_asks_nobody(made: helpers.Helpers) -> None:
    y, f = data(400_000, "f4")
    with lossary.threads(1):
        assert made.words[SHARED["allowed"]] == 0
        made.words[BOXES + BOX["asked"] :: WORDS_OF_BOX] = 0
        for _ in range(ROUNDS):
            lossary.log_cosh.cost(y, f)
        assert not made.words[BOXES + BOX["asked"] :: WORDS_OF_BOX].any()


@pytest.mark.usefixtures("two")
def test_what_a_helper_sees_is_refused_too() -> None:
    y, f = data(400_000, "f4")
    y = np.abs(y)
    for place in (3, 200_000, 399_999):
        bad = y.copy()
        bad[place] = -1.0
        for _ in range(ROUNDS):
            with pytest.raises(DomainError, match=rf"y_true\[{place}\] is -1"):
                lossary.poisson.cost_and_gradient(bad, f)


@pytest.mark.usefixtures("two")
def test_helpers_keep_off_the_callers_processor(made: helpers.Helpers) -> None:
    mine = os.sched_getaffinity(0)
    if len(mine) < 2:
        pytest.skip("one processor has no helpers")
    y, f = data(400_000, "f4")
    assert once_worked(made, lambda: lossary.log_cosh.cost(y, f))
    try:
        for here in sorted(mine)[:2]:
            os.sched_setaffinity(0, {here})
            os.sched_setaffinity(0, mine)
            lossary.log_cosh.cost(y, f)
            avoided = int(made.words[SHARED["avoided"]])
            assert avoided in mine
            assert all(os.sched_getaffinity(helper) == mine - {avoided} for helper in made.members)
    finally:
        os.sched_setaffinity(0, mine)


FORK = """
import os
import numpy as np
import lossary

y, f = np.zeros(300_000, np.float32), np.full(300_000, 2.0, np.float32)
for _ in range(50):
    lossary.log_cosh.cost(y, f)
expected = lossary.log_cosh.cost_and_gradient(y, f)
codes = []
for _ in range(10):
    pid = os.fork()
    if not pid:
        right = all(lossary.log_cosh.cost(y, f) == expected[0] for _ in range(50))
        os._exit(0 if right else 3)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(*codes)
"""


def test_a_forked_child_makes_helpers_of_its_own(process: Process) -> None:
    done = process(FORK.replace("import lossary", "import lossary, warnings; warnings.simplefilter('ignore')"))
    assert (done.returncode, done.stdout.split()) == (0, ["0"] * 10), done.stderr


NEIGHBOURS = """
import threading
import numpy as np
import lossary

rng = np.random.default_rng(0)
pairs = [(rng.standard_normal(n).astype("f4"), rng.standard_normal(n).astype("f4")) for n in (9_000, 50_000, 300_000)]
expected = [lossary.log_cosh.cost_and_gradient(*pair) for pair in pairs]
wrong = []

def compute():
    for _ in range(150):
        for pair, (cost, slope) in zip(pairs, expected):
            found, gradient = lossary.log_cosh.cost_and_gradient(*pair)
            if found != cost or not np.array_equal(gradient, slope):
                wrong.append(found)

threads = [threading.Thread(target=compute) for _ in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print(len(wrong))
"""


def test_threads_beside_each_other_at_a_first_call(process: Process) -> None:
    for number in ("2", "4"):
        done = process(NEIGHBOURS, LOSSARY_NUM_THREADS=number)
        assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr


INTERRUPTED = """
import signal
import numpy as np
import lossary
from lossary.backends.cpu.entries import entry
from lossary.backends.cpu.entries.helpers import SHARED
from lossary.backends.cpu.pointwise import runner
from lossary.evaluate.arrays.refusals import DomainError

y, f = np.zeros(300_000, np.float32), np.linspace(-3.0, 3.0, 300_000, dtype=np.float32)
expected = lossary.log_cosh.cost(y, f)
for _ in range(50):
    lossary.log_cosh.cost(y, f)
words = entry.entries(runner.SCRATCH).helpers.words

class Rang(BaseException):
    pass

armed = False

def ring(*_):
    if armed:
        raise Rang

signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
caught = wrong = 0
while caught < 300:
    try:
        armed = True
        words[SHARED["avoided"]] = -1  # so that every call goes through Python first
        cost = lossary.log_cosh.cost(y, f)
        armed = False
        wrong += cost != expected
    except Rang:
        armed = False
        caught += 1
        wrong += words[SHARED["busy"]] != 0
signal.setitimer(signal.ITIMER_REAL, 0.0)
print(wrong, lossary.log_cosh.cost(y, f) == expected)
"""


def test_an_interrupted_call_leaves_the_way_free(process: Process) -> None:
    done = process(INTERRUPTED)
    assert (done.returncode, done.stdout.split()) == (0, ["0", "True"]), done.stderr


FORK_INSIDE = """
import os, signal, warnings
import numpy as np
import lossary
from lossary.backends.cpu.entries import helpers

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
f, y, other = (rng.standard_normal(50_000).astype("f4") for _ in "abc")
with lossary.threads(1):
    expected, slope = lossary.squared_error.cost_and_gradient(y, f)
forked, pid, place = False, None, np.empty_like(f)

def handler(*_):
    global forked, pid
    if not forked:
        forked, pid = True, os.fork()
        if pid == 0:
            lossary.squared_error.cost_and_gradient(y, other, out=place)

signal.signal(signal.SIGUSR1, handler)
kept = helpers.threads.keep_off
helpers.threads.keep_off = lambda *given: (signal.raise_signal(signal.SIGUSR1), kept(*given))[1]
right = True
for _ in range(100):
    gradient = np.empty_like(f)
    cost, _ = lossary.squared_error.cost_and_gradient(y, f, out=gradient)
    right &= cost == expected and np.array_equal(gradient, slope)
if pid == 0:
    os._exit(0 if right else 3)
print(forked, right, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_child_forked_in_the_midst_of_a_call_finishes_it(process: Process) -> None:
    done = process(FORK_INSIDE)
    assert (done.returncode, done.stdout.split()) == (0, ["True", "True", "0"]), done.stderr


GREENLETS = """
import _thread
import numpy as np
import lossary

began, real = [], _thread.start_new_thread

def patched(function, given):  # as gevent's, but for what it begins
    began.append(function.__name__)
    return real(function, given)

_thread.start_new_thread = patched
f, y = np.linspace(-1.0, 1.0, 50_000), np.zeros(50_000)
costs = {lossary.squared_error.cost(y, f) for _ in range(200)}
print(len(costs), began.count("_serve"))
"""


def test_no_helpers_where_threads_are_no_threads(process: Process) -> None:
    done = process(GREENLETS)
    assert (done.returncode, done.stdout.split()) == (0, ["1", "0"]), done.stderr
