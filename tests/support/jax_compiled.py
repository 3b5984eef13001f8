"""What JAX compiles for a test is kept on disk: for the other workers, for processes that tests start, for later runs.

JAX compiles every operation of every shape, for milliseconds each, and forgets all of it where memory is given back.
The folder is pytest's own, or one of this run where pytest keeps none. Whoever sets ``JAX_COMPILATION_CACHE_DIR``
says where else.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

VARIABLE = "JAX_COMPILATION_CACHE_DIR"
EVERYTHING = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
DAYS_KEPT = 14
"""Nothing says which entries are of formulas that are no more: all are made anew after so many days."""


def pytest_configure(config: pytest.Config) -> None:
    if VARIABLE in os.environ:  # a worker inherits it, too
        return
    kept = getattr(config, "cache", None)
    folder = kept.mkdir("jax-compiled") if kept else _folder_of_this_run(config)
    _forget_the_old(folder)
    # By the environment: processes that tests start read it too, and JAX is not imported for those who need it not.
    os.environ.update(EVERYTHING, **{VARIABLE: str(folder)})
    config.add_cleanup(lambda: os.environ.pop(VARIABLE, None))


def _folder_of_this_run(config: pytest.Config) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="jax-compiled-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    return folder


def _forget_the_old(folder: Path) -> None:
    oldest = time.time() - DAYS_KEPT * 24 * 3600
    for entry in folder.iterdir():
        if entry.stat().st_mtime < oldest:
            entry.unlink(missing_ok=True)
