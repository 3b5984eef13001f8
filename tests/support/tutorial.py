"""The tutorial's commands and what they print; ``python -m tests.support.tutorial`` writes the outputs anew."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.places import DATA, DOCS, SOURCES

PAGE = DOCS / "tutorial.md"
BLOCK = re.compile(r"```console\n\$ (.*?)\n(.*?)```", flags=re.DOTALL)
PROGRESS = re.compile(r"\d+ of \d+ fits; best so far")
"""What is printed now and then, where there is no terminal."""
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")


def blocks(page: str) -> list[tuple[str, str]]:
    """Each command and its output."""
    return BLOCK.findall(page)


def folder_of_the_reader(folder: Path) -> Path:
    """A folder with the table that the tutorial begins with."""
    shutil.copy(DATA / "engel.csv", folder)
    return folder


def printed(command: str, folder: Path) -> str:
    """What a command prints, both streams, where a terminal would be 96 columns wide."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": SOURCES, "COLUMNS": "96"}
    ran = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if ran.returncode:
        raise RuntimeError(f"{command}: {ran.stdout}")
    lines = [line.rstrip() for line in ran.stdout.splitlines() if not PROGRESS.match(line)]
    return "".join(f"{line}\n" for line in lines)


def words(output: str) -> list[str]:
    """An output without its numbers and its layout."""
    return re.sub(r"[─━]+", " ", NUMBER.sub("#", output)).split()


def numbers(output: str) -> list[float]:
    """The numbers of an output, but for the seconds at the end of a table's rows."""
    rows = output.splitlines()
    timed = any(row.rstrip().endswith("seconds") for row in rows)
    found = []
    for row in rows:
        of_row = [float(each.replace(",", "")) for each in NUMBER.findall(row)]
        is_of_table = timed and bool(re.search(r"%\s+[\d.]+$", row))
        found += of_row[:-1] if is_of_table else of_row
    return found


def written_anew(page: str) -> str:
    """The page with what its commands print now."""
    with tempfile.TemporaryDirectory() as made:
        folder = folder_of_the_reader(Path(made))
        return BLOCK.sub(lambda found: f"```console\n$ {found[1]}\n{printed(found[1], folder)}```", page)


if __name__ == "__main__":
    PAGE.write_text(written_anew(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
