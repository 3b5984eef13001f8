"""What the package brings along and what it leaves alone, seen from a fresh interpreter."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from tests.support.places import ROOT
from tests.support.processes import Outcome, run_python
from tests.support.readme import on_an_index, relative_links

import lossary

HEAVY = (
    "numba",
    "typer",
    "rich",
    "polars",
    "scipy",
    "matplotlib",
    "mpmath",
    "torch",
    "jax",
    "sklearn",
    "keras",
)


def run(code: str, *arguments: str) -> Outcome:
    return run_python(code, *arguments, COLUMNS="100")


def imported_by(statement: str) -> set[str]:
    """The heavy modules that a fresh interpreter holds after a statement."""
    answer = run(f"{statement}\nimport sys, json; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))")
    assert answer.returncode == 0, answer.stderr
    return set(json.loads(answer.stdout.splitlines()[-1]))


@pytest.mark.parametrize("statement", ["import lossary", "import lossary; lossary.huber; lossary.get('mae')"])
def test_importing_the_library_loads_no_compiler_and_no_framework(statement):
    assert imported_by(statement) == set()


def test_a_loss_is_imported_when_it_is_first_named():
    losses = '[m for m in sys.modules if m.startswith("lossary.losses.") and m.count(".") == 3]'
    answer = run(f"import sys, lossary; lossary.huber.cost([0.0], [1.0]); print({losses})")
    assert answer.stdout == "['lossary.losses.robust.huber']\n"


def test_a_heavy_import_would_be_seen():
    assert imported_by("import lossary, rich.console") == {"rich"}


def test_the_help_loads_only_what_prints_it():
    assert imported_by("import lossary.cli.main") <= {"typer", "rich"}


def test_without_typer_the_command_line_says_how_to_install_it():
    answer = run("import sys; sys.modules['typer'] = None; from lossary.cli import main; main()", "--help")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr == "lossary: the command line needs typer: pip install 'lossary[cli]'\n"


def test_with_typer_the_command_line_helps():
    answer = run("from lossary.cli import main; main()", "--help")
    assert answer.returncode == 0, answer.stderr
    assert "compare" in answer.stdout


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def test_the_core_needs_numpy_and_llvmlite_alone(project):
    assert {name_of(r) for r in project["dependencies"]} == {"numpy", "llvmlite"}


def test_versions_agree(project):
    assert project["version"] == lossary.__version__


def test_the_citation_is_of_this_version(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
    assert {"cff-version", "message", "title", "type"} <= citation.keys()


def test_an_index_shows_a_readme_whose_links_lead_somewhere():
    page = (ROOT / "README.md").read_text("utf-8")
    shown = on_an_index(page)
    assert relative_links(page)
    assert not relative_links(shown)
    assert "networks\ntrained" in shown  # a link across two lines is its words
    assert len(shown.split()) > 0.8 * len(page.split())


def test_all_that_the_checks_install_is_pinned(project):
    extras = project["optional-dependencies"]
    needed = [
        *project["dependencies"],
        *(r for extra in ("cli", "check", "test", "dev", "package") for r in extras[extra]),
    ]
    asked = {name_of(r) for r in needed}
    lines = (line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    pinned = {name for name, equals, version in lines if equals and version}
    assert asked - {"lossary"} <= pinned
    assert not {"lossary", "surely-not-pinned"} & pinned


def test_the_package_says_that_it_is_typed():
    assert (Path(lossary.__file__).parent / "py.typed").exists()
