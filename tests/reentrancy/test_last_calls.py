"""Calls at the end of a process: by its last functions, its finalisers, and threads that outlive the main one."""

from __future__ import annotations

import pytest

from .conftest import Process

COMMON = """
import atexit, threading, time, weakref
import numpy as np
import lossary

y, f = np.zeros(600_000, np.float32), np.full(600_000, 2.0, np.float32)

def call():
    print(lossary.squared_error.cost(y, f), flush=True)

class Kept:
    pass

class Last:
    def __del__(self, call=call):
        call()
"""
WAYS = {
    "atexit": "atexit.register(call)",
    "finalize": "kept = Kept(); weakref.finalize(kept, call)",
    "the interpreter's end": "last = Last()",
    "another thread": """
def outlive():
    threading.main_thread().join()
    time.sleep(0.05)
    call()

threading.Thread(target=outlive).start()
""",
}


@pytest.mark.parametrize("before", ["y[:8], f[:8]", "y, f"], ids=["the first large call", "a later call"])
@pytest.mark.parametrize("way", WAYS)
def test_a_call_at_the_end_is_answered(process: Process, way: str, before: str) -> None:
    code = f"{COMMON}\nlossary.squared_error.cost({before})\n{WAYS[way]}\n"
    done = process(code, seconds=30)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "4.0", "")
