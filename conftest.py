"""What pytest knows for the tests and the doctests alike."""

from __future__ import annotations

pytest_plugins = [
    "tests.support.threads",  # before what reads them
    "tests.support.catalogue",
    "tests.support.collection",
    "tests.support.selection",
    "tests.support.slow",
    "tests.support.memory",
    "tests.support.jax_compiled",
    "tests.support.resources",
]
