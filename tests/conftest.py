"""What every test file shares: the catalogue as a parameter, and property tests that always draw the same examples."""

from __future__ import annotations

import pytest
from hypothesis import settings

from lossary import discovery

# The default kernel cache is used: kernels are keyed by their code, so an old one is never picked up.
settings.register_profile("lossary", derandomize=True, deadline=None, print_blob=False, max_examples=40)
settings.load_profile("lossary")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an argument ``each_loss`` runs once for every loss of the catalogue."""
    if "each_loss" in metafunc.fixturenames:
        records = discovery.records()
        metafunc.parametrize("each_loss", records, ids=[record.name for record in records])
