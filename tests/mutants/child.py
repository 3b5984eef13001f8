"""One run of the tests on a copy of the tree, in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

PASSED, ELSEWHERE = 0, 90
IDLE = 8.0
"""How many times the seconds of computing a run may take by the clock: it may wait for others, but not for ever."""
LIBRARIES = ["pytest", "numpy", "scipy.stats", "scipy.optimize", "sklearn.covariance", "polars"]

_context = multiprocessing.get_context("forkserver")
# What all runs import, and no mutant changes, is imported once.
_context.set_forkserver_preload(LIBRARIES)


def ended(tree: Path, tests: tuple[str, ...], limit: float) -> str:
    """How the tests end in the tree: "passed", "failed", or "endless" if they compute for longer than the limit."""
    run = _context.Process(target=_run, args=(str(tree), tests, int(limit)))
    run.start()
    run.join(IDLE * limit)
    if run.exitcode is None:
        _end(run)
    if run.exitcode == ELSEWHERE:
        raise RuntimeError(f"the tests did not import the package of {tree}")
    if run.exitcode in (-signal.SIGXCPU, -signal.SIGKILL):
        return "endless"
    return "passed" if run.exitcode == PASSED else "failed"


def _end(run: BaseProcess) -> None:
    """End a run and what it has started: it leads a group of its own."""
    assert run.pid is not None
    os.killpg(run.pid, signal.SIGKILL)
    run.join()


def _run(tree: str, tests: tuple[str, ...], limit: int) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    os.chdir(tree)
    source = str(Path(tree, "src"))
    sys.path[:0] = [source, tree]
    os.environ["PYTHONPATH"] = source  # of processes that tests start
    # A file that changes twice in a second looks unchanged to the cache of byte code.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    output = os.open(Path(tree, "output.txt"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    import pytest  # noqa: PLC0415  known to the process that this one is a copy of

    code = int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
    package = sys.modules.get("lossary")
    if package is not None and not str(package.__file__).startswith(source):
        code = ELSEWHERE
    sys.stdout.flush()
    os._exit(code)
