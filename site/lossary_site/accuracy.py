"""What the committed accuracy page has measured of one loss, in each library."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
TABLES = {"float64": "### Worst error in float64", "float32": "### Worst error in float32"}
FOOTNOTE = re.compile(r"\s*<sup>\d+</sup>")


def measured(name: str) -> list[tuple[str, str, str]]:
    """Library, and worst error of value / gradient in float64 and in float32; empty where none was measured.

    A loss that stands there more than once, at several parameters, is taken where its parameters are the usual ones.
    """
    double, single = (_table(dtype).get(name, {}) for dtype in TABLES)
    return [(library, double[library], single.get(library, "-")) for library in double if double[library] != "-"]


@cache
def _table(dtype: str) -> dict[str, dict[str, str]]:
    """By loss and library, the cells of one table of the page."""
    _, _, after = PAGE.read_text("utf-8").partition(TABLES[dtype])
    lines = after.split("\n\n", 2)[1].splitlines()
    head, _, *rows = ([cell.strip() for cell in FOOTNOTE.sub("", line).strip("|").split("|")] for line in lines)
    table: dict[str, dict[str, str]] = {}
    for label, *cells in rows:
        table.setdefault(label.partition("(")[0], dict(zip(head[1:], cells, strict=True)))
    return table
