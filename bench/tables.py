"""Results as grids of text, shown by Rich on a terminal and written as Markdown for the docs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench import floors
from bench.cases import POLYNOMIAL
from bench.cells import Cell, Raced
from bench.providers import OURS, OURS_FRESH
from bench.referee import Errors
from bench.startup import SmallCall, Startup
from bench.verdicts import Lost

WIDTH = 230


@dataclass(frozen=True)
class Grid:
    """A table of text; lines of one field are separated by newlines."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: str = ""

    def show(self, console: Console) -> None:
        table = Table(title=self.title, caption=self.notes or None, title_justify="left", caption_justify="left")
        for k, name in enumerate(self.columns):
            table.add_column(name, justify="left" if k == 0 or name == "got" else "right", no_wrap=k == 0)
        for row in self.rows:
            table.add_row(*(escape(text) for text in row), end_section=any("\n" in text for text in row))
        console.print(table)

    def markdown(self) -> str:
        def line(fields: Iterable[str]) -> str:
            return "| " + " | ".join(text.replace("|", "\\|").replace("\n", "<br>") for text in fields) + " |"

        align = line(["---", *["---:"] * (len(self.columns) - 1)])
        parts = [f"### {self.title}", "\n".join([line(self.columns), align, *map(line, self.rows)]), self.notes]
        return "\n\n".join(part for part in parts if part) + "\n"


def duration(seconds: float) -> str:
    """Three digits and the unit that suits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def _error(errors: Errors | None) -> str:
    if errors is None:
        return ""
    first = "unjudged" if errors.cost != errors.cost else f"{errors.cost:.0e}"
    return f"{first}, {errors.ulps:.2g} ulp"


def field(cell: Raced, name: str, error: str, base: str = OURS) -> str:
    """What came of one contestant: its time over ``base``, its time, its error."""
    failed = cell.failed()
    if name in failed:
        return f"failed: {failed[name]}"
    if name not in cell.times:
        return "-"
    times, against = cell.times[name], cell.ratio(name, base)
    low, high = times.quartiles
    lines = [f"{duration(times.median)} \u00b1{duration(high - low)}", error]
    if name != base:
        lines.insert(0, f"{against.value:.2f}x ({against.low:.2f}-{against.high:.2f})")
    return "\n".join(lines).rstrip()


def _grid(cells: Sequence[Cell]) -> Grid:
    first = cells[0]
    peers: list[str] = []
    for cell in cells:
        known = [*cell.errors, *(failure.name for failure in cell.failures)]
        peers += [name for name in known if name not in peers and name not in (OURS, OURS_FRESH)]
    rows = []
    for cell in cells:
        over = cell.ratio(OURS, floors.ADD)
        floor = [duration(cell.times[name].median) for name in (floors.ADD, floors.SUM, floors.COPY)]
        efficiency = f"{over.value:.2f}x the add\n{1 / over.value:.0%} efficient"
        label = cell.case.name + ("" if cell.case.kind == POLYNOMIAL else " ~")
        rows.append(
            (
                f"{label}\n{cell.rounds} rounds",
                "add {}\nsum {}\ncopy {}".format(*floor),
                efficiency,
                *(field(cell, name, _error(cell.errors.get(name))) for name in (OURS, OURS_FRESH, *peers)),
            )
        )
    return Grid(first.race, ("loss", "floors", "ours against the floor", OURS, OURS_FRESH, *peers), tuple(rows))


LEGEND = (
    "Each field: time over ours with out= reused (95% interval of the ratio of medians); median \u00b1 interquartile "
    "range; relative error of the cost (of the Hessian, where that is asked for), worst error of the gradient in its "
    "last digits (ulp). ~ marks transcendental losses. '-': that library has no such loss. Floors move the same bytes: "
    "add reads two arrays and writes one, over two threads from 131,072 elements up; efficiency is the add's time over "
    "ours, and above 100% where writing past the caches saves what the add's writes read. Poisson's and Tweedie's "
    "gradients cancel near their zeros, so that every float32 answer is many last digits off there."
)


def races(cells: Sequence[Cell]) -> list[Grid]:
    """One grid for each discipline, size and dtype."""

    def key(cell: Cell) -> tuple[str, int, str]:
        return cell.discipline, cell.size, cell.dtype

    return [_grid(list(group)) for _, group in groupby(cells, key)]


def small_calls(calls: Sequence[SmallCall]) -> Grid:
    rows = [
        (c.loss, f"{1e6 * c.call:.1f}", "?" if c.kernel is None else f"{1e6 * c.kernel:.2f}", f"{1e6 * c.overhead:.1f}")
        for c in calls
    ]
    columns = ("loss", "call, us", "its kernel, us", "over the kernel, us")
    return Grid("A call on 1,000 float32 examples, out= reused", columns, tuple(rows))


def startups(found: Startup) -> Grid:
    rows = (
        ("import lossary", f"{found.imported:.1f}"),
        ("first call in a second process (kernel kept on disk)", f"{found.first:.1f}"),
        ("import, NumPy and first call together", f"{found.answered:.1f}"),
        ("first call ever (kernel compiled)", f"{found.compiled:.1f}"),
    )
    return Grid("Starting up", ("what", "ms"), rows)


def losses_of_ours(found: Sequence[Lost]) -> Grid:
    """One row for each race and promise, with every loss that broke it."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for each in found:
        grouped.setdefault((each.race, each.wanted), []).append(f"{each.loss} {each.got}".strip())
    rows = tuple((race, wanted, ", ".join(got)) for (race, wanted), got in grouped.items()) or (("none", "", ""),)
    return Grid("Lost cells", ("race", "wanted", "got"), rows)
