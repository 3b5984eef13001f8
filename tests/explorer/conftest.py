"""One browser and one written page for all of the explorer's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.browser import started

from lossary.explorer import page


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("explorer") / "explorer.html"
    written.write_text(page(), encoding="utf-8")
    return written
