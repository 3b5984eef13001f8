"""The wheel and the sdist as users get them: what is in them, what an index makes of them, and that they work alone.

Not collected by itself: it builds, and installs what a user installs, which takes minutes. `make package` runs it.
"""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.support.places import DATA, ROOT
from tests.support.readme import relative_links

SECONDS = 900
EXTRA = "choose"


def run(*command: object, folder: Path, **environment: str) -> str:
    """What a command prints; one that fails is a failure. It sees none of the repository's sources."""
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONWARNINGS")}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=folder, env=clean | environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, made of the repository, and the wheel, made of the sdist."""
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", place, ROOT, folder=place)
    (sdist,), (wheel,) = place.glob("*.tar.gz"), place.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def python(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel, and what it needs, and nothing else."""
    place = tmp_path_factory.mktemp("alone")
    run(sys.executable, "-m", "venv", place / "venv", folder=place)
    python = place / "venv" / "bin" / "python"
    constraints = ("--constraint", ROOT / "constraints.txt")
    run(python, "-m", "pip", "install", "--quiet", *constraints, f"{files[1]}[{EXTRA}]", folder=place)
    return python


def test_the_wheel_has_the_package_and_nothing_else(files: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(files[1]) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    source = ROOT / "src"
    tracked = run("git", "ls-files", "src", folder=ROOT).split()
    assert packed == {str((ROOT / name).relative_to(source)) for name in tracked}
    assert {
        "lossary/py.typed",
        "lossary/choosing/report/templates/report.html.j2",
        "lossary/explorer/parts/page.html",
    } <= packed
    assert not any("test" in Path(name).parts[0] for name in packed)


def test_the_sdist_has_all_that_the_tests_take(files: tuple[Path, Path]) -> None:
    with tarfile.open(files[0]) as sdist:
        packed = {name.partition("/")[2] for name in sdist.getnames()}
    tracked = run("git", "ls-files", folder=ROOT).split()
    assert {name for name in tracked if not name.startswith(".")} <= packed


def test_an_index_can_show_what_they_say(files: tuple[Path, Path]) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", *files, folder=ROOT)
    with zipfile.ZipFile(files[1]) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(wheel.read(name))
    page = metadata.get_payload()
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "# Lossary" in page
    assert relative_links(page) == []


def test_the_wheel_is_well_made(files: tuple[Path, Path]) -> None:
    run(Path(sys.executable).with_name("check-wheel-contents"), files[1], folder=ROOT)


def test_the_wheel_computes_where_nothing_else_is(python: Path, tmp_path: Path) -> None:
    asked = "import lossary; print(lossary.__file__); print(lossary.huber([0.0], [3.0])[0])"
    where, value = run(python, "-c", asked, folder=tmp_path, LOSSARY_CACHE_DIR=str(tmp_path / "kernels")).split()
    assert Path(where).is_relative_to(python.parents[1])
    assert value == "2.5"


def test_the_command_line_chooses_and_reports(python: Path, tmp_path: Path) -> None:
    command = python.with_name("lossary")
    asked = ("choose", DATA / "engel.csv", "--target", "foodexp", "--want", "mean", "--models", "linear")
    how = ("--folds", 2, "--repeats", 1, "--out", tmp_path / "out")
    printed = run(command, *asked, *how, folder=tmp_path, LOSSARY_CACHE_DIR=str(tmp_path / "kernels"))
    assert "report.html" in printed
    assert "</html>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
