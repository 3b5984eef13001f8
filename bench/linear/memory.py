"""The most memory that one call of a contestant needs, asked of a fresh process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.linear.cases import LinearShape

ROOT = Path(__file__).parents[2]
"""Where ``bench`` can be imported."""


def peak(module: str, name: str, shape: LinearShape, seed: int) -> int | str:
    """The bytes needed beyond the inputs, gradients included; or why there is no such number."""
    command = [sys.executable, "-m", "bench.linear.child", module, name, *map(str, shape), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:120]
    return int(done.stdout.split()[-1])
