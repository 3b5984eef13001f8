"""Doctests are those of the library. A test file that cannot be imported is an error.

Of a file that pytest reads both as tests and as a module with doctests, it would say "skipped" instead, and nobody
would miss the tests in it.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule

TESTS = Path(__file__).parents[1]


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[Any], list[Any]]:
    collectors = yield
    if not file_path.is_relative_to(TESTS):
        return collectors
    return [each for each in collectors if not isinstance(each, DoctestModule)]
