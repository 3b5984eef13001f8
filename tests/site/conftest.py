"""The site, built once a run, whichever worker asks first; or one built before, in the folder ``LOSSARY_SITE``."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.browser import started

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the built site, without what stories compute; the build has found no fault."""
    return _built("site", tmp_path_factory, worker_id, "--without-stories")


@pytest.fixture(scope="session")
def site_with_stories(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The same, stories run: for slow tests."""
    return _built("site-with-stories", tmp_path_factory, worker_id)


def _built(name: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str, *flags: str) -> Path:
    pytest.importorskip("sphinx", reason="pip install 'lossary[site]' brings Sphinx")
    if "LOSSARY_SITE" in os.environ:
        return Path(os.environ["LOSSARY_SITE"]).resolve()
    base = tmp_path_factory.getbasetemp()
    # Workers have folders of their own in one that they share.
    output = (base if worker_id == "master" else base.parent) / name
    with output.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = output.with_suffix(".txt")
        if not said.exists():
            told = [str(ROOT / "site" / "build.py"), "--output", str(output), *flags]
            whole = [sys.executable, "-W", "ignore", *told]
            made = subprocess.run(whole, capture_output=True, text=True, check=False)
            said.write_text(f"{made.returncode}\n{made.stdout}{made.stderr}", "utf-8")
    code, _, text = said.read_text("utf-8").partition("\n")
    assert code == "0", text
    return output / "html"


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """The system's Chromium."""
    with started() as browser:
        yield browser
