"""A process of its own for what interrupts, forks or ends one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lossary

Process = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def process() -> Process:
    """Run a program, two threads a call unless the environment says otherwise; a number of seconds at most."""

    def run(code: str, *arguments: str, seconds: int = 60, **environment: str) -> subprocess.CompletedProcess[str]:
        source = str(Path(lossary.__file__).parents[1])
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code, *arguments],
            env=os.environ | {"PYTHONPATH": source, "LOSSARY_NUM_THREADS": "2"} | environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    return run
