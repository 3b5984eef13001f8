"""Fresh processes with a cache of their own, and an end to their time."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import lossary

SOURCES = str(Path(lossary.__file__).parents[1])
SECONDS = 120

Run = Callable[..., subprocess.CompletedProcess[str]]


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

    def run(script: str, *, sources: str = SOURCES, check: bool = True, **environment: str | None) -> object:
        full = {**os.environ, "PYTHONPATH": sources, "LOSSARY_CACHE_DIR": str(cache), **environment}
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env={name: value for name, value in full.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
