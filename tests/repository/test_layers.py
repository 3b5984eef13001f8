"""Imports point from a layer to those below it and never run in a circle, and a breach of that is noticed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.places import DOCS, ROOT

import lossary

PACKAGE = Path(lossary.__file__).parent
COMMAND = "from importlinter.cli import lint_imports_command as run; run()"
SECONDS = 60


def checked(source: Path, settings: Path) -> tuple[int, str]:
    """What the linter of ``make check`` says of the package that lies in a folder: its status and its words."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "--no-cache", "--no-logo", str(settings)],
        env=os.environ | {"PYTHONPATH": str(source), "COLUMNS": "200", "PYTHONWARNINGS": "ignore"},
        cwd=source,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the library's sources, and of the settings beside it."""
    top = tmp_path_factory.mktemp("layers")
    shutil.copytree(PACKAGE, top / "lossary", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", top)
    return top


def planted(copy: Path, additions: Mapping[str, str]) -> tuple[int, str]:
    """What the linter says once text was added to files of the copy, which is then as it was."""
    before = {name: (copy / name).read_text() if (copy / name).exists() else None for name in additions}
    try:
        for name, text in additions.items():
            (copy / name).write_text((before[name] or "") + text)
        return checked(copy, copy / "pyproject.toml")
    finally:
        for name, was in before.items():
            if was is None:
                (copy / name).unlink()
            else:
                (copy / name).write_text(was)


def test_the_library_keeps_its_layers_and_has_no_circles(copy: Path) -> None:
    status, words = checked(copy, copy / "pyproject.toml")
    assert status == 0, words
    assert re.search(r"Contracts: \d+ kept, 0 broken", words), words


LATE = "\n\ndef _late():\n    from {} import {}  # noqa: PLC0415\n"
FOR_TYPES = "\n\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {} import {}\n"
CPU, TRACE = "lossary/backends/cpu", "lossary/backends/trace"

BREACHES = {
    "an import from a layer above": (
        {"lossary/formula.py": "\n\nimport lossary.cli.main\n"},
        "lossary.formula is not allowed to import lossary.cli",
    ),
    "an import from above that is made late": (
        {"lossary/primitives.py": LATE.format("lossary.discovery", "names")},
        "lossary.primitives is not allowed to import lossary.discovery",
    ),
    "an import from beside": (
        {"lossary/rowwise.py": FOR_TYPES.format("lossary.primitives", "where")},
        "lossary.rowwise is not allowed to import lossary.primitives",
    ),
    "a package that stands nowhere": ({"lossary/attic.py": ""}, "lossary.attic"),
    "two files that import each other": (
        {f"{TRACE}/expression/symbols.py": LATE.format("lossary.backends.trace.expression.table", "trace")},
        "No cycles are allowed in lossary.backends.trace.expression.",
    ),
    "two files that do so for their types": (
        {f"{TRACE}/expression/symbols.py": FOR_TYPES.format("lossary.backends.trace.expression.table", "trace")},
        "No cycles are allowed in lossary.backends.trace.expression.",
    ),
    "two packages of which no two files do": (
        {
            f"{CPU}/runtime/gates.py": LATE.format("lossary.backends.cpu.cache.notice", "give"),
            f"{CPU}/cache/file.py": LATE.format("lossary.backends.cpu.runtime.array_addresses", "dense"),
        },
        "No cycles are allowed in lossary.backends.cpu.",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_noticed(breach: str, copy: Path) -> None:
    additions, complaint = BREACHES[breach]
    status, words = planted(copy, additions)
    assert status == 1, words
    assert complaint in " ".join(words.split()), words


def contracts() -> list[dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def test_the_picture_in_the_design_is_the_rule() -> None:
    (layers,) = (each["layers"] for each in contracts() if each["id"] == "layers")
    page = (DOCS / "design.md").read_text("utf-8")
    picture = page.split("```")[1].strip().split("\n")
    drawn = [re.split(r" {2,}", line)[0].split(", ") for line in picture]
    assert drawn == [layer.split(" | ") for layer in layers]


def test_make_check_runs_the_linter() -> None:
    recipe = (ROOT / "Makefile").read_text("utf-8").split("\ncheck:")[1].split("\n\n")[0]
    assert "$(BIN)/lint-imports" in recipe
