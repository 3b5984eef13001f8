"""All pages from the JSON that is there: one page of pictures, and for each part one of tables.

In ``ROOT/benchmarks`` lie the records, the pages of tables and the pictures; ``ROOT/benchmarks.md`` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.pages import choosing, real, tables
from bench.pages.grids import Grid
from bench.pages.picture import factor, svg, words
from bench.pages.questions import QUESTIONS, Group, Question, Tally, tally
from bench.racing import records
from bench.racing.machine import shared
from bench.racing.records import Record

FOLDER = "benchmarks"
MADE = "Made by `make pages` from the JSON beside it; do not edit."
CHOOSING, REAL = "choosing", "real"
BODIES = {CHOOSING: choosing.body, REAL: real.body}
"""Of the parts that are no races: their pages below the head."""

READING = f"""Each bar is another library's time over ours, on a log scale: right of 1 ours is faster. A mark is one
measured cell, and the bar ends at their median. A cross ({tables.LOST}) and the other colour mark a lost
cell: the other is faster. Contestants take turns in rounds of random order, every answer is checked, and a
ratio is one of medians of the same rounds. The tables have every time and error, and what was promised and
missed; the JSON has quartiles and 95% intervals too."""


def record_of(root: Path, part: str) -> Path:
    """Where a part's record lies."""
    return root / FOLDER / f"{part}.json"


def read(root: Path) -> dict[str, Record]:
    """The records that are there, in the order of the questions."""
    parts = dict.fromkeys(question.part for question in QUESTIONS)
    return {part: records.read(record_of(root, part)) for part in parts if record_of(root, part).exists()}


def build(root: Path) -> None:
    """Write every page and picture that the records under ``root`` allow."""
    found = read(root)
    for part, record in found.items():
        (root / FOLDER / f"{part}.md").write_text(part_page(part, record), encoding="utf-8")
    for question, groups in answered(found):
        (root / FOLDER / f"{question.name}.svg").write_text(svg(question, groups), encoding="utf-8")
    (root / f"{FOLDER}.md").write_text(main_page(found), encoding="utf-8")


def answered(found: Mapping[str, Record]) -> list[tuple[Question, Sequence[Group]]]:
    """The questions of which there are cells; a part that was measured in part may leave some without."""
    asked = [(question, question.groups(found[question.part])) for question in QUESTIONS if question.part in found]
    return [(question, groups) for question, groups in asked if groups]


def _page(*blocks: str) -> str:
    return "\n\n".join(block.strip() for block in blocks if block) + "\n"


def part_page(part: str, record: Record) -> str:
    """The tables of one part."""
    titles = [question.title for question in QUESTIONS if question.part == part]
    head = (
        f"# {titles[0]}",
        f"{MADE} The numbers: [{part}.json]({part}.json). The pictures: [benchmarks](../benchmarks.md).",
    )
    if part in BODIES:
        return _page(*head, *BODIES[part](record))
    blocks = [record["legend"], "\n".join(f"- {line}" for line in tables.facts(record))]
    for name, made in tables.groups(record):
        blocks += [f"## {name[0].upper()}{name[1:]}", *(grid.markdown() for grid in made)]
    return _page(*head, *blocks, "## What was lost", tables.lost(record).markdown())


def summary(found: Mapping[str, Record]) -> Grid:
    """A question a row: how many cells, how many of them lost, and the ratios' range."""
    rows = []
    for question, groups in answered(found):
        link = f"[{question.subject}](#{anchor(question.title)})"
        rows.append((link, *counted(tally(groups))))
    columns = ("what", "cells", "lost", "median", "lowest", "highest")
    return Grid("In short", columns, tuple(rows), "Ratios as in the pictures: above 1 ours is ahead.")


def counted(of: Tally) -> tuple[str, ...]:
    return (str(of.cells), str(of.lost), *(factor(x) for x in (of.middle, of.lowest, of.highest)))


def anchor(title: str) -> str:
    """What GitHub calls the place of a heading."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _machines(found: Mapping[str, Record]) -> Grid:
    rows = [
        (
            f"[{part}]({FOLDER}/{part}.md)",
            record["date"],
            record["machine"],
            str(record["processors"]),
            f"{record['share_of_others']:.0%}" if record.get("share_of_others") is not None else "not known",
        )
        for part, record in found.items()
    ]
    columns = ("part", "measured on", "machine", "processors", "others used")
    return Grid("Where and when", columns, tuple(rows), "Versions of all libraries stand on each part's page.")


def _section(question: Question, groups: Sequence[Group], record: Record) -> list[str]:
    found = tally(groups)
    notes = shared(record["share_of_others"] or 0.0, record["share_of_the_hypervisor"] or 0.0) or ""
    page = f"{FOLDER}/{question.part}.md"
    listed = "" if question.part in BODIES else f", [lost cells and missed promises]({page}#what-was-lost)"
    links = f"[Tables]({page}){listed}, [JSON]({FOLDER}/{question.part}.json)"
    return [
        f"## {question.title}",
        question.ratio,
        f"![{words(question, groups)}]({FOLDER}/{question.name}.svg)",
        f"{found.lost} of {found.cells} cells are lost. {links}.",
        f"Note: {notes}" if notes else "",
    ]


def main_page(found: Mapping[str, Record]) -> str:
    """The page of pictures."""
    sections = [
        block for question, groups in answered(found) for block in _section(question, groups, found[question.part])
    ]
    return _page(
        "# Benchmarks, beside other libraries",
        MADE,
        READING,
        summary(found).markdown(),
        *sections,
        _machines(found).markdown(),
    )
