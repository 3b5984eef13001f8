"""Tables that fit the terminal: numbers are never cut, words wrap, and columns without room go below the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

LONGEST_WORD = 16
"""Columns from which a word in a heading, or in a cell that is no number, may be broken."""


class Grid(Table):
    """A table in the house style. One too wide for the terminal is shown in parts, each with the first column."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.update(max_width=1 << 16)
        natural = [_content_width(column, console, wide) for column in self.columns]
        if sum(natural) + _frame(len(natural)) <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        least = [min(n, _least_width(column, console, wide)) for n, column in zip(natural, self.columns, strict=True)]
        for part in _parts(least, options.max_width):
            widths = _shared([natural[i] for i in part], [least[i] for i in part], options.max_width)
            yield from self._part(part, widths).__rich_console__(console, options)

    def _part(self, part: Sequence[int], widths: Sequence[int]) -> Table:
        title = self.title if part[1:2] in ([], [1]) else None
        table = Table(box=self.box, pad_edge=False, header_style=self.header_style, title=title)
        table.title_style, table.title_justify = self.title_style, self.title_justify
        for i, width in zip(part, widths, strict=True):
            column = self.columns[i]
            table.add_column(column.header, justify=column.justify, style=column.style, overflow="fold", width=width)
        cells = [list(self.columns[i].cells) for i in part]
        for number, row in enumerate(self.rows):
            table.add_row(*(column[number] for column in cells), style=row.style, end_section=row.end_section)
        return table


def grid(*columns: str, numeric: Iterable[str] = (), below: Mapping[str, str] | None = None) -> Grid:
    """An empty table in the house style; ``below`` stands in a second line of a heading."""
    table = Grid(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", title_justify="left", title_style="bold")
    numbers, second = set(numeric), below or {}
    for name in columns:
        head = Text(name)
        if name in second:
            head.append(f" \n{second[name]} ", style="not bold dim")
        table.add_column(
            head, justify="right" if name in numbers else "left", overflow="fold", no_wrap=name == columns[0]
        )
    return table


def _frame(columns: int) -> int:
    """What edges, gaps and padding take beside the cells."""
    return 3 * columns - 1


def _content_width(column: Column, console: Console, wide: ConsoleOptions) -> int:
    return max((_width(cell, console, wide) for cell in (column.header, *column.cells)), default=0)


def _width(cell: RenderableType, console: Console, wide: ConsoleOptions) -> int:
    return Measurement.get(console, wide, cell).maximum


def _least_width(column: Column, console: Console, wide: ConsoleOptions) -> int:
    """Where a column is still read: whole numbers, and words broken only if they are long."""
    words = Measurement.get(console, wide, column.header).minimum
    if column.justify == "right":
        return max(min(words, LONGEST_WORD), *(_width(cell, console, wide) for cell in column.cells), 1)
    words = max([words, *(Measurement.get(console, wide, cell).minimum for cell in column.cells)])
    return min(words, LONGEST_WORD)


def _parts(least: Sequence[int], room: int) -> list[list[int]]:
    """The columns of each part, the first in all: as many as there is room for, and one at least."""
    parts: list[list[int]] = [[0]]
    for i in range(1, len(least)):
        columns = [*parts[-1], i]
        if len(columns) > 2 and sum(least[j] for j in columns) + _frame(len(columns)) > room:
            parts.append([0, i])
        else:
            parts[-1] = columns
    return parts


def _shared(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths of columns that fill the room: the widest give way first."""
    widths = list(natural)
    while sum(widths) + _frame(len(widths)) > room:
        spare = [i for i, width in enumerate(widths) if width > least[i]]
        if not spare:
            break
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths
