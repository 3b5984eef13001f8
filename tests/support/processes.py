"""Programs in a Python process of their own, for what a process is told at its start or does not survive."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from tests.support.places import SOURCES

Outcome = subprocess.CompletedProcess[str]


def run_python(
    code: str, *arguments: str, seconds: float = 120.0, strict: bool = False, **environment: str | None
) -> Outcome:
    """Run a program with this library's sources; one that hangs is a failure.

    ``strict`` makes warnings errors. Variables of the environment are added to this process's; those of None left out.
    """
    variables = {**os.environ, "PYTHONPATH": SOURCES, **environment}
    return subprocess.run(
        [sys.executable, *(("-W", "error") if strict else ()), "-c", textwrap.dedent(code), *arguments],
        env={name: value for name, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
