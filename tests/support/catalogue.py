"""The catalogue as a parameter of tests, and property tests that always draw the same examples."""

from __future__ import annotations

import pytest
from hypothesis import settings

from lossary import discovery

# The default kernel cache is used: kernels are keyed by their code, so an old one is never picked up.
settings.register_profile("lossary", derandomize=True, deadline=None, print_blob=False, max_examples=40)
settings.load_profile("lossary")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of ``each_loss`` runs for every pointwise loss, one of ``each_row_loss`` for every rowwise loss."""
    for argument, records in (("each_loss", discovery.records), ("each_row_loss", discovery.row_records)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, records(), ids=lambda record: record.name)
