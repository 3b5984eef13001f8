"""A table of text, shown by Rich on a terminal and written as Markdown for the docs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH = 230


@dataclass(frozen=True)
class Grid:
    """A table of text, one fact a field."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: str = ""

    def show(self, console: Console) -> None:
        table = Table(title=self.title, caption=self.notes or None, title_justify="left", caption_justify="left")
        for k, name in enumerate(self.columns):
            table.add_column(name, justify="left" if k == 0 else "right", no_wrap=k == 0)
        for row in self.rows:
            table.add_row(*(escape(text) for text in row))
        console.print(table)

    def markdown(self) -> str:
        def line(fields: Iterable[str]) -> str:
            return "| " + " | ".join(text.replace("|", "\\|") for text in fields) + " |"

        align = line(["---", *["---:"] * (len(self.columns) - 1)])
        parts = [f"### {self.title}", "\n".join([line(self.columns), align, *map(line, self.rows)]), self.notes]
        return "\n\n".join(part for part in parts if part) + "\n"


def duration(seconds: float) -> str:
    """Three digits and the unit that suits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def number(x: float | str | None) -> str:
    """Three digits of a recorded number; nothing where there is none."""
    if x is None or isinstance(x, str):
        return "infinite" if x == "inf" else x or ""
    if x and not 1e-3 <= abs(x) < 1e5:
        return f"{x:.1e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}"
