"""The results as grids of text: for a terminal, and for ``docs/accuracy.md``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from bench.accuracy.judge import QUANTITIES, Cell, Shot, gone
from bench.accuracy.peer import DTYPES, Library
from bench.accuracy.rows import ROWS, Row
from bench.accuracy.verdicts import Lost
from bench.pages.grids import Grid
from lossary.proof.accuracy import ULPS

NONE = "-"

WORDS = {"value": "value", "grad": "gradient"}


FAR = "\u2020"


def failing(part: int, whole: int) -> str:
    """A percentage that is 0 only if nothing fails."""
    return "<1%" if 0 < 100 * part < whole else f"{100.0 * part / whole:.0f}%"


def passing(part: int, whole: int) -> str:
    """A percentage that is 100 only if everything passes."""
    return "100%" if part == whole else f"{math.floor(1e4 * part / whole) / 100.0:.2f}%"


def ulps(error: float, dtype: str, digits: int = 1) -> str:
    """An error within the rule, rounded up; beyond it, two digits."""
    if error <= ULPS:
        unit = 10.0**-digits
        return f"{min(math.ceil(error / unit - 1e-9) * unit, ULPS):.{digits}f}"
    if error > gone(dtype):
        return "lost"
    return f"{error:.2g}" if error < 100.0 else f"{error:.0e}".replace("e+0", "e").replace("e+", "e")


def worst(cell: Cell | None, digits: int = 1) -> str:
    """The worst error, the share of points that fail, and a mark where all of those are far from ordinary."""
    if cell is None or not cell.normal:
        return NONE
    shown = ulps(cell.worst.ulps, cell.dtype, digits)
    if not cell.broken:
        return shown
    far = "" if cell.telling is not None and cell.telling.ordinary else FAR
    return f"{shown}{far} ({failing(cell.broken, len(cell.normal))})"


def _number(x: float, digits: int = 6) -> str:
    return f"{x:.{digits}g}".replace("e+", "e")


def apart(got: float, exact: float) -> tuple[str, str]:
    """Both numbers, with two digits more than it takes to tell them apart."""
    digits = next((d + 2 for d in range(3, 15) if _number(got, d) != _number(exact, d)), 17)
    return _number(got, digits), _number(exact, digits)


def _input(x: float, dtype: str) -> str:
    return str(DTYPES[dtype](x)).removesuffix(".0").replace("e+", "e")


def _where(shot: Shot, dtype: str) -> str:
    return ", ".join(_input(x, dtype) for x in shot.point[:2])


class Notes:
    """Footnotes, numbered as they are met."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def mark(self, text: str) -> str:
        if not text:
            return ""
        if text not in self.known:
            self.known.append(text)
        return f" <sup>{self.known.index(text) + 1}</sup>"

    def lines(self) -> str:
        return "  \n".join(f"<sup>{k}</sup> {text}" for k, text in enumerate(self.known, 1))


def main(cells: Sequence[Cell], libraries: Sequence[Library], dtype: str, notes: Notes) -> Grid:
    """Rows: losses; columns: libraries; worst error of the value, and of the gradient."""
    found = {(c.row.label, c.library, c.quantity): c for c in cells if c.dtype == dtype}
    labels = list(dict.fromkeys(c.row.label for c in cells if c.dtype == dtype))
    columns = ("loss", *(library.name + notes.mark(library.note) for library in libraries))
    rows = []
    for label in labels:
        fields = [label]
        for library in libraries:
            pair = [worst(found.get((label, library.name, quantity))) for quantity in QUANTITIES]
            if pair == [NONE, NONE]:
                fields.append(NONE)
            else:
                fields.append(" / ".join(pair) + notes.mark(library.functions[label].note))
        rows.append(tuple(fields))
    return Grid(f"Worst error in {dtype}: value / gradient, in ulps of the rule", columns, tuple(rows))


