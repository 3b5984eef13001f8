"""Whatever interrupts a call, nobody writes to its memory once it has been left."""

from __future__ import annotations

import sys

import pytest

from .conftest import Process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no interval timer")

INTERRUPTIONS = 100

# Alarms ring again and again, so that they also hit what is done after an exception. What is asked for next takes the
# memory of the result that was given up: a helper that is still at work shows in it.
ATTACK = """
import signal, sys, time
import numpy as np
import lossary

class Rang(BaseException):
    pass

armed = False

def ring(*_):
    if armed:
        raise Rang

kind, wanted, broken = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
size = 1_000_000 if kind == "torch" else 4_000_000
zeros = np.zeros(size, np.float32)
f = np.linspace(-3.0, 3.0, size, dtype=np.float32)

def next_is_right():
    return not lossary.squared_error.gradient(zeros, zeros).any()

if kind == "pointwise":
    def attacked():
        lossary.log_cosh.gradient(zeros, f)
elif kind == "rows":
    rows = np.ones((size // 100, 100), np.float32)
    first = np.zeros(size // 100, np.int64)

    def attacked():
        lossary.softmax_cross_entropy.gradient(first, rows)
elif kind == "out":
    out = np.empty_like(f)

    def attacked():
        lossary.log_cosh.cost_and_gradient(zeros, f, out=out)

    def next_is_right():
        out.fill(7.0)
        time.sleep(0.005)
        return bool((out == 7.0).all())
else:
    import torch
    import lossary.torch.functional as functional
    y, scores = torch.zeros(size), torch.linspace(-3.0, 3.0, size).requires_grad_()
    same = y.clone().requires_grad_()

    def attacked():
        functional.log_cosh(scores, y).backward()
        scores.grad = None

    def next_is_right():
        same.grad = None
        functional.mse_loss(same, y).backward()
        return not same.grad.any()

attacked()
assert next_is_right()
if broken:
    from lossary.backends.cpu.runtime import gates
    gates.shutting = lambda found: iter(())
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
caught = wrong = 0
end = time.monotonic() + 40.0
while caught < wanted and time.monotonic() < end:
    rang = False
    try:
        armed = True
        attacked()
        armed = False
    except Rang:
        armed = False
        rang = True
    except RuntimeError:  # who does not wait for helpers may find that one is not done yet
        armed = False
        if not broken:
            raise
    if rang:
        caught += 1
        wrong += not next_is_right()
signal.setitimer(signal.ITIMER_REAL, 0.0)
print(caught, wrong)
"""


@pytest.mark.parametrize("kind", ["pointwise", "rows", "out", "torch"])
def test_what_follows_an_interrupted_call_is_right(process: Process, kind: str) -> None:
    done = process(ATTACK, kind, str(INTERRUPTIONS), OMP_NUM_THREADS="1")  # torch's own threads only get in the way
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(INTERRUPTIONS), "0"]


def test_the_attack_finds_who_leaves_too_early(process: Process) -> None:
    # It takes a helper at work in the moment of the interrupt, which on a busy machine may be long in coming.
    for _ in range(10):
        done = process(ATTACK, "out", "20", "broken")
        assert done.returncode == 0, done.stderr
        caught, wrong = map(int, done.stdout.split())
        assert caught == 20
        if wrong:
            return
    pytest.fail("200 interrupted calls of a library that does not wait for its helpers were all right")
