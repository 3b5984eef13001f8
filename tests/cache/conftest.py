"""Fresh processes with a cache of their own, and an end to their time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.places import SOURCES
from tests.support.processes import Outcome, run_python

Run = Callable[..., Outcome]


@pytest.fixture
def sources() -> str:
    """What ``PYTHONPATH`` has to be for a process to import this library."""
    return SOURCES


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for kernels, for this process too."""
    folder = tmp_path / "kernels"
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def python(cache: Path) -> Run:
    """Run a script in a fresh process; a process that hangs is a failure."""

    def run(script: str, *, sources: str = SOURCES, check: bool = True, **environment: str | None) -> Outcome:
        done = run_python(script, **{"PYTHONPATH": sources, "LOSSARY_CACHE_DIR": str(cache), **environment})
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
