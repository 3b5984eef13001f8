"""A child forked while kernels are compiled or loaded gets the right numbers, and soon."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

WAITING = """
import os, signal, threading, time, warnings
import lossary, numpy.ma
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads
y, f = [0.0, 1.0], [1.0, 3.0]
# Locks of modules that are being imported are Python's business, not the cache's.
lossary.squared_error, lossary.absolute_error, lossary.half_squared_error

def child(right):
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    os._exit(0 if right else 3)

def ended(pid):
    end = time.monotonic() + 40
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "hung"
"""


def test_children_forked_while_a_thread_compiles_and_loads(python):
    python("import lossary; lossary.squared_error.cost([0.0], [1.0])")  # lies on the disk now
    done = python(
        WAITING
        + """
def work():
    lossary.absolute_error.cost(y, f)
    lossary.half_squared_error.cost(y, f)

thread = threading.Thread(target=work)
thread.start()
codes = []
while thread.is_alive() and len(codes) < 20:
    pid = os.fork()
    if not pid:
        # One kernel is loaded, and once one compiled, which another may be compiling.
        right = lossary.squared_error.cost(y, f) == 2.5
        child(right and (len(codes) != 1 or lossary.absolute_error.cost(y, f) == 1.5))
    codes.append(ended(pid))
    time.sleep(0.02)
thread.join()
print(sum(code == 0 for code in codes), len(codes), lossary.absolute_error.cost(y, f))
"""
    )
    right, forks, cost = done.stdout.split()
    assert right == forks
    assert int(forks) >= 2
    assert float(cost) == 1.5


def test_a_handler_may_fork_while_its_thread_waits_for_a_kernel(python):
    done = python(
        WAITING
        + """
parent, children = os.getpid(), []
def handler(*_):
    pid = os.fork()
    if pid:
        children.append(pid)

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02)
cost = lossary.squared_error.cost(y, f)
if os.getpid() != parent:
    child(cost == 2.5)
print(cost, [ended(pid) for pid in children])
"""
    )
    assert done.stdout == "2.5 [0]\n"


def test_an_interrupt_while_a_fork_waits_is_not_lost(python):
    done = python(
        WAITING
        + """
from lossary.backends.cpu.cache import apart
held, go = threading.Event(), threading.Event()
def hold():
    with apart.alone():
        held.set()
        go.wait()
threading.Thread(target=hold).start()
held.wait()
signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.setitimer(signal.ITIMER_REAL, 0.02)
threading.Timer(0.5, go.set).start()
pid = None
try:
    pid = os.fork()
    if not pid:
        os._exit(0)
    for _ in range(1000):
        pass
    print("no interrupt")
except KeyboardInterrupt:
    print("interrupted")
print(lossary.squared_error.cost(y, f))
"""
    )
    assert done.stdout == "interrupted\n2.5\n"
