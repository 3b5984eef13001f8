"""``lossary.keras`` on both of its back ends, each in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import lossary

HERE = Path(__file__).parent


def fresh(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    source = str(Path(lossary.__file__).parents[1])
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": source} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


ONE_AFTER_ANOTHER = """
import runpy, sys
scripts = sys.argv[1:]
del sys.argv[1:]  # a script reads there which checks to run
for script in scripts:
    runpy.run_path(script, run_name="__main__")
"""


@pytest.mark.parametrize("backend", [name for name in ("jax", "torch") if find_spec(name)])
def test_losses_on(backend: str) -> None:
    """All scripts in one process: to import Keras and its back end takes as long as the checks."""
    scripts = sorted(HERE.glob("on_one_backend*.py"))
    # Warnings are errors here too, but for one of Keras's own.
    warnings = ("-W", "error", "-W", "ignore:__array__ implementation:DeprecationWarning")
    answer = fresh(*warnings, "-c", ONE_AFTER_ANOTHER, *map(str, scripts), KERAS_BACKEND=backend)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    lines = [line for script in scripts for line in script.read_text().splitlines()]
    checks = [line.partition("(")[0][4:] for line in lines if line.startswith("def test_")]
    assert answer.stdout.splitlines() == [f"{backend}: {name}" for name in checks]


def test_without_keras_the_error_says_what_to_install() -> None:
    answer = fresh("-c", "import sys; sys.modules['keras'] = None; import lossary; import lossary.keras")
    assert answer.returncode != 0
    last = answer.stderr.splitlines()[-1]
    assert last == "ModuleNotFoundError: lossary.keras needs Keras: pip install 'lossary[keras]'"


@pytest.mark.parametrize("backend", ["numpy", "tensorflow"])
def test_another_back_end_is_refused_and_the_error_says_what_to_set(backend: str) -> None:
    answer = fresh("-c", "import lossary.keras", KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3")
    assert answer.returncode != 0
    last = answer.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert "lossary.keras runs on Keras's jax and torch back ends" in last
    assert "set KERAS_BACKEND=jax or KERAS_BACKEND=torch" in last
