"""The long tail: tests that cost much and repeat what others prove run with ``--all`` alone (``make test-all``).

A test marked ``slow("tests/folder/test_file.py::test_name")`` is such a one; the argument is the test that proves the
same in every run. ``sampled`` marks so all losses of a test but one of each structure (``catalogue``). Whoever asks
for one loss (``--loss NAME``) gets its slow tests too.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("lossary").addoption("--all", action="store_true", help="run the slow tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("all") or config.getoption("loss"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    left_out = set(slow)
    items[:] = [item for item in items if item not in left_out]
