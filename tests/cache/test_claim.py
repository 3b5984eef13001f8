"""A kernel that several processes want at once is compiled by one of them, and nobody waits for the dead."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lossary.backends.cpu.cache import claim, file
from lossary.backends.cpu.cache.claim import claimed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs locks of files")

ASK = """
import sys, lossary
from lossary.backends.cpu.cache import store
from lossary.backends.cpu.pointwise import kernels  # the compiler is imported before the start
lossary.squared_error
print("ready", flush=True)
sys.stdin.readline()
print(lossary.squared_error.cost([0.0], [3.0]), len(store.compiled))
"""

HOLD = """
import sys, time
from pathlib import Path
from lossary.backends.cpu.cache.claim import claimed
with claimed(Path(sys.argv[1])):
    print("claimed", flush=True)
    time.sleep(60)
"""


def test_three_processes_at_once_compile_a_kernel_once(cache, sources):
    environment = os.environ | {"PYTHONPATH": sources, "LOSSARY_CACHE_DIR": str(cache)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [cost for cost, _ in answers] == ["9.0"] * 3
    assert sum(int(compiled) for _, compiled in answers) == 1
    assert [path.suffix for path in cache.iterdir()] == [file.KERNEL]


def test_the_claim_of_a_killed_process_ends_with_it(cache, sources):
    path = cache / "a.kernel"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        env=os.environ | {"PYTHONPATH": sources},
        text=True,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == "claimed\n"
    holder.kill()
    holder.communicate()
    assert [left.name for left in cache.iterdir()] == [f"a.kernel{file.PART}"]
    begun = time.monotonic()
    with claimed(path) as mine:
        assert mine
    assert time.monotonic() - begun < claim.PATIENCE / 2
    assert list(cache.iterdir()) == []


def test_a_process_that_stands_still_is_not_waited_for_for_ever(cache, monkeypatch):
    monkeypatch.setattr(claim, "PATIENCE", 0.1)
    path = cache / "a.kernel"
    with claimed(path) as first, claimed(path) as second:
        assert first
        assert not second
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("trouble", ["no locks", "no such folder"])
def test_where_nothing_can_be_claimed_the_work_goes_on(trouble, cache, monkeypatch):
    path = cache / "a.kernel" if trouble == "no locks" else cache / "none" / "a.kernel"

    def refuse(handle: int, operation: int) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(claim.fcntl, "flock", refuse)
    with claimed(path) as mine:
        assert not mine


def test_a_claim_is_given_up_where_compiling_fails(cache: Path):
    path = cache / "a.kernel"
    with pytest.raises(LookupError), claimed(path):
        raise LookupError
    with claimed(path) as mine:
        assert mine
