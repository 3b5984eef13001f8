"""Everything that is made from the records: pages, pictures, and those tables of the README that hold their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.pages import real, site
from bench.pages.grids import Grid
from bench.pages.picture import factor
from bench.pages.questions import tally
from bench.racing.records import Record

PUBLISHED, PRIVATE = Path("docs"), Path("build")
"""Where the published numbers lie, and where those of your own runs go."""

ALONE = ("startup", "neighbour")
"""Parts in which nobody else takes part."""

README = Path("README.md")
BEGIN, END = "<!-- {} -->", "<!-- end of {} -->"


def _replaced(text: str, name: str, table: str) -> str:
    begin, end = BEGIN.format(name), END.format(name)
    if begin not in text or end not in text:
        raise ValueError(f"{README} has no place for the table of {name}: a line {begin!r}, later a line {end!r}")
    before, rest = text.split(begin, 1)
    return f"{before}{begin}\n{table.strip()}\n{end}{rest.split(end, 1)[1]}"


def _table(grid: Grid) -> str:
    """A table without its title and notes."""
    return "\n".join(line for line in grid.markdown().splitlines() if line.startswith("|"))


def _speed(found: Mapping[str, Record]) -> Grid:
    """The races only, a question a row."""
    raced = {part: record for part, record in found.items() if "lost" in record and part not in ALONE}
    rows = []
    for question, groups in site.answered(raced):
        counted = tally(groups)
        rows.append((question.subject, str(counted.cells), str(counted.lost), factor(counted.middle)))
    return Grid("Speed", ("what", "cells", "lost", "median ratio"), tuple(rows))


def _update(readme: Path, root: Path) -> None:
    """Put the present numbers into the README."""
    found = site.read(root)
    text = readme.read_text(encoding="utf-8")
    text = _replaced(text, "speed", _table(_speed(found)))
    if site.REAL in found:
        text = _replaced(text, "real", _table(real.in_short(found[site.REAL])))
    readme.write_text(text, encoding="utf-8")


def pages(root: Path, readme: Path = README) -> None:
    """The pages under ``root``; if it is the published one, the README's tables too."""
    site.build(root)
    if root == PUBLISHED:
        _update(readme, root)
