"""Tests of ``lossary.jax``: skipped where JAX is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

collect_ignore_glob = [] if find_spec("jax") else ["test_*.py"]


@pytest.fixture
def double() -> Iterator[None]:
    """JAX with float64, as ``jax_enable_x64`` gives it."""
    import jax  # noqa: PLC0415  may be missing where this file is only read

    with jax.enable_x64(True):
        yield


@pytest.fixture
def one_by_one() -> Iterator[None]:
    """JAX without compilation: an operation is compiled once for all losses, where a whole loss would take a second."""
    import jax  # noqa: PLC0415  may be missing where this file is only read

    with jax.disable_jit():
        yield