def summary(cells: Sequence[Cell], libraries: Sequence[Library]) -> Grid:
    """A library a row: how much of it keeps the rule."""
    rows = []
    for library in libraries:
        own = [c for c in cells if c.library == library.name]
        if not own:
            continue
        normal, broken = sum(len(c.normal) for c in own), sum(c.broken for c in own)
        every, broken_of_all = sum(len(c.shots) for c in own), sum(c.broken_of_all for c in own)
        rows.append(
            (
                library.name,
                library.version,
                str(len({c.row.label for c in own})),
                f"{sum(c.broken == 0 for c in own)} of {len(own)}",
                passing(normal - broken, normal),
                passing(every - broken_of_all, every),
            )
        )
    columns = ("library", "version", "losses", "fields that keep the rule", "points that pass", "with subnormals")
    return Grid("In short", columns, tuple(rows))


def probes(shots: Sequence[tuple[Row, str, str, Mapping[str, Shot]]], libraries: Sequence[Library]) -> Grid:
    """One point a row, what each library answers there; what breaks the rule is bold."""
    rows = []
    for row, quantity, dtype, answers in shots:
        first = next(iter(answers.values()))
        fields = [f"{row.label}, {WORDS[quantity]}, {dtype}", _where(first, dtype), _number(first.exact)]
        for library in libraries:
            answer = answers.get(library.name)
            if answer is None:
                fields.append(NONE)
            else:
                got = _number(answer.got) if answer.kept else f"**{apart(answer.got, answer.exact)[0]}**"
                fields.append(got)
        rows.append(tuple(fields))
    columns = ("loss", "y, f", "exact", *(library.name for library in libraries))
    return Grid("Points worth knowing", columns, tuple(rows))


def _weight(cell: Cell) -> tuple[bool, float]:
    shot = cell.telling
    return (shot is not None and shot.ordinary, min(cell.worst.ulps, 1e30) if shot else 0.0)


def failures(cells: Sequence[Cell], libraries: Sequence[Library]) -> Grid:
    """For each library and loss that breaks the rule, one point that tells: at numbers of ordinary size if it can."""
    rows = []
    called = {(library.name, label): f.called for library in libraries for label, f in library.functions.items()}
    order = {library.name: k for k, library in enumerate(libraries)}
    places = {row.label: k for k, row in enumerate(ROWS)}
    chosen = sorted((c for c in cells if c.broken), key=lambda c: (order[c.library], places.get(c.row.label, 0)))
    for (name, label), group in groupby(chosen, lambda c: (c.library, c.row.label)):
        cell = max(group, key=_weight)
        shot = cell.telling
        if shot is not None:
            got, exact = apart(shot.got, shot.exact)
            what = f"{WORDS[cell.quantity]}, {cell.dtype}"
            broken = failing(cell.broken, len(cell.normal))
            rows.append((name, f"{label}: {called[name, label]}", what, _where(shot, cell.dtype), got, exact, broken))
    columns = ("library", "loss", "what", "y, f", "got", "exact", "points that fail")
    return Grid("The failures, one for each loss", columns, tuple(rows) or (("none", "", "", "", "", "", ""),))


def losing(found: Sequence[Lost]) -> Grid:
    """Ours against the best peer, a field a row."""
    rows = []

    def key(each: Lost) -> tuple[str, str, str, str]:
        return each.ours.row.label, each.ours.quantity, each.ours.dtype, each.ours.library

    for _, group in groupby(sorted(found, key=key), key):
        each = min(group, key=lambda one: (one.peer.broken, one.peer.worst.ulps))
        what = f"{each.ours.row.label}, {WORDS[each.ours.quantity]}, {each.ours.dtype}"
        rows.append((what, each.ours.library, worst(each.ours, 2), each.peer.library, worst(each.peer, 2)))
    columns = ("field", "ours", "worst", "best peer", "worst of the peer")
    return Grid("Lost fields: where a peer is more accurate than we are", columns, tuple(rows) or (("none",) * 5,))
