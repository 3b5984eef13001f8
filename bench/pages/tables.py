"""A part's record as tables, one number a field: ratios, times, and whatever else was measured of each contestant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from bench.pages.grids import Grid, duration, number
from bench.racing.machine import shared
from bench.racing.providers import FLOOR, OURS, is_peer
from bench.racing.records import Record

LOST = "\u2715"
"""Stands before a ratio at which the other is faster: a sign, for who does not see colours."""

NONE = "-"

Cell = Mapping[str, Any]


def facts(record: Record) -> list[str]:
    """When, where, by which command, in whose company; then the contestants."""
    others, stolen = record["share_of_others"], record["share_of_the_hypervisor"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    lines = [
        f"{record['date']}, `{record['command']}`",
        f"{record['machine']}; {record['processors']} processors, every library pinned to {record['threads']} threads",
        versions,
        f"others used {others:.0%} of the processors, the hypervisor took {stolen:.0%}; "
        f"{record['seconds']:.0f} s in all",
    ]
    for one in record["contestants"]:
        told = f"absent, {one['absent']}" if "absent" in one else f"{one['note']} ({one['discipline']})"
        lines.append(f"{one['name']}: {told}")
    notes = [record.get("note"), shared(others, stolen)]
    return [*lines, *(f"Note: {note}" for note in notes if note)]


def _names(cells: Sequence[Cell], of: Callable[[Cell], Mapping[str, object]]) -> list[str]:
    """Everyone of whom there is a number, ours first and the floors last, else in order of appearance."""
    known = dict.fromkeys(name for cell in cells for name in of(cell))
    return sorted(known, key=lambda name: (not name.startswith(OURS), name.startswith(FLOOR)))


def _grid(
    title: str,
    cells: Sequence[Cell],
    of: Callable[[Cell], Mapping[str, Any]],
    show: Callable[[Any], str],
    rounds: bool = False,
) -> Grid:
    names = _names(cells, of)
    rows = []
    for cell in cells:
        failed = cell.get("failures", {})
        absent = {name: "failed" if name in failed else NONE for name in names}
        fields = [show(of(cell)[name]) if name in of(cell) else absent[name] for name in names]
        rows.append((cell["label"], *fields, *([str(cell["rounds"])] if rounds else [])))
    return Grid(title, (cells[0]["table"], *names, *(["rounds"] if rounds else [])), tuple(rows))


def _over(cell: Cell) -> dict[str, str]:
    """Ratios as they are shown: a peer's is marked where the cell is lost."""
    marks = {name: f"{LOST} " if is_peer(name) and over[0] < 1.0 else "" for name, over in cell["over_ours"].items()}
    return {name: marks[name] + number(over[0]) for name, over in cell["over_ours"].items()}


def _failed(cells: Sequence[Cell]) -> list[Grid]:
    """Whoever broke, and why."""
    broken = [(cell["label"], *one) for cell in cells for one in cell.get("failures", {}).items()]
    return [Grid("Failed", (cells[0]["table"], "who", "why"), tuple(broken))] if broken else []


def _measure(what: str) -> Callable[[Cell], Mapping[str, Any]]:
    return lambda cell: cell["measures"].get(what, {})


def _of(cells: Sequence[Cell]) -> list[Grid]:
    """All tables of the cells that stand together."""
    made = []
    if any(cell.get("over_ours") for cell in cells):
        made.append(_grid("Time over ours", cells, _over, str))
    if any(cell.get("seconds") for cell in cells):
        made.append(
            _grid("Median time of a call", cells, lambda cell: cell["seconds"], lambda t: duration(t["median"]), True)
        )
    for what in dict.fromkeys(what for cell in cells for what, of in cell["measures"].items() if of):
        made.append(_grid(f"{what[0].upper()}{what[1:]}", cells, _measure(what), number))
    return made + _failed(cells)


def groups(record: Record) -> list[tuple[str, list[Grid]]]:
    """The tables of a part under the names that its cells give."""
    order = {table: k for k, table in enumerate(dict.fromkeys(cell["table"] for cell in record["cells"]))}
    cells = sorted(record["cells"], key=lambda cell: order[cell["table"]])
    return [(table, _of(list(group))) for table, group in groupby(cells, lambda cell: cell["table"])]


def grids(record: Record) -> list[Grid]:
    """All tables of a part, each under its full name."""
    return [
        Grid(f"{grid.title}: {name}", grid.columns, grid.rows, grid.notes)
        for name, made in groups(record)
        for grid in made
    ]


def lost(record: Record) -> Grid:
    """One row for each lost cell."""
    rows = [
        (each["race"], each["loss"], each["wanted"], each["got"], *(number(x) for x in each["interval"]))
        for each in record["lost"]
    ]
    columns = ("race", "loss", "wanted", "got", "from", "to")
    return Grid("Lost cells", columns, tuple(rows) or (("none", *[""] * 5),), "From and to: the 95% interval.")
