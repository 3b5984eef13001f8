"""Every dotted name that README and docs mention is there after ``import lossary``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"(?<![\w./-])lossary((?:\.[A-Za-z_]\w*)+)")
FILES = {"md", "json", "html", "svg", "py", "toml", "csv", "txt", "yaml", "ipynb", "png"}
NEEDS = {"torch", "jax", "keras", "sklearn", "xgboost", "lightgbm", "catboost"}

LOOK_UP = """
import sys
import lossary
for name in sys.argv[1:]:
    found = lossary
    for part in name.split(".")[1:]:
        found = getattr(found, part)
"""


def names_in(text: str) -> set[str]:
    """The dotted names of a text, but not names of files, placeholders, or the parts of an import statement."""
    found = {match.group(0) for match in NAME.finditer(text)}
    return {name for name in found if name.split(".")[-1] not in FILES and not name.split(".")[1].isupper()}


def documented() -> dict[str, list[str]]:
    """The names by the package that they are in, if what it needs is installed."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    by_package: dict[str, list[str]] = {}
    for name in sorted(set().union(*(names_in(page.read_text()) for page in pages))):
        first, *rest = name.split(".")[1:]
        if first not in NEEDS or find_spec(first):
            by_package.setdefault(first if rest else "", []).append(name)
    return by_package


@pytest.mark.parametrize("package", documented())
def test_documented_names_need_no_other_import(package: str) -> None:
    names = documented()[package]
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    told = [sys.executable, "-c", LOOK_UP, *names]
    found = subprocess.run(told, capture_output=True, text=True, check=False, env=environment)
    assert found.returncode == 0, found.stderr


def test_a_name_that_is_not_there_is_found_out() -> None:
    assert names_in("take `lossary.fit.mlp.fit`, not lossary.HOST or lossary.toml") == {"lossary.fit.mlp.fit"}
    assert (
        subprocess.run([sys.executable, "-c", LOOK_UP, "lossary.no"], capture_output=True, check=False).returncode == 1
    )
