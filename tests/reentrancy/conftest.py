"""A process of its own for what interrupts, forks or ends one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.processes import Outcome, run_python

Process = Callable[..., Outcome]


@pytest.fixture
def process() -> Process:
    """Run a program, two threads a call unless the environment says otherwise; a number of seconds at most."""

    def run(code: str, *arguments: str, seconds: int = 60, **environment: str) -> Outcome:
        return run_python(code, *arguments, seconds=seconds, strict=True, **{"LOSSARY_NUM_THREADS": "2", **environment})

    return run
